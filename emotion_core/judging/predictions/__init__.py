"""What a model says of a whole dataset, and what can be seen in it."""
