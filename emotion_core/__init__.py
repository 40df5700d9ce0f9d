"""Reads facial expressions: faces in a picture, seven calibrated scores for each.

>>> import skimage.data
>>> image = skimage.data.astronaut()[..., ::-1]  # any uint8 picture in OpenCV's order, BGR

>>> from emotion_core import EmotionDetector, faces_table
>>> detector = EmotionDetector.load()
>>> faces = detector.detect(image)

>>> [face.emotion for face in faces]
['happy']
>>> table = faces_table(faces)  # a pandas.DataFrame: box, emotion, confidence and all scores
>>> list(table.columns[:7])
['face', 'x', 'y', 'width', 'height', 'emotion', 'confidence']
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from emotion_core.faces.readings import EmotionDetector, FaceReading, faces_table
    from emotion_core.models.classifier import EmotionClassifier

__all__ = ["EmotionClassifier", "EmotionDetector", "FaceReading", "faces_table"]

_MODULES: Final = {
    "EmotionClassifier": "emotion_core.models.classifier",
    "EmotionDetector": "emotion_core.faces.readings",
    "FaceReading": "emotion_core.faces.readings",
    "faces_table": "emotion_core.faces.readings",
}


# OpenCV reads it once, when it is imported. Sizes are checked before (faces.pictures.heads), and
# this holds where a decoder finds another size than the head told.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "100000000")


def __getattr__(name: str) -> Any:
    # Imported at first use, so that a command that needs no faces does not load OpenCV.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
