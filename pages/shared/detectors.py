"""The detectors of one viewer. Cascades and LiteRT interpreters must not be shared by threads."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import streamlit as st

from emotion_core.analysis import EmotionDetector
from emotion_core.classifier import EmotionClassifier
from emotion_core.errors import ModelError
from emotion_core.live import LiveSession, LiveSettings
from emotion_core.live_faces import LiveFaceReader
from emotion_core.model_library import model_folders
from pages.shared.cleanup import clean_up_after_leaving

_MODEL = "model_in_use"
_USED = "model_used"
_PROBLEM = "model_problem"


@st.cache_resource(scope="session", show_spinner="Loading the model …")
def live_reader() -> LiveFaceReader:
    """Return what finds and reads this viewer's faces on live video, warmed up.

    Raises:
        ModelError: there is no usable model.
    """
    clean_up_after_leaving()
    # For the whole process: several streams on several cores lose to each other's thread pools.
    cv2.setNumThreads(1)
    reader = LiveFaceReader.load()
    settings = LiveSettings()
    nobody = np.zeros((480, 640, 3), np.uint8)
    reader.read(nobody, 0.0, settings.smoothing_seconds, settings.smallest_face)
    reader.reset()
    return reader


def choose_model(reader: LiveFaceReader, *, disabled: bool = False) -> None:
    """Let the viewer choose what reads the faces, on live video and photos; it counts at once.

    The video goes on meanwhile, and so do the numbers of the people in it.
    """
    names = [folder.name for folder in model_folders()]
    st.selectbox(
        "Model",
        names,
        key=_MODEL,
        persist_state="session",
        disabled=disabled,
        help="Every model in the folder models/. While a recording goes on it cannot be changed.",
        on_change=_use_chosen_model,
        args=(reader,),
    )
    if problem := st.session_state.get(_PROBLEM):
        st.error(problem)


def chosen_model() -> Path | None:
    """Return the folder of the model that this viewer chose; None for the usual one."""
    name = st.session_state.get(_MODEL)
    return next((folder for folder in model_folders() if folder.name == name), None)


def _use_chosen_model(reader: LiveFaceReader) -> None:
    st.session_state.pop(_PROBLEM, None)
    try:
        # Loaded and warmed up here, so that no frame waits for it.
        classifier = EmotionClassifier.load(chosen_model())
    except ModelError as error:
        st.session_state[_PROBLEM] = f"This model cannot be used. {error}"
        st.session_state[_MODEL] = st.session_state.get(_USED, model_folders()[0].name)
        return
    st.session_state[_USED] = st.session_state[_MODEL]
    reader.use_classifier(classifier, classifier.card.certainty_threshold)


@st.cache_resource(scope="session", show_spinner=False)
def live_session() -> LiveSession:
    """Return this viewer's live session; it outlives start, stop and leaving the page.

    Raises:
        ModelError: there is no usable model.
    """
    return LiveSession(live_reader())


@st.cache_resource(scope="session", max_entries=1, show_spinner="Loading the model …")
def photo_detector(model_dir: Path | None) -> EmotionDetector:
    """Return this viewer's thorough detector for single pictures.

    Args:
        model_dir: as `chosen_model` returns it.

    Raises:
        ModelError: there is no usable model.
    """
    return EmotionDetector.load(model_dir=model_dir)
