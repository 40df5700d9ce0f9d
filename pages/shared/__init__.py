"""What the pages share: their look, and what keeps a live stream running."""
