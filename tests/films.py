"""Films of a real face: the astronaut of scikit-image, moved, scaled and turned over a wall."""

from __future__ import annotations

import math

import cv2
import numpy as np
import skimage.data

from emotion_core.faces.boxes import Box

#: The part of the astronaut that is pasted, and where the face is in it, by eye.
_LEFT, _TOP, _SIDE = 104, 4, 232
_FACE = Box(174 - _LEFT, 64 - _TOP, 98, 98)


def scene(
    faces: list[tuple[float, float, float, float]], size: tuple[int, int] = (640, 480)
) -> np.ndarray:
    """Return a grey picture, uint8 [H, W], with faces at (x, y) of so many pixels and degrees.

    Degrees turn a face clockwise.
    """
    wall = skimage.data.brick()
    picture = np.asarray(cv2.resize(wall, size, interpolation=cv2.INTER_AREA), np.uint8)
    astronaut = cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2GRAY)
    portrait = np.ascontiguousarray(astronaut[_TOP : _TOP + _SIDE, _LEFT : _LEFT + _SIDE])
    for x, y, side, degrees in faces:
        center = _FACE.center
        matrix = cv2.getRotationMatrix2D(center, -degrees, side / _FACE.width)
        matrix[:, 2] += np.array((x, y)) - center
        cv2.warpAffine(portrait, matrix, size, dst=picture, borderMode=cv2.BORDER_TRANSPARENT)
    return picture


def wall(name: str = "coffee", size: tuple[int, int] = (640, 480)) -> np.ndarray:
    """Return a grey picture without a face, uint8 [H, W]."""
    picture = getattr(skimage.data, name)()
    gray = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)


def swaying(index: int) -> tuple[float, float, float, float]:
    """Return place, size and angle of a face that moves as people do before a camera."""
    phase = index / 15
    return (
        320 + 90 * math.sin(phase),
        240 + 30 * math.sin(1.7 * phase),
        130 + 20 * math.sin(0.8 * phase),
        14 * math.sin(1.3 * phase),
    )


def box_of(face: tuple[float, float, float, float]) -> Box:
    x, y, side, _ = face
    return Box(round(x - side / 2), round(y - side / 2), round(side), round(side))
