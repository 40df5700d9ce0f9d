"""The video of a recording: boxes drawn on it, its sound kept."""
