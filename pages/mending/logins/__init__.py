"""Streamlit's logins beyond its public names: cookies, and a check before each run."""
