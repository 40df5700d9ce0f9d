"""Drawn photos to try the app with, by those who have none at hand."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.drawn.canvas import DRAWING_SIZE
from emotion_core.datasets.drawn.faces import draw_large_face

#: Who is on which sample: an expression, and the seed of the face that shows it. The detectors find
#: each of them, once.
_SAMPLES: Final = {
    "drawn-face.png": (("happy", 1),),
    "drawn-group.png": (("angry", 1), ("surprise", 2), ("fear", 0)),
}
_SIDE: Final = 3 * DRAWING_SIZE // 2
_MARGIN: Final = DRAWING_SIZE // 2


def sample_photos() -> dict[str, NDArray[np.uint8]]:
    """Return the samples by the names of their files: BGR uint8 ``[H, W, 3]``."""
    return {
        name: np.hstack([_portrait(emotion, seed) for emotion, seed in faces])
        for name, faces in _SAMPLES.items()
    }


def _portrait(emotion: str, seed: int) -> NDArray[np.uint8]:
    """Return a drawn face with some room around it, which detectors need."""
    drawn = draw_large_face(emotion, np.random.default_rng(seed))
    wall = int(drawn[0, 0])
    face = cv2.resize(drawn, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
    framed = cv2.copyMakeBorder(
        face, _MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_CONSTANT, value=(wall,)
    )
    return np.asarray(cv2.cvtColor(framed, cv2.COLOR_GRAY2BGR), np.uint8)
