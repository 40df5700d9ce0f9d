"""Models: what reads the faces, and what could."""

from pathlib import Path

import streamlit as st

from pages.shared import display
from pages.shared.models_details import show_details
from pages.shared.models_import import show_import
from pages.shared.models_list import show_models
from pages.shared.navigation import ensure_navigation

ensure_navigation()
display.use_style()
st.html(Path(__file__).parent / "shared" / "models.css")
st.title("Models")
show_import()
if chosen := show_models():
    show_details(chosen)
display.show_limits()
