"""About: what the app is, what it cannot tell, what it keeps, and what it is built of."""

import streamlit as st

from pages.facts.built_in import show_built_in
from pages.facts.documents import show_documents
from pages.facts.law import show_law
from pages.facts.limits import show_limits_at_length, show_model
from pages.facts.stored import show_stored
from pages.mending.legacy_pages import ensure_navigation
from pages.widgets import display

WHAT = """
This app finds faces in video and photos, and names which of seven expressions each one shows. All
of it happens on the machine that runs the app. Nothing is sent to its makers, or to anybody else
whom its user has not chosen.
"""

ensure_navigation()
display.use_style()
st.title("About")
st.markdown(WHAT)
show_limits_at_length()
show_law()
st.fragment(show_stored)()
show_model()
show_built_in()
show_documents()
