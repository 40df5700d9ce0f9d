"""From a face's points to the box that shows it as FER2013 does: upright, in the same frame."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box

#: Where the points of `network.POINTS` lie in FER2013's pictures, as shares of their side: medians
#: over PublicTest, left and right made alike (benchmarks/blazeface_frame.py).
MEAN_POINTS: Final = np.array(
    [(0.32, 0.39), (0.68, 0.39), (0.5, 0.603), (0.5, 0.768), (0.14, 0.455), (0.86, 0.455)]
)

# A square with so many times the side holds the view at any angle.
_ROOM_TO_TURN: Final = 2**0.5


def face_box(points: NDArray[np.float64]) -> Box:
    """Return the box of the face with these points, tilted as the face is.

    The similarity (shift, scale and turn) that takes the points of FER2013's mean face nearest to
    these, in the sense of least squares (Umeyama 1991), takes FER2013's frame to the box.

    Args:
        points: float64 ``[6, 2]``, see `network.POINTS`.
    """
    # As complex numbers a similarity is one factor and one shift.
    mean, found = (array[:, 0] + 1j * array[:, 1] for array in (MEAN_POINTS, points))
    off, target = mean - mean.mean(), found - found.mean()
    factor = complex((off.conj() * target).sum() / (abs(off) ** 2).sum())
    center = complex(found.mean()) + factor * ((0.5 + 0.5j) - complex(mean.mean()))
    side = max(1, round(abs(factor)))
    x, y = round(center.real - side / 2), round(center.imag - side / 2)
    return Box(x, y, side, side, math.degrees(math.atan2(factor.imag, factor.real)))


class CloseUp:
    """A square part of a picture around a face, turned so that the face is upright.

    Beyond the picture its border's pixels are repeated.

    Args:
        image: uint8 ``[H, W, 3]`` or ``[H, W]``.
        face: the face.
        zoom: side of the part in sides of the face.
        side: side in pixels of the close-up.

    Raises:
        ValueError: the part lies outside the picture.
    """

    def __init__(self, image: NDArray[np.uint8], face: Box, zoom: float, side: int) -> None:
        height, width = image.shape[:2]
        frame = face.to_square(zoom * _ROOM_TO_TURN)
        left, top = max(frame.x, 0), max(frame.y, 0)
        part = image[
            top : max(top, frame.y + frame.height), left : max(left, frame.x + frame.width)
        ]
        if not part.size:
            raise ValueError(f"a face must overlap the picture of {width}x{height}, found {face}")
        factor = side / face.to_square(zoom).width
        # Reduced first and then turned: turning alone would pick single pixels out of a large face.
        reduced = min(factor, 1.0)
        size = max(1, round(part.shape[1] * reduced)), max(1, round(part.shape[0] * reduced))
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        x, y = face.center
        center = ((x - left) * reduced - 0.5, (y - top) * reduced - 0.5)
        turned = np.asarray(
            cv2.getRotationMatrix2D(center, face.angle, factor / reduced), np.float64
        )
        turned[:, 2] += (side - 1) / 2 - np.array(center)
        #: uint8 ``[side, side, 3]`` or ``[side, side]``.
        self.pixels = np.asarray(
            cv2.warpAffine(small, turned, (side, side), borderMode=cv2.BORDER_REPLICATE), np.uint8
        )
        self._back = cv2.invertAffineTransform(turned)
        self._scale = 1 / reduced
        self._origin = np.array([left, top], np.float64)

    def to_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points of the close-up, float64 ``[N, 2]``, as points of the picture."""
        # Pixels are counted from their middle where a picture is turned, from its edge elsewhere.
        small = (points - 0.5) @ self._back[:, :2].T + self._back[:, 2] + 0.5
        return np.asarray(self._origin + small * self._scale, np.float64)
