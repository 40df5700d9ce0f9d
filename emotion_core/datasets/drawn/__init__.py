"""The demo data set: faces that are drawn, so that the project needs nobody's pictures."""
