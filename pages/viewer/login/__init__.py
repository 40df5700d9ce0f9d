"""Logging in: a page without Streamlit, passwords, and a door that nobody else gets through."""
