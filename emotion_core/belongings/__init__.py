"""All that people make with this app and that it keeps: how much there is, and an end to it."""
