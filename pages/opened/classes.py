"""The question what numbered classes mean, asked on every page that opens data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import streamlit as st

from emotion_core.datasets.reading.class_names import LEFT_OUT, remember_meanings
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import EmotionCoreError, NumberedClassesError
from pages.viewer.clicks import once
from pages.widgets.text import plain

_PROBLEM: Final = "dataset_class_problem"


def ask_for_classes(error: NumberedClassesError, then: Callable[[], None]) -> None:
    """Show the form that asks what the numbers of classes mean.

    Args:
        error: what reading the dataset ended with.
        then: called once the answer is kept; it begins to read the dataset again.
    """
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    with st.form("dataset_classes"):
        st.markdown(
            f"The classes of **{plain(Path(error.source).name)}** are numbers. What do they mean? "
            "The dataset's authors say so; you are asked only once."
        )
        columns = st.columns(4)
        for place, number in enumerate(error.numbers):
            columns[place % len(columns)].selectbox(
                number,
                (*EMOTIONS, LEFT_OUT),
                index=None,
                placeholder="?",
                format_func=lambda meaning: "exclude it" if meaning == LEFT_OUT else meaning,
                key=f"dataset_class_{number}",
            )
        st.form_submit_button("Open it", on_click=once(_take_classes, error, then))


def _take_classes(error: NumberedClassesError, then: Callable[[], None]) -> None:
    """Keep what the viewer says of numbered classes, and read the dataset again."""
    meanings = {number: st.session_state.get(f"dataset_class_{number}") for number in error.numbers}
    known = {number: meaning for number, meaning in meanings.items() if meaning is not None}
    if len(known) < len(meanings):
        st.session_state[_PROBLEM] = "Choose a meaning for each number."
        return
    try:
        remember_meanings(error.data_id, known)
    except EmotionCoreError as problem:
        st.session_state[_PROBLEM] = str(problem)
        return
    then()
