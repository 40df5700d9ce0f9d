"""My data: faces captured or uploaded here, by class, to train with."""

import streamlit as st

from pages.capture.collection import show_own_data
from pages.shared import display
from pages.shared.navigation import ensure_navigation

ensure_navigation()
display.use_style()
st.title("My data")
show_own_data()
display.show_limits()
