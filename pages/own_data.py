"""My data: faces captured or uploaded here, by class, to train with."""

import streamlit as st

from pages.capture.collection import show_own_data
from pages.mending.legacy_pages import ensure_navigation
from pages.widgets import display

ensure_navigation()
display.use_style()
st.title("My data")
show_own_data()
display.show_limits()
