"""Live streams for other programs: which ones run, their frames as messages, marks, recording."""
