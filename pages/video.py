"""Video: recorded videos and photos in bulk, read in a queue that goes on by itself."""

import streamlit as st

from pages.mending.legacy_pages import ensure_navigation
from pages.recorded.adding import offer_to_add
from pages.recorded.queue import show_queue
from pages.widgets import display

ensure_navigation()
display.use_style()
st.title("Video")
offer_to_add()
show_queue()
display.show_limits()
