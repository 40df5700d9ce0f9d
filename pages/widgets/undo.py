"""What was just done to the user's data, said where it was done, with a button that takes it back.

Better than a question beforehand, which everybody learns to click away. What is needed to take it
back stays in this viewer's session only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from emotion_core.errors import EmotionCoreError
from pages.viewer.clicks import once
from pages.widgets.text import plain


@dataclass(frozen=True)
class _Done:
    """What was done, and how to take it back."""

    said: str
    take_back: Callable[[], object]
    to: str


def note_done(place: str, said: str, take_back: Callable[[], object], *, to: str) -> None:
    """Remember what a button did, in place of what was done before at this place.

    Args:
        place: tells one place on the pages from others.
        said: what was done, such as "2 faces removed."
        take_back: undoes it; may raise an ``EmotionCoreError``.
        to: what it was done to, such as a dataset's name: it is not offered beside another.
    """
    st.session_state[_key(place)] = _Done(said, take_back, to)


def forget_done(place: str) -> None:
    """Offer no undo at this place any more: something else has been done since."""
    st.session_state.pop(_key(place), None)


def show_done(place: str, *, to: str) -> None:
    """Show what was done last at this place, with Undo, or why it could not be taken back.

    Args:
        place: see ``note_done``.
        to: see ``note_done``.
    """
    if problem := st.session_state.pop(f"{_key(place)} problem", None):
        st.error(plain(problem))
    done: _Done | None = st.session_state.get(_key(place))
    if done is None or done.to != to:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check: {plain(done.said)}", width="content")
        st.button(
            "Undo",
            icon=":material/undo:",
            key=f"take back {place}",
            on_click=once(_take_back, place, done),
        )


def _take_back(place: str, done: _Done) -> None:
    forget_done(place)
    try:
        done.take_back()
    except EmotionCoreError as error:
        st.session_state[f"{_key(place)} problem"] = str(error)


def _key(place: str) -> str:
    return f"done {place}"
