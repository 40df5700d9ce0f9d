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

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emotion_core.analysis import EmotionDetector, FaceReading, faces_table

__all__ = ["EmotionDetector", "FaceReading", "faces_table"]


def __getattr__(name: str) -> Any:
    # Imported at first use, so that a command that needs no faces does not load OpenCV.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("emotion_core.analysis"), name)
