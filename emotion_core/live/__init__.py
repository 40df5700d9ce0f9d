"""Live video: each frame read in time, smoothed, kept for a minute, watched by rules."""
