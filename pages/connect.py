"""Connect: other programs get the live values, set marks, record, and have pictures read."""

import streamlit as st

from emotion_core.api.addresses import PREFIX
from pages.connecting.address import app_address
from pages.connecting.snippets import show_snippets
from pages.connecting.streams import choose_stream
from pages.connecting.tail import show_tail
from pages.connecting.tokens import show_tokens
from pages.mending.legacy_pages import ensure_navigation
from pages.viewer.access import own_things_are_offered
from pages.widgets import display

WHAT_FOR = """
Your own program can follow the live video's values, set marks, record, and have pictures and
videos read. It asks this address, and nothing leaves the app until you make a token:
"""

ensure_navigation()
display.use_style()
st.title("Connect")
st.markdown(WHAT_FOR)
address = app_address()
st.code(f"{address}{PREFIX}", language=None)
mine = own_things_are_offered()
has_token = show_tokens(mine=mine)
if has_token or not mine:
    st.markdown(f"All that can be asked: [the interface's documentation]({address}{PREFIX}/docs).")
st.subheader("In your program")
stream = choose_stream() if mine else None
show_snippets(address, stream)
if stream is not None:
    st.subheader("What is being sent")
    show_tail(stream)
display.show_limits()
