"""Datasets that users make: captured or uploaded pictures, kept by emotion."""
