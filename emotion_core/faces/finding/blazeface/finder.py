"""Faces in live video, found with BlazeFace: alone, or where the Haar cascades find none."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.blazeface.looking import BlazeFaceLook
from emotion_core.faces.finding.haar import is_same_face
from emotion_core.faces.finding.search import FaceFinder, Find, HaarFaceFinder

# Faces narrower than this share of the picture's longer side are searched in squares too.
_SMALL: Final = 0.04
# One step in so many searches thoroughly, the others glance at a square: a fifth of the time.
_THOROUGH_ONE_IN: Final = 4
# One step in so many is the cascades' where they search too.
_CASCADES_ONE_IN: Final = 4
# Degrees by which the angle of two looks at one face differs.
_ANGLE_ERROR: Final = 4.0


class BlazeFaceFinder:
    """Finds faces with BlazeFace; not thread-safe, as its networks are not.

    Raises:
        ModelError: see `network.BlazeFace`.
    """

    def __init__(self) -> None:
        self._look = BlazeFaceLook()
        self._thorough_steps = self._glances = 0
        self._since_thorough = _THOROUGH_ONE_IN
        self._searched: NDArray[np.uint8] | None = None
        self._parts_left = 0

    def search(self, gray: NDArray[np.uint8], smallest_face: float) -> list[Find]:
        """Search the picture, a square of it, or glance at one; see ``FaceFinder.search``."""
        squares = _squares(gray)
        parts = [Box(0, 0, gray.shape[1], gray.shape[0])]
        if smallest_face * min(gray.shape) < _SMALL * max(gray.shape):
            parts += squares
        if gray is not self._searched:
            self._searched, self._parts_left = gray, len(parts)
        self._since_thorough += 1
        if self._parts_left == 0:
            return []  # a slow camera gets several steps for one picture
        if len(parts) > 1 or self._since_thorough > _THOROUGH_ONE_IN:
            glimpsed = False
            self._since_thorough, self._parts_left = 1, self._parts_left - 1
            part = parts[self._thorough_steps % len(parts)]
            self._thorough_steps += 1
        else:
            glimpsed = True
            self._parts_left = 0
            part = squares[self._glances % len(squares)]
            self._glances += 1
        pixels = gray[part.y : part.y + part.height, part.x : part.x + part.width]
        found = (
            Box(box.x + part.x, box.y + part.y, box.width, box.height, box.angle)
            for box in (self._look.glance if glimpsed else self._look.search)(pixels)
        )
        least = smallest_face * min(gray.shape)
        finds = [_to_find(box) for box in found if box.width >= least]
        return [replace(find, glimpsed=glimpsed) for find in finds]

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
        finder = self._network if self._steps % _CASCADES_ONE_IN else self._cascades
        return finder.search(gray, smallest_face)

    def confirm(self, gray: NDArray[np.uint8], find: Find, attempt: int) -> Find | None:
        """Look closer, each in turn; see ``FaceFinder.confirm``."""
        return self._in_turn(attempt).confirm(gray, find, attempt // 2)

    def follow(self, gray: NDArray[np.uint8], find: Find, attempt: int) -> Find | None:
        """Look near where a face is expected, each in turn; see ``FaceFinder.follow``."""
        return self._in_turn(attempt).follow(gray, find, attempt // 2)

    def _in_turn(self, attempt: int) -> FaceFinder:
        return self._cascades if attempt % 2 else self._network


def _squares(gray: NDArray[np.uint8]) -> list[Box]:
    """Return squares as high (or as wide) as the picture that cover it."""
    height, width = gray.shape
    side, longer = min(height, width), max(height, width)
    starts = np.linspace(0, longer - side, math.ceil(longer / side)).round().astype(int).tolist()
    places = [(start, 0) if width > height else (0, start) for start in starts]
    return [Box(x, y, side, side) for x, y in places]


def _tilted(find: Find) -> Box:
    return replace(find.box, angle=find.angle)


def _to_find(box: Box) -> Find:
    # One look is enough: the next one would be just the same, and searching finds it again.
    return Find(replace(box, angle=0.0), box.angle, angle_error=_ANGLE_ERROR, looks=1)
