"""My data: faces captured or uploaded here, by class, to train with."""

import streamlit as st

from pages.shared import display
from pages.shared.navigation import ensure_navigation
from pages.shared.own_data import show_own_data

ensure_navigation()
display.use_style()
st.title("My data")
show_own_data()
display.show_limits()
