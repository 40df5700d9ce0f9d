"""Faces in live video, found with BlazeFace: alone, or where the Haar cascades find none."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.blazeface.looking import BlazeFaceLook
from emotion_core.faces.boxes import Box
from emotion_core.faces.haar import is_same_face
from emotion_core.faces.search import FaceFinder, Find, HaarFaceFinder

# Faces narrower than this share of the picture's longer side are searched in squares too.
_SMALL: Final = 0.04
# One search in so many is BlazeFace's where the cascades search too.
_ONE_IN: Final = 4
# Degrees by which the angle of two looks at one face differs.
_ANGLE_ERROR: Final = 4.0


class BlazeFaceFinder:
    """Finds faces with BlazeFace; not thread-safe, as its networks are not.

    Raises:
        ModelError: see `network.BlazeFace`.
    """

    def __init__(self) -> None:
        self._look = BlazeFaceLook()
        self._steps = 0
        self._searched: NDArray[np.uint8] | None = None
        self._parts_searched = 0

    def search(self, gray: NDArray[np.uint8], smallest_face: float) -> list[Find]:
        """Search the picture, or the next square of it; see ``FaceFinder.search``."""
        parts = _parts(gray, smallest_face)
        if gray is not self._searched:
            self._searched, self._parts_searched = gray, 0
        if self._parts_searched == len(parts):
            return []  # a slow camera gets several steps for one picture
        self._parts_searched += 1
        part = parts[self._steps % len(parts)]
        self._steps += 1
        pixels = gray[part.y : part.y + part.height, part.x : part.x + part.width]
        found = (
            Box(box.x + part.x, box.y + part.y, box.width, box.height, box.angle)
            for box in self._look.search(pixels)
        )
        least = smallest_face * min(gray.shape)
        return [_to_find(box) for box in found if box.width >= least]

    def confirm(self, gray: NDArray[np.uint8], find: Find, attempt: int) -> Find | None:  # noqa: ARG002
        """Look a second time; see ``FaceFinder.confirm``."""
        box = self._look.confirm(gray, _tilted(find))
        return None if box is None else _to_find(box)

    def follow(self, gray: NDArray[np.uint8], find: Find, attempt: int) -> Find | None:  # noqa: ARG002
        """Look near where a face is expected; see ``FaceFinder.follow``."""
        box = self._look.follow(gray, _tilted(find))
        if box is None or not is_same_face(box, find.box):
            return None
        return _to_find(box)


class TwoFinders:
    """Looks with the Haar cascades, and with BlazeFace now and then; not thread-safe.

    Raises:
        ModelError: see `network.BlazeFace`.
    """

    def __init__(self) -> None:
        self._cascades: FaceFinder = HaarFaceFinder()
        self._network: FaceFinder = BlazeFaceFinder()
        self._steps = 0

    def search(self, gray: NDArray[np.uint8], smallest_face: float) -> list[Find]:
        """Take the next step of one of them; see ``FaceFinder.search``."""
        self._steps += 1
        finder = self._cascades if self._steps % _ONE_IN != 1 else self._network
        return finder.search(gray, smallest_face)

    def confirm(self, gray: NDArray[np.uint8], find: Find, attempt: int) -> Find | None:
        """Look closer, each in turn; see ``FaceFinder.confirm``."""
        return self._in_turn(attempt).confirm(gray, find, attempt // 2)

    def follow(self, gray: NDArray[np.uint8], find: Find, attempt: int) -> Find | None:
        """Look near where a face is expected, each in turn; see ``FaceFinder.follow``."""
        return self._in_turn(attempt).follow(gray, find, attempt // 2)

    def _in_turn(self, attempt: int) -> FaceFinder:
        return self._cascades if attempt % 2 else self._network


def _parts(gray: NDArray[np.uint8], smallest_face: float) -> list[Box]:
    """Return what is searched in turn: the whole picture, and squares of it for small faces."""
    height, width = gray.shape
    side = min(height, width)
    parts = [Box(0, 0, width, height)]
    if smallest_face * side < _SMALL * max(height, width):
        parts += [Box(0, 0, side, side), Box(width - side, height - side, side, side)]
    return parts


def _tilted(find: Find) -> Box:
    return replace(find.box, angle=find.angle)


def _to_find(box: Box) -> Find:
    return Find(replace(box, angle=0.0), box.angle, angle_error=_ANGLE_ERROR)
