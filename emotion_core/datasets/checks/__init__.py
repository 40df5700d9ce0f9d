"""What is wrong with a data set, and what to leave out of it."""
