"""What happens to faces on their way through a camera and a detector, in growing strengths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import FACE_SIZE

Faces = NDArray[np.uint8]


@dataclass(frozen=True)
class Change:
    """One thing that happens to faces.

    Attributes:
        name: short, such as ``"shift"``.
        title: what it is, in words.
        axis: what the strength is, with its unit.
        strengths: from the gentlest to the harshest, or in ascending order where both ways hurt.
        unchanged: the strength that leaves faces as they are; none of ``strengths``.
        apply: takes faces, uint8 ``[N, 48, 48]``, a strength and the generator of its random
            numbers, and returns the changed faces, uint8 ``[N, 48, 48]``.
    """

    name: str
    title: str
    axis: str
    strengths: tuple[float, ...]
    unchanged: float
    apply: Callable[[Faces, float, np.random.Generator], Faces]

    def at(self, strength: float | str) -> str:
        """Return a strength in words: "24% of the side", "45 degrees", "JPEG quality 8"."""
        number = strength if isinstance(strength, str) else f"{strength:g}"
        if self.axis.startswith("%"):
            return f"{number}{self.axis}"
        return f"{self.axis} {number}" if self.axis.endswith("quality") else f"{number} {self.axis}"


def shift(faces: Faces, percent: float, random: np.random.Generator) -> Faces:
    """Move each face by a share of its side, in a random direction."""
    angles = random.uniform(0, 2 * np.pi, len(faces))
    reach = FACE_SIZE * percent / 100
    return _warped(
        faces,
        [
            np.array([[1, 0, reach * np.cos(angle)], [0, 1, reach * np.sin(angle)]])
            for angle in angles
        ],
    )


def scale(faces: Faces, percent: float, _: np.random.Generator) -> Faces:
    """Enlarge or reduce each face about its centre."""
    return _warped(faces, [_about_centre(0, percent / 100)] * len(faces))


def rotate(faces: Faces, degrees: float, random: np.random.Generator) -> Faces:
    """Tilt each face to a random side."""
    signs = random.choice([-1, 1], len(faces))
    return _warped(faces, [_about_centre(degrees * sign, 1) for sign in signs])


def darken(faces: Faces, percent: float, _: np.random.Generator) -> Faces:
    """Leave so much of the light; greys that come to lie together cannot be told apart again."""
    return np.asarray(np.rint(faces * (percent / 100)), np.uint8)


def blur(faces: Faces, sigma: float, _: np.random.Generator) -> Faces:
    """Blur each face as a lens out of focus does, by a Gaussian of ``sigma`` pixels."""
    return _each(
        faces,
        lambda face: cv2.GaussianBlur(face, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE),
    )


def add_noise(faces: Faces, sigma: float, random: np.random.Generator) -> Faces:
    """Add Gaussian noise of ``sigma`` greys, as dim light does."""
    noise = random.normal(0, sigma, faces.shape)
    return np.rint(faces + noise).clip(0, 255).astype(np.uint8)


def compress(faces: Faces, quality: float, _: np.random.Generator) -> Faces:
    """Lose what JPEG of this quality loses."""
    options = [cv2.IMWRITE_JPEG_QUALITY, int(quality)]
    return _each(
        faces,
        lambda face: cv2.imdecode(cv2.imencode(".jpg", face, options)[1], cv2.IMREAD_GRAYSCALE),
    )


def occlude(faces: Faces, percent: float, random: np.random.Generator) -> Faces:
    """Hide a square of so much of each face, somewhere, behind its mean grey."""
    side = round(FACE_SIZE * (percent / 100) ** 0.5)
    corners = (random.uniform(0, 1, (len(faces), 2)) * (FACE_SIZE - side + 1)).astype(int)
    hidden = faces.copy()
    for face, (top, left) in zip(hidden, corners.tolist(), strict=True):
        face[top : top + side, left : left + side] = round(float(face.mean()))
    return hidden


def _about_centre(degrees: float, factor: float) -> NDArray[np.float64]:
    middle = (FACE_SIZE - 1) / 2
    return np.asarray(cv2.getRotationMatrix2D((middle, middle), degrees, factor))


def _warped(faces: Faces, matrices: list[NDArray[np.float64]]) -> Faces:
    """Move pixels; beyond a face its border's pixels are repeated, as ``crop_face`` does."""
    warped = np.empty_like(faces)
    for place, matrix in enumerate(matrices):
        warped[place] = cv2.warpAffine(
            faces[place],
            matrix,
            (FACE_SIZE, FACE_SIZE),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    return warped


def _each(faces: Faces, change: Callable[[Faces], Any]) -> Faces:
    changed = np.empty_like(faces)
    for place in range(len(faces)):
        changed[place] = change(faces[place])
    return changed


#: All of them, in the order in which they are shown.
CHANGES: Final[tuple[Change, ...]] = (
    Change("shift", "Shifted", "% of the side", (4, 8, 12, 16, 24), 0, shift),
    Change("scale", "Scaled", "% of the size", (60, 75, 85, 115, 130, 150), 100, scale),
    Change("rotation", "Tilted", "degrees", (5, 10, 15, 20, 30, 45), 0, rotate),
    Change("darkness", "Darkened", "% of the light left", (50, 25, 10, 5, 2), 100, darken),
    Change("blur", "Blurred", "pixels (standard deviation)", (0.5, 1, 1.5, 2, 3, 4), 0, blur),
    Change("noise", "Noisy", "greys (standard deviation)", (5, 10, 20, 30, 45, 60), 0, add_noise),
    Change("jpeg", "Compressed", "JPEG quality", (75, 50, 30, 15, 8, 4), 100, compress),
    Change("occlusion", "Covered", "% of the face", (5, 10, 20, 30, 40, 50), 0, occlude),
)
