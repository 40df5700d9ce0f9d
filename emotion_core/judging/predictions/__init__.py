"""What a model says of a whole data set, and what can be seen in it."""
