"""What is wrong with a dataset, and what to leave out of it."""
