"""Dataset: what the network learns from, and what is wrong with it."""

from pathlib import Path

import streamlit as st

from pages.data.browse import show_browse
from pages.data.compare import show_compare
from pages.data.map import show_map
from pages.data.mistakes import show_mistakes
from pages.data.overview import show_overview
from pages.data.quality import show_quality
from pages.mending.legacy_pages import ensure_navigation
from pages.opened.details import leave_face_behind
from pages.opened.opening import chosen_dataset, offer_others
from pages.opened.text import describe
from pages.viewer.navigation import follow_link
from pages.widgets import display

SECTIONS = {
    "Overview": show_overview,
    "Browse": show_browse,
    "Quality": show_quality,
    "Label mistakes": show_mistakes,
    "Map": show_map,
    "Compare": show_compare,
}

ensure_navigation()
display.use_style()
follow_link("section", SECTIONS)
st.html(Path(__file__).parent / "opened" / "style.css")
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Dataset explorer", width="stretch")
    offer_others()
opened = chosen_dataset()
if opened is not None:
    st.markdown(describe(opened.dataset))
    tabs = st.tabs(list(SECTIONS), key="section", bind="query-params")
    for tab, name in zip(tabs, SECTIONS, strict=True):
        if tab.open:
            leave_face_behind(f"dataset {name}")
            with tab:
                SECTIONS[name](opened)
