"""Boxes to crops: the one rule that says what the network sees of a face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import FACE_SIZE
from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.haar import cut_out

#: Side of the square crop in multiples of the box's longer side. Measured with
#: benchmarks/crop_rule.py on 1000 PublicTest faces set into a wider picture: the boxes' sides are
#: 1.00 (one frontal cascade, photo preset) and 1.04 (live tracker) of FER2013's frame in the
#: median, their centres within 0.01 of its centre. Accuracy is flat, within its noise of 1.7
#: points, from 0.9 to 1.1 and for shifts up or down by 0.05 (1.0: 64.0 to 66.3%, frames as they
#: are 66.4 to 66.8%), and falls by 1 to 3 points at 1.3 and 3 to 5 at 1.4. So the box is the
#: crop, for live video and photos alike.
FACE_CROP_SCALE: Final = 1.0

# Faces tilted by less are not turned: training varies faces by more.
_LEAST_TILT: Final = 5.0

# A square with so many times the side holds the crop at any angle.
_ROOM_TO_TURN: Final = 2**0.5


def crop_face(gray: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Return the face in ``box`` as the network wants it: the one crop rule of this project.

    The crop is the square around the box's centre whose side is ``FACE_CROP_SCALE`` times the
    box's longer side, turned by the box's angle so that the face is upright, as those that the
    network learned from are. Where it reaches beyond the picture, the border's pixels are repeated.

    Args:
        gray: uint8 ``[H, W]``, grey 0..255.
        box: the face; may reach beyond the picture but must overlap it.

    Returns:
        uint8 ``[48, 48]``, grey 0..255.

    Raises:
        ValueError: the box lies outside the picture.
    """
    if abs(box.angle) < _LEAST_TILT:
        return _reduced(cut_out(gray, box.to_square(FACE_CROP_SCALE)), FACE_SIZE)
    # Reduced first and then turned: turning alone would pick single pixels out of a large face.
    side = round(FACE_SIZE * _ROOM_TO_TURN)
    around = _reduced(cut_out(gray, box.to_square(FACE_CROP_SCALE * side / FACE_SIZE)), side)
    middle = (side - 1) / 2
    matrix = np.asarray(cv2.getRotationMatrix2D((middle, middle), box.angle, 1.0), np.float64)
    matrix[:, 2] -= (side - FACE_SIZE) / 2
    return np.asarray(
        cv2.warpAffine(
            around,
            matrix,
            (FACE_SIZE, FACE_SIZE),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )


def _reduced(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return a square picture scaled to ``side`` pixels."""
    interpolation = cv2.INTER_AREA if pixels.shape[1] > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=interpolation), np.uint8)


def crop_faces(gray: NDArray[np.uint8], boxes: Sequence[Box]) -> NDArray[np.uint8]:
    """Return the crops of all ``boxes``, by the rule of ``crop_face``.

    Returns:
        uint8 ``[N, 48, 48]``; N may be 0.
    """
    crops = np.empty((len(boxes), FACE_SIZE, FACE_SIZE), np.uint8)
    for index, box in enumerate(boxes):
        crops[index] = crop_face(gray, box)
    return crops
