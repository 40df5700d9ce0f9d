"""People: who may come in, what they keep, and what was done; for admins."""

import streamlit as st

from emotion_core.errors import EmotionCoreError
from pages.members.changing import offer_to_add, show_one, show_problem
from pages.members.listed import everybody, show_list
from pages.members.noted import show_noted
from pages.members.places import show_places
from pages.mending.legacy_pages import ensure_navigation
from pages.viewer.person import may
from pages.widgets import display
from pages.widgets.text import plain

ensure_navigation()
display.use_style()
st.title("People")
if not may("people"):
    st.error("This page is for admins.")
    st.stop()
show_problem()
try:
    people = everybody()
except EmotionCoreError as error:
    st.error(plain(str(error)))
    st.stop()
show_list(people)
show_one(people)
offer_to_add(expanded=len(people) < 2)
show_places()
show_noted({each.id: each.name for each in people})
