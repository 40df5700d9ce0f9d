"""``/analyze``: pictures that are sent, and what was read of their faces."""
