"""The detectors of one viewer. Cascades and LiteRT interpreters must not be shared by threads."""

from __future__ import annotations

import cv2
import numpy as np
import streamlit as st

from emotion_core.analysis import EmotionDetector
from emotion_core.faces import LIVE_SETTINGS, HaarFaceDetector
from emotion_core.live import LiveSession


@st.cache_resource(scope="session", show_spinner="Loading the model …")
def live_detector() -> EmotionDetector:
    """Return this viewer's detector for live video, warmed up.

    Raises:
        ModelError: there is no usable model.
    """
    # For the whole process: several streams on several cores lose to each other's thread pools.
    cv2.setNumThreads(1)
    detector = EmotionDetector.load(face_detector=HaarFaceDetector(LIVE_SETTINGS))
    detector.detect(np.zeros((480, 640, 3), np.uint8))
    return detector


@st.cache_resource(scope="session", show_spinner=False)
def live_session() -> LiveSession:
    """Return this viewer's live session; it outlives start, stop and leaving the page.

    Raises:
        ModelError: there is no usable model.
    """
    return LiveSession(live_detector())


@st.cache_resource(scope="session", show_spinner="Loading the model …")
def photo_detector() -> EmotionDetector:
    """Return this viewer's thorough detector for single pictures.

    Raises:
        ModelError: there is no usable model.
    """
    return EmotionDetector.load()
