"""The detector for single pictures, one for each viewer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from emotion_core.errors import ModelError
from emotion_core.faces.readings import EmotionDetector
from emotion_core.models.folder import default_model_dir
from emotion_core.models.in_use import model_in_use


def chosen_model() -> Path:
    """Return the folder of the model in use; the shipped one's where none is usable."""
    try:
        return model_in_use().folder
    except ModelError:
        return default_model_dir()  # loading it says what is wrong


def photo_detector() -> EmotionDetector:
    """Return this viewer's thorough detector for single pictures, with the model in use.

    Raises:
        ModelError: there is no usable model.
    """
    in_use = model_in_use()
    return _photo_detector(in_use.folder, in_use.version)


@st.cache_resource(scope="session", max_entries=1, show_spinner="Loading the model …")
def _photo_detector(folder: Path, version: str) -> EmotionDetector:  # noqa: ARG001 - tells networks apart
    return EmotionDetector.load(model_dir=folder)
