"""Models: what reads the faces, and what could."""

from pathlib import Path

import streamlit as st

from pages.library.details import show_details
from pages.library.importing import show_import
from pages.library.list import show_models
from pages.mending.legacy_pages import ensure_navigation
from pages.shared import display

ensure_navigation()
display.use_style()
st.html(Path(__file__).parent / "library" / "style.css")
st.title("Models")
show_import()
if chosen := show_models():
    show_details(chosen)
display.show_limits()
