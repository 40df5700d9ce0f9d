"""The detector for single pictures, one for each viewer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from emotion_core.errors import ModelError
from emotion_core.faces.finders import photo_finder
from emotion_core.faces.readings import EmotionDetector
from emotion_core.models.folder import default_model_dir
from emotion_core.models.in_use import model_in_use


def chosen_model() -> Path:
    """Return the folder of the model in use; the shipped one's where none is usable."""
    try:
        return model_in_use().folder
    except ModelError:
        return default_model_dir()  # loading it says what is wrong


def photo_detector(finder: str | None = None) -> EmotionDetector:
    """Return this viewer's thorough detector for single pictures, with the model in use.

    Args:
        finder: one of `emotion_core.faces.finders.FINDERS`; None for the usual one.

    Raises:
        ModelError: there is no usable model.
    """
    in_use = model_in_use()
    return _photo_detector(in_use.folder, in_use.version, finder)


@st.cache_resource(scope="session", max_entries=1, show_spinner="Loading the model …")
def _photo_detector(
    folder: Path,
    version: str,  # noqa: ARG001 - tells networks apart
    finder: str | None,
) -> EmotionDetector:
    return EmotionDetector.load(folder, finder and photo_finder(finder))
