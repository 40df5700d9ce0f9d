"""Train: set a run up, watch it, compare runs, sweep settings."""

from pathlib import Path

import streamlit as st

from pages.mending.legacy_pages import ensure_navigation
from pages.training.runs import show_runs
from pages.training.setup import SECTION, show_setup
from pages.training.sweep import show_sweep
from pages.viewer.navigation import follow_link
from pages.widgets import display

SECTIONS = {"Set up": show_setup, "Runs": show_runs, "Sweep": show_sweep}

ensure_navigation()
display.use_style()
follow_link(SECTION, SECTIONS)
st.html(Path(__file__).parent / "training" / "style.css")
st.title("Train")
for tab, show in zip(
    st.tabs(list(SECTIONS), key=SECTION, bind="query-params"), SECTIONS.values(), strict=True
):
    if tab.open:
        with tab:
            show()
