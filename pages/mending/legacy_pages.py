"""Switches off what Streamlit does by itself with a folder called ``pages``."""

from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

#: Where the session keeps which page it shows, once the app has run around it.
THIS_PAGE = "this_page"


def disable_legacy_pages() -> None:
    """Start over when Streamlit found this script by itself; `app.py` calls it first.

    Until a process has met its first ``st.navigation``, a folder called ``pages`` makes Streamlit
    list and run the files in it by itself: whoever opens /photo right after the start would get
    that page without the app around it. The second run follows ``app.py``.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def requested_page() -> str:
    """Return the name of the page in the viewer's address, known or not; "" for the start.

    Streamlit itself opens the start for one that it does not know. In the first run of a process,
    which starts over, it is not known.
    """
    context = get_script_run_ctx()
    return (context and context.pages_manager.intended_page_name) or ""


def ensure_navigation() -> None:
    """Start over when Streamlit runs this page without the app around it; call it first.

    A run that began that way continues so, even when another viewer's has just switched it off.
    """
    disable_legacy_pages()
    context = get_script_run_ctx()
    in_app = context is not None and Path(context.main_script_path).name == "app.py"
    if in_app and THIS_PAGE not in st.session_state:
        st.rerun()
