"""A video cut into segments, and one of them read."""
