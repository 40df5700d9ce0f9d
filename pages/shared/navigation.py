"""Which page a viewer is on, and on which one they were before."""

import streamlit as st
from streamlit.navigation.page import Page
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.mending.legacy_pages import THIS_PAGE

_PAGE_BEFORE = "page_before"


def note_page(page: Page) -> None:
    """Remember which page this run shows and which one the viewer's run before it showed."""
    st.session_state[_PAGE_BEFORE] = st.session_state.get(THIS_PAGE)
    st.session_state[THIS_PAGE] = page.url_path


def came_from_another_page() -> bool:
    """Tell whether the viewer's run before this one showed another page, or none."""
    before, now = (st.session_state.get(key) for key in (_PAGE_BEFORE, THIS_PAGE))
    return before is None or before != now


def requested_page() -> str:
    """Return the name of the page in the viewer's address, known or not; "" for the start.

    Streamlit itself opens the start for one that it does not know.
    """
    context = get_script_run_ctx()
    return (context and context.pages_manager.intended_page_name) or ""
