"""Smooth shapes in a face's own coordinates, drawn with a pose."""

from __future__ import annotations

import itertools
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import FACE_SIZE

_DRAWING_SCALE: Final = 4
DRAWING_SIZE: Final = FACE_SIZE * _DRAWING_SCALE
_SUBPIXEL_BITS: Final = 4
Points = NDArray[np.float64]
_ANGLES: Final = np.linspace(0.0, 2.0 * np.pi, 28, endpoint=False)
_CIRCLE: Final[Points] = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
_CURVE_PLACES: Final[Points] = np.linspace(0.0, 1.0, 13)[:, None]


class Canvas:
    """Draws smooth shapes given in the face's own coordinates.

    The origin is the middle of the face; x grows to the right and y downwards; 1 is half the
    height of the face. The pose (tilt, size, place) is one affine map to pixels.
    """

    def __init__(self, random: np.random.Generator) -> None:
        self.image = np.full((DRAWING_SIZE, DRAWING_SIZE), random.uniform(30, 225), np.uint8)
        self._scale = DRAWING_SIZE * random.uniform(0.43, 0.51)
        angle = random.normal(0.0, np.radians(7.0))
        cosine, sine = np.cos(angle), np.sin(angle)
        self._rotation = self._scale * np.array([[cosine, sine], [-sine, cosine]])
        self._origin = DRAWING_SIZE * (0.5 + random.normal(0.0, 0.02, 2))

    def fill(self, points: Points, gray: float) -> None:
        """Fill the polygon ``points`` float ``[K, 2]``."""
        cv2.fillPoly(self.image, [self._pixels(points)], gray, cv2.LINE_AA, _SUBPIXEL_BITS)

    def stroke(self, points: Points, gray: float, width: float, closed: bool = False) -> None:
        """Draw the line through ``points`` float ``[K, 2]``, ``width`` in the face's unit."""
        thickness = max(1, round(width * self._scale))
        cv2.polylines(
            self.image, [self._pixels(points)], closed, gray, thickness, cv2.LINE_AA, _SUBPIXEL_BITS
        )

    def _pixels(self, points: Points) -> NDArray[np.int32]:
        placed = points @ self._rotation + self._origin
        return np.rint(placed * (1 << _SUBPIXEL_BITS)).astype(np.int32)


def ellipse(x: float, y: float, width: float, height: float) -> Points:
    """Return the outline of an ellipse with the given half axes."""
    return _CIRCLE * (width, height) + (x, y)


def curve(*points: tuple[float, float]) -> Points:
    """Return the Bézier curve with the given control points."""
    t = _CURVE_PLACES
    controls = [np.array(point)[None, :] for point in points]
    while len(controls) > 1:
        controls = [(1.0 - t) * start + t * end for start, end in itertools.pairwise(controls)]
    return controls[0]


def band(line: Points, thickness: Points | NDArray[np.float64]) -> Points:
    """Return the outline of a line with a thickness (in y) of its own at each point."""
    offset = np.stack([np.zeros(len(line)), thickness / 2.0], axis=1)
    return np.concatenate([line - offset, (line + offset)[::-1]])
