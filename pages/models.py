"""Models: what reads the faces, and what could."""

from pathlib import Path

import streamlit as st

from pages.library.details import show_details
from pages.library.importing import show_import
from pages.library.list import show_models
from pages.mending.legacy_pages import ensure_navigation
from pages.widgets import display
from pages.widgets.technical import show_technical_switch

ensure_navigation()
display.use_style()
st.html(Path(__file__).parent / "library" / "style.css")
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Models", width="stretch")
    show_technical_switch()
show_import()
if chosen := show_models():
    show_details(chosen)
display.show_limits()
