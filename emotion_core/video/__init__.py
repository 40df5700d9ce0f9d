"""Video from a file, a network or a camera of this machine, frame by frame."""
