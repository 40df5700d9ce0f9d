"""What a live video shows over its faces: boxes, labels, bars of all scores, or a blur."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS, answer_color_bgr
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading

# A blurred face keeps so many blocks a side: nobody can be told from them.
_BLOCKS: Final = 6
# Of a face's box in width: hair and chin are hidden too.
_BLURRED: Final = 1.4


def blur(image: NDArray[np.uint8], boxes: Iterable[Box]) -> NDArray[np.uint8]:
    """Return a copy of ``image`` (uint8 ``[H, W, 3]``) that hides what is in and around ``boxes``.

    The details are gone, not only veiled: a few blocks are left of each face.
    """
    canvas = image.copy()
    height, width = image.shape[:2]
    for box in boxes:
        square = box.to_square(_BLURRED)
        left, top = max(0, square.x), max(0, square.y)
        right, bottom = min(width, square.x + square.width), min(height, square.y + square.height)
        if left < right and top < bottom:
            canvas[top:bottom, left:right] = _blocks(image[top:bottom, left:right])
    return canvas


def blur_all(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ``image`` (uint8 ``[H, W, 3]``) as a few blocks."""
    return _blocks(image)


def draw_bars(image: NDArray[np.uint8], faces: Sequence[FaceReading]) -> None:
    """Draw the seven scores into ``image`` (uint8 ``[H, W, 3]`` BGR), as bars beside each face.

    They stand to the right of the face, or to its left where there is no room; in the order and
    colours of ``EMOTIONS``.
    """
    height, width = image.shape[:2]
    for face in faces:
        box = face.box
        row = max(3, box.height // (len(EMOTIONS) + 1))
        length = max(12, box.width // 2)
        right = box.x + box.width + row // 2
        left = right if right + length <= width else box.x - row // 2 - length
        for index, (emotion, score) in enumerate(zip(EMOTIONS, face.scores, strict=True)):
            top = box.y + row // 2 + index * row
            bottom = top + max(1, row - 2)
            if left >= 0 and left + length <= width and top >= 0 and bottom < height:
                _darken(image[top : bottom + 1, left : left + length])
                end = left + round(score * (length - 1))
                color = answer_color_bgr(emotion)
                cv2.rectangle(image, (left, top), (end, bottom), color, cv2.FILLED)


def _blocks(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = part.shape[:2]
    few = cv2.resize(
        part, (min(_BLOCKS, width), min(_BLOCKS, height)), interpolation=cv2.INTER_AREA
    )
    return np.asarray(cv2.resize(few, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _darken(part: NDArray[np.uint8]) -> None:
    part //= 2
