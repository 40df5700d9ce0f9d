"""Where the faces are, and the one rule that turns a face's box into a crop for the network.

Faces are found with OpenCV's Haar cascades (Viola and Jones 2001, "Rapid object detection using a
boosted cascade of simple features"). FER2013's own faces were cropped with such a cascade, so that
what the network sees here is framed as what it was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.boxes import Box
from emotion_core.datasets.types import FACE_SIZE
from emotion_core.images import to_gray

#: Side of the square crop in multiples of the box's longer side.
FACE_CROP_SCALE: Final = 1.0


class FaceDetector(Protocol):
    """Anything that finds faces in a picture."""

    def detect(self, image: NDArray[np.uint8]) -> list[Box]:
        """Return the faces in ``image``, the largest first.

        Args:
            image: uint8 ``[H, W, 3]`` BGR or ``[H, W]`` grey.
        """
        ...


@dataclass(frozen=True)
class HaarSettings:
    """How thoroughly to look for faces.

    Attributes:
        working_side: longer side of the copy that is searched, in pixels; smaller pictures are
            searched as they are.
        smallest_face: smallest face to find, as a share of the picture's shorter side.
        scale_step: factor from one searched face size to the next, above 1.
        min_neighbors: how many overlapping hits make a face.
    """

    working_side: int = 320
    smallest_face: float = 0.2
    scale_step: float = 1.2
    min_neighbors: int = 4


#: For live video: one frontal cascade on a small copy, a few milliseconds a frame.
LIVE_SETTINGS: Final = HaarSettings()

#: For photos: small faces too.
PHOTO_SETTINGS: Final = HaarSettings(
    working_side=800, smallest_face=0.08, scale_step=1.1, min_neighbors=5
)


class HaarFaceDetector:
    """Finds faces with OpenCV's Haar cascades.

    A ``CascadeClassifier`` keeps state while it searches and is not thread-safe: make one detector
    for each session or thread, never share one.
    """

    def __init__(self, settings: HaarSettings = LIVE_SETTINGS) -> None:
        self.settings = settings
        self._cascade = _load_cascade("frontalface_default")

    def detect(self, image: NDArray[np.uint8]) -> list[Box]:
        """Return the faces in ``image``, the largest first; see ``FaceDetector.detect``."""
        gray = to_gray(image)
        factor = min(1.0, self.settings.working_side / max(gray.shape))
        if factor < 1.0:
            size = round(gray.shape[1] * factor), round(gray.shape[0] * factor)
            gray = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)
        smallest = max(24, round(self.settings.smallest_face * min(gray.shape)))
        found = self._cascade.detectMultiScale(
            gray,
            scaleFactor=self.settings.scale_step,
            minNeighbors=self.settings.min_neighbors,
            minSize=(smallest, smallest),
        )
        boxes = [
            Box(*(int(value) for value in rectangle)).scaled(1 / factor) for rectangle in found
        ]
        return sorted(boxes, key=lambda box: box.area, reverse=True)


def _load_cascade(name: str) -> cv2.CascadeClassifier:
    folder = Path(cv2.data.haarcascades)  # type: ignore[attr-defined] # missing in OpenCV's stubs
    return cv2.CascadeClassifier(str(folder / f"haarcascade_{name}.xml"))


def crop_face(gray: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Return the face in ``box`` as the network wants it: the one crop rule of this project.

    The crop is the square around the box's centre whose side is ``FACE_CROP_SCALE`` times the
    box's longer side. Where it reaches beyond the picture, the border's pixels are repeated.

    Args:
        gray: uint8 ``[H, W]``, grey 0..255.
        box: the face; may reach beyond the picture but must overlap it.

    Returns:
        uint8 ``[48, 48]``, grey 0..255.
    """
    height, width = gray.shape
    square = box.to_square(FACE_CROP_SCALE)
    left, top = max(square.x, 0), max(square.y, 0)
    right = min(square.x + square.width, width)
    bottom = min(square.y + square.height, height)
    if left >= right or top >= bottom:
        raise ValueError(f"a face's box must overlap the picture of {width}x{height}, found {box}")
    face = cv2.copyMakeBorder(
        gray[top:bottom, left:right],
        top - square.y,
        square.y + square.height - bottom,
        left - square.x,
        square.x + square.width - right,
        cv2.BORDER_REPLICATE,
    )
    shrinks = square.width > FACE_SIZE
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(
        cv2.resize(face, (FACE_SIZE, FACE_SIZE), interpolation=interpolation), np.uint8
    )


def crop_faces(gray: NDArray[np.uint8], boxes: Sequence[Box]) -> NDArray[np.uint8]:
    """Return the crops of all ``boxes``, by the rule of ``crop_face``.

    Returns:
        uint8 ``[N, 48, 48]``; N may be 0.
    """
    crops = np.empty((len(boxes), FACE_SIZE, FACE_SIZE), np.uint8)
    for index, box in enumerate(boxes):
        crops[index] = crop_face(gray, box)
    return crops
