"""A model's card in words."""
