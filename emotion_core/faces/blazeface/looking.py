"""Looking for faces with BlazeFace: over a whole picture, and close at what may be one."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.blazeface.framing import CloseUp, face_box
from emotion_core.faces.blazeface.network import (
    BACK,
    FULL_RANGE,
    SHORT_RANGE,
    BlazeFace,
    Variant,
)
from emotion_core.faces.boxes import Box

#: From this score on something is worth a second look. In the test videos nearly every face gets
#: it; so do pots on a shelf, which the second look tells from faces.
LEAST_SEARCHED: Final = 0.3
#: From this mean score of two close-ups on it is a face. In the collages of
#: benchmarks/photo_faces.py, which this was chosen on, 78% of the faces get it; at 0.5 it
#: is 82%, but galaxies and a rocket's tip look like faces too.
LEAST_CONFIRMED: Final = 0.56
#: From this score on a known face is still there.
LEAST_KNOWN: Final = 0.4

# Sides of the close-ups in sides of the face.
_FULL_ZOOM: Final = 3.5
_SHORT_ZOOM: Final = 2.5
# What a close-up's network does not even suspect to be a face is none.
_LEAST_CLOSE: Final = 0.05
# How far a close-up's face may lie from where it was looked for, in sides, and how much larger or
# smaller it may be.
_MOST_OFF: Final = 0.5
_MOST_LARGER: Final = 1.8


class BlazeFaceLook:
    """The three networks that look for faces; not thread-safe: one for each session or thread.

    Raises:
        ModelError: see `network.BlazeFace`.
    """

    def __init__(self) -> None:
        self._searching = BlazeFace(BACK)
        self._full = _CloseLook(FULL_RANGE, _FULL_ZOOM)
        self._short = _CloseLook(SHORT_RANGE, _SHORT_ZOOM)

    def search(self, image: NDArray[np.uint8]) -> list[Box]:
        """Return what may be a face in ``image`` (uint8 ``[H, W(, 3)]``), the surest first."""
        found = self._searching.detect(image, LEAST_SEARCHED)
        return [face_box(each.points) for each in found]

    def search_turned(self, image: NDArray[np.uint8], part: Box) -> list[Box]:
        """Return what may be a face in a square part of ``image``, turned by the part's angle."""
        close_up = CloseUp(image, part, 1.0, BACK.side)
        found = self._searching.detect(close_up.pixels, LEAST_SEARCHED)
        return [face_box(close_up.to_picture(each.points)) for each in found]

    def confirm(self, image: NDArray[np.uint8], box: Box) -> Box | None:
        """Return the face at ``box``, framed anew; None if two more networks call it none."""
        # Together they are not fooled by what either is: pots (short range), stripes (full range).
        score, face = self._short.look(image, box)
        if face is None:
            return None
        other, _ = self._full.look(image, box)
        return face if (score + other) / 2 >= LEAST_CONFIRMED else None

    def follow(self, image: NDArray[np.uint8], box: Box) -> Box | None:
        """Return where a known face is by now, if it is near ``box`` still."""
        score, face = self._short.look(image, box)
        return face if score >= LEAST_KNOWN else None


class _CloseLook:
    """A network that looks close at one face."""

    def __init__(self, variant: Variant, zoom: float) -> None:
        self._network = BlazeFace(variant)
        self._side = variant.side
        self._zoom = zoom

    def look(self, image: NDArray[np.uint8], face: Box) -> tuple[float, Box | None]:
        """Return the score 0..1 of the face that is near ``face``, and its box; 0 and None else."""
        # A turned picture's corners are made up, and may look like a face.
        if not _is_inside(face, image):
            return 0.0, None
        close_up = CloseUp(image, face, self._zoom, self._side)
        side = self._side / self._zoom
        for found in self._network.detect(close_up.pixels, _LEAST_CLOSE):
            box = face_box(found.points)
            off = np.abs(np.array(box.center) - self._side / 2).max() / side
            larger = max(box.width / side, side / box.width)
            if off < _MOST_OFF and larger < _MOST_LARGER:
                there = face_box(close_up.to_picture(found.points))
                return (found.score, there) if _is_inside(there, image) else (0.0, None)
        return 0.0, None


def _is_inside(face: Box, image: NDArray[np.uint8]) -> bool:
    """Return whether the centre of a face lies in the picture."""
    height, width = image.shape[:2]
    x, y = face.center
    return bool(0 <= x < width and 0 <= y < height)
