"""The demo dataset: faces that are drawn, so that the project needs nobody's pictures."""
