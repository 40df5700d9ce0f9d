"""Live streams: which there are, their frames as they come, marks in and recordings begun."""
