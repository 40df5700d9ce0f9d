"""The detectors of one viewer. Cascades and LiteRT interpreters must not be shared by threads."""

from __future__ import annotations

import cv2
import numpy as np
import streamlit as st

from emotion_core.analysis import EmotionDetector
from emotion_core.live import LiveSession, LiveSettings
from emotion_core.live_faces import LiveFaceReader


@st.cache_resource(scope="session", show_spinner="Loading the model …")
def live_reader() -> LiveFaceReader:
    """Return what finds and reads this viewer's faces on live video, warmed up.

    Raises:
        ModelError: there is no usable model.
    """
    # For the whole process: several streams on several cores lose to each other's thread pools.
    cv2.setNumThreads(1)
    reader = LiveFaceReader.load()
    settings = LiveSettings()
    nobody = np.zeros((480, 640, 3), np.uint8)
    reader.read(nobody, 0.0, settings.smoothing_seconds, settings.smallest_face)
    reader.reset()
    return reader


@st.cache_resource(scope="session", show_spinner=False)
def live_session() -> LiveSession:
    """Return this viewer's live session; it outlives start, stop and leaving the page.

    Raises:
        ModelError: there is no usable model.
    """
    return LiveSession(live_reader())


@st.cache_resource(scope="session", show_spinner="Loading the model …")
def photo_detector() -> EmotionDetector:
    """Return this viewer's thorough detector for single pictures.

    Raises:
        ModelError: there is no usable model.
    """
    return EmotionDetector.load()
