"""One classifier for everybody who looks at single faces."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.emotions import FACE_SIZE
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.in_use import model_in_use


@dataclass(frozen=True)
class SharedClassifier:
    """A classifier for all viewers: a LiteRT interpreter must not be used by two at once."""

    classifier: EmotionClassifier
    lock: threading.Lock

    def read(self, image: NDArray[np.uint8]) -> FaceReading:
        """Return what the model sees in one face, grey uint8 ``[48, 48]``."""
        with self.lock:
            scores = self.classifier.predict_scores(image[None])[0]
        threshold = self.classifier.card.certainty_threshold
        return FaceReading(Box(0, 0, FACE_SIZE, FACE_SIZE), tuple(scores.tolist()), threshold)


def shared_classifier() -> SharedClassifier:
    """Return the classifier of the model in use.

    Raises:
        ModelError: there is no usable model.
    """
    in_use = model_in_use()
    return _shared_classifier(in_use.folder, in_use.version)


@st.cache_resource(max_entries=2, show_spinner="Loading the model …")
def _shared_classifier(model_dir: Path, version: str) -> SharedClassifier:  # noqa: ARG001 - a key
    return SharedClassifier(EmotionClassifier.load(model_dir), threading.Lock())
