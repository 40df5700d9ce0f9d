"""What is kept on the disk: written whole or not at all, locked, listed, swept."""
