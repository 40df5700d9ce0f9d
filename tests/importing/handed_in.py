"""Models handed in, and asked about greys."""

from __future__ import annotations

import io

import numpy as np

from emotion_core.emotions import EMOTIONS
from emotion_core.importing.staging import StagedModel, stage_model
from emotion_core.models.classifier import EmotionClassifier
from tests.model_files import ModelFile


def stage(*files: ModelFile) -> StagedModel:
    return stage_model([(name, io.BytesIO(content)) for name, content in files])


def greys(*shares: float) -> np.ndarray:
    """Return plain faces, each of so much white."""
    return np.stack([np.full((48, 48), round(255 * share), np.uint8) for share in shares])


def answers_to_grays(classifier: EmotionClassifier, count: int) -> list[str]:
    """Return what the network says to ``count`` greys from black to white."""
    scores = classifier.predict_scores(greys(*np.linspace(0, 1, count)))
    return [EMOTIONS[place] for place in scores.argmax(axis=1)]
