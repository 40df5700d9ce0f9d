"""Model folders: their cards, the networks in them, and which one is in use."""
