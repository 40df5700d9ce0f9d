"""How a model stands up to worse pictures."""
