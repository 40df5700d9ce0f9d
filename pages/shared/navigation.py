"""Keeps Streamlit's older rules for a folder called ``pages`` away."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def ensure_navigation() -> None:
    """Start over when Streamlit runs this script by its older rules; call it first in every script.

    Until a process has met its first ``st.navigation``, a folder called ``pages`` makes Streamlit
    list and run the files in it by itself: whoever opens /photo right after the start would get
    that page without the app around it. A second run goes by ``app.py``.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
