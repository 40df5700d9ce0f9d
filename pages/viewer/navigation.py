"""Which page a viewer is on, and on which one they were before."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st
from streamlit.navigation.page import Page

from pages.mending.legacy_pages import THIS_PAGE, requested_page

_PAGE_BEFORE = "page_before"
_UNKNOWN = "unknown_page"


def note_page(page: Page) -> None:
    """Remember which page this run shows and which one the viewer's run before it showed."""
    st.session_state[_PAGE_BEFORE] = st.session_state.get(THIS_PAGE)
    st.session_state[THIS_PAGE] = page.url_path


def came_from_another_page() -> bool:
    """Tell whether the viewer's run before this one showed another page, or none."""
    before, now = (st.session_state.get(key) for key in (_PAGE_BEFORE, THIS_PAGE))
    return before is None or before != now


def follow_link(key: str, options: Collection[str]) -> None:
    """Let a link from another page decide what a widget of this one shows; call it on top.

    Streamlit keeps what a widget bound to the address showed when the viewer was last here, and
    prefers it to a link that names the widget's first value.

    Args:
        key: of the widget, and its name in the address.
        options: what a link may name.
    """
    named = st.query_params.get(key)
    # In a new tab nothing is kept: there the address decides anyway.
    has_been_elsewhere = st.session_state.get(_PAGE_BEFORE) is not None
    if named in options and has_been_elsewhere and came_from_another_page():
        st.session_state[key] = named


def no_such_page(known: Sequence[Page]) -> list[Page]:
    """Return the page that the viewer's address names if there is none, as a page that says so.

    Streamlit would open the first page instead, under a message of its own.
    """
    name = requested_page()
    if name and name not in {page.url_path for page in known}:
        st.session_state[_UNKNOWN] = name
    unknown = st.session_state.get(_UNKNOWN, "")
    # Streamlit refuses others as an address.
    if not unknown or "/" in unknown or unknown.startswith("_"):
        return []

    def say_so() -> None:
        st.title("No such page")
        st.write("This address names no page. These are there:")
        for page in known:
            st.page_link(page)

    return [st.Page(say_so, title="No such page", url_path=unknown, visibility="hidden")]
