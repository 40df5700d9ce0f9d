"""Where other programs find this app."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st


def app_address() -> str:
    """Return the app's address as this viewer's browser has it, such as "http://localhost:8501"."""
    url = urlsplit(st.context.url or "")
    if not url.netloc:  # a test without a browser
        return "http://localhost:8501"
    return f"{url.scheme}://{url.netloc}"
