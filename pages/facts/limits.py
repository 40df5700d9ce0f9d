"""What the app cannot tell, and the card of the model in use in short."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.errors import EmotionCoreError
from emotion_core.models.folder import load_card
from emotion_core.models.in_use import model_in_use
from emotion_core.models.readme.summary import summary_of
from pages.widgets.text import plain

_CANNOT: Final = """
- **What somebody feels, thinks or intends.** People smile when they are sad, and look angry when
  they read. A face shows an expression, not a feeling.
- **Whether somebody lies, is ill, can do a job, or is dangerous.** No expression tells that.
- **The same about everybody.** Models learn from photos that people have labelled, and take over
  their mistakes and prejudices. About some people they are wrong more often.
- **Who somebody is.** Within one video it knows a person again; it has no names, and compares
  nobody with other recordings.
"""


def show_limits_at_length() -> None:
    """Say what nobody should take from the app's answers."""
    st.subheader("What it cannot tell")
    st.markdown(_CANNOT)


def show_model() -> None:
    """Show what to know of the model in use."""
    st.subheader("The model")
    try:
        card = load_card(model_in_use().folder)
    except EmotionCoreError as error:
        st.error(f"No model can be used. {plain(str(error))}")
        return
    lines = "\n".join(f"- **{what}**: {plain(text)}" for what, text in summary_of(card).items())
    st.markdown(f"In use: **{plain(card.name)}**.\n\n{lines}")
    st.page_link(
        "pages/models.py", label="All models, and the whole card", icon=":material/neurology:"
    )
