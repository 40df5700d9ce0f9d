"""The servers that a browser's video may need to get here."""
