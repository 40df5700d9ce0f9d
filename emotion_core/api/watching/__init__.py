"""For whoever watches over the app: whether it is there and answers, and how it keeps up."""
