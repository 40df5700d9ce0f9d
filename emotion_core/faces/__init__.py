"""Faces in a picture: found, followed, cropped, read and drawn."""
