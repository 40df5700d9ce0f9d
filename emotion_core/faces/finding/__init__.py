"""Looking for faces: in one picture, and in live video a little at a time."""
