"""Teachers, their bank of logits, and a student, made in one short lease of a GPU with PyTorch."""
