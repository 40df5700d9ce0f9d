"""Looking for faces in live video a little at a time, so that no frame is slow.

A frontal cascade over a whole frame takes longer than a frame may, and the searches that find
tilted and turned heads longer still. `HaarFaceFinder` cuts all of them into steps of a few
milliseconds; `emotion_core.faces.tracking` decides when to take the next one.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.detectors import FaceDetector
from emotion_core.faces.finding.haar import (
    FRONTAL,
    FRONTAL_ALT,
    FRONTAL_ALT2,
    PROFILE,
    PROFILE_MIRRORED,
    Cascades,
    Hit,
    View,
    close_up,
    cut_out,
    even_contrast,
    group_hits,
    is_same_face,
    mean_box,
    resized,
)

# Angle in degrees of the turned copies; a cascade copes with half of it by itself.
_TILT: Final = 30.0
# Side in pixels of the smallest face that a search for upright faces reduces the picture to: dim
# faces with glasses, which nothing finds at 24 pixels, are found at 30.
_SMALLEST_PIXELS: Final = 30
# The shorter side in pixels at which larger faces are searched: half as many find them as well.
_COARSE_LINES: Final = 120
# The same for turned heads: this cascade takes twice the time of the others.
_PROFILE_LINES: Final = 100
# Smaller faces are searched in strips of about so many pixels, so that each takes a few ms.
_STRIP_PIXELS: Final = 40_000
# The cascades' own size in pixels: nothing can be found in pictures with fewer lines.
_LEAST_LINES: Final = 24
# Pictures are not cut into more strips than one of this shape.
_MOST_ASPECT: Final = 4.0
# Sides of a face in the close-ups of the second look and of following, in pixels.
_CONFIRMED_SIDE: Final = 60
_FOLLOWED_SIDE: Final = 48

# Votes of the two cascades that were trained apart from the search's which make an upright face in
# the second look: in the two clips that the tracker is measured on, faces that are dim or wear
# glasses get 11 and more, what is none gets at most 6 there and in the films without a face.
_UPRIGHT_VOTES: Final = 10
# Votes that make a tilted or turned face: in turned copies more looks like a face (a cat, tilted:
# 27), and what is one gets 50 and more.
_TILTED_VOTES: Final = 35
# Votes that show that a known face is still there.
_FOLLOWING_VOTES: Final = 8


@dataclass(frozen=True)
class Find:
    """What is, or may be, a face.

    Attributes:
        box: where, in the picture's pixels.
        angle: by how many degrees to turn the picture against the clock to see it upright.
        profile: whether it was seen from the side.
        angle_error: by how many degrees the angle may be off; a cascade copes with 15 either way.
        glimpsed: whether finding it took so little time that a second look fits into the frame.
        looks: after how many closer looks that find no face it is given up.
    """

    box: Box
    angle: float = 0.0
    profile: bool = False
    angle_error: float = 15.0
    glimpsed: bool = False
    looks: int = 4


class FaceFinder(Protocol):
    """Finds faces step by step; every call is one step of a few milliseconds."""

    def search(self, gray: NDArray[np.uint8], smallest_face: float) -> list[Find]:
        """Take the next step through the whole picture (uint8 ``[H, W]``).

        Args:
            gray: the newest picture.
            smallest_face: side of the smallest face, as a share of the picture's shorter side.
        """
        ...

    def confirm(self, gray: NDArray[np.uint8], find: Find, attempt: int) -> Find | None:
        """Look close at what may be a face; return it when it is one.

        Args:
            gray: the newest picture.
            find: where to look; must overlap the picture.
            attempt: how often this find was looked at before; every attempt looks differently.
        """
        ...

    def follow(self, gray: NDArray[np.uint8], find: Find, attempt: int) -> Find | None:
        """Look for a known face near where it is expected; see ``confirm``."""
        ...


@dataclass(frozen=True)
class _Step:
    """One step of a search: a part of the picture, at one size and angle, with one cascade."""

    lines: int  # the picture's shorter side after reducing
    sides: tuple[int, int]
    cascade: str = FRONTAL
    scale_step: float = 1.2
    angle: float = 0.0
    strip: tuple[int, int] = (0, 1)  # which strip of how many


class HaarFaceFinder:
    """Finds faces with OpenCV's Haar cascades; not thread-safe, as they are not."""

    def __init__(self) -> None:
        self._cascades = Cascades()
        self._cascades.load((FRONTAL, FRONTAL_ALT, FRONTAL_ALT2, PROFILE))
        self._steps = 0

    def search(self, gray: NDArray[np.uint8], smallest_face: float) -> list[Find]:
        """Take the next step through the whole picture; see ``FaceFinder.search``."""
        if min(gray.shape) < _LEAST_LINES:
            return []
        plan = _plan(gray.shape[1] / gray.shape[0], smallest_face)
        step = plan[self._steps % len(plan)]
        self._steps += 1
        view = _strip(gray, step)
        hits = self._cascades.hits(
            view, step.angle, (step.cascade,), step.sides, step.scale_step, 2
        )
        return [_to_find(group) for group in group_hits(hits)]

    def confirm(self, gray: NDArray[np.uint8], find: Find, attempt: int) -> Find | None:
        """Look close with cascades that were trained apart; see ``FaceFinder.confirm``.

        Later attempts look at angles a little off, the last one from the other side.
        """
        profile, turn = (
            (find.profile, 0.0),
            (find.profile, 10.0),
            (find.profile, -10.0),
            (not find.profile, 0.0),
        )[attempt % 4]
        view, angle = close_up(gray, find.box, _CONFIRMED_SIDE), find.angle + turn
        apart = (PROFILE, PROFILE_MIRRORED) if profile else (FRONTAL_ALT, FRONTAL_ALT2)
        look = self._look(view, find.box, angle, apart)
        upright = not profile and find.angle == 0
        enough = _UPRIGHT_VOTES if upright else _TILTED_VOTES
        return _to_find(look) if _votes(look) >= enough else None

    def _look(self, view: View, face: Box, angle: float, cascades: tuple[str, ...]) -> list[Hit]:
        """Return what ``cascades`` find close up where ``face`` is."""
        sides = round(0.7 * _CONFIRMED_SIDE), round(1.45 * _CONFIRMED_SIDE)
        hits = self._cascades.hits(view, angle, cascades, sides, 1.1, 2)
        return [hit for hit in hits if is_same_face(hit.box, face)]

    def follow(self, gray: NDArray[np.uint8], find: Find, attempt: int) -> Find | None:
        """Look near where a known face is expected; see ``FaceFinder.follow``.

        The first attempt looks as the face was seen last; later ones from other sides and at
        other angles.
        """
        front, side = (FRONTAL, FRONTAL_ALT2), (PROFILE, PROFILE_MIRRORED)
        seen, other = (side, front) if find.profile else (front, side)
        cascades, turn = (
            (seen, 0.0),
            (other, 0.0),
            (front, _TILT),
            (front, -_TILT),
            (seen, 0.0),
            (side, -find.angle),
            (front, -find.angle),
        )[attempt % 7]
        view = close_up(gray, find.box, _FOLLOWED_SIDE)
        sides = round(0.75 * _FOLLOWED_SIDE), round(1.4 * _FOLLOWED_SIDE)
        hits = self._cascades.hits(view, find.angle + turn, cascades, sides, 1.15, 2)
        look = [hit for hit in hits if is_same_face(hit.box, find.box)]
        if _votes(look) < _FOLLOWING_VOTES:
            return None
        return _to_find(look)


class DetectorFaceFinder:
    """Makes a finder of any detector: its finds count without a second look.

    Args:
        detector: used by this finder alone.
        lines: the picture's shorter side is reduced to so many pixels before every search.
    """

    def __init__(self, detector: FaceDetector, lines: int = 240) -> None:
        self._detector = detector
        self._lines = lines

    def search(self, gray: NDArray[np.uint8], smallest_face: float) -> list[Find]:
        """Search the whole picture; see ``FaceFinder.search``."""
        shorter = min(gray.shape)
        factor = min(1.0, self._lines / shorter)
        boxes = (box.scaled(1 / factor) for box in self._detector.detect(resized(gray, factor)))
        return [Find(box) for box in boxes if box.width >= smallest_face * shorter]

    def confirm(
        self,
        gray: NDArray[np.uint8],  # noqa: ARG002 - the finder's interface
        find: Find,
        attempt: int,  # noqa: ARG002
    ) -> Find | None:
        """Return ``find``: what the detector found is a face."""
        return find

    def follow(
        self,
        gray: NDArray[np.uint8],
        find: Find,
        attempt: int,  # noqa: ARG002
    ) -> Find | None:
        """Search around the face; see ``FaceFinder.follow``."""
        frame = find.box.to_square(2.0)
        boxes = (
            Box(box.x + frame.x, box.y + frame.y, box.width, box.height)
            for box in self._detector.detect(cut_out(gray, frame))
        )
        return next((Find(box) for box in boxes if is_same_face(box, find.box)), None)


@functools.lru_cache(maxsize=16)
def _plan(aspect: float, smallest_face: float) -> tuple[_Step, ...]:
    """Return the steps of one round: upright faces often, tilted or turned ones now and then."""
    lines = round(_SMALLEST_PIXELS / smallest_face)
    coarse = min(lines, _COARSE_LINES)
    upright = [_Step(coarse, (_SMALLEST_PIXELS, coarse))]
    if lines > _COARSE_LINES:
        # Up to where the coarse step begins, and a little over.
        sides = _SMALLEST_PIXELS, round(1.25 * _SMALLEST_PIXELS * lines / _COARSE_LINES)
        longer = round(lines * min(max(aspect, 1 / aspect), _MOST_ASPECT))
        count = _strip_count(longer, lines, overlap=sides[1])
        upright += [_Step(lines, sides, strip=(index, count)) for index in range(count)]
    sides = _SMALLEST_PIXELS, coarse
    tilted = [_Step(coarse, sides, angle=angle) for angle in (-_TILT, _TILT)]
    fewer = min(lines, _PROFILE_LINES)
    turned = [
        _Step(fewer, (22, fewer), cascade, 1.3, angle)
        for angle in (0.0, -_TILT, _TILT)
        for cascade, angle in ((PROFILE, angle), (PROFILE_MIRRORED, -angle))
    ]
    others = [*tilted, *turned]
    pairs = zip(others[::2], others[1::2], strict=True)
    return tuple(step for pair in pairs for step in (*upright, *pair))


def _strip_count(length: int, lines: int, overlap: int) -> int:
    # What a strip has beyond its overlap must not vanish, however long the picture is.
    most = max(_STRIP_PIXELS / lines, 2 * overlap)
    return max(1, math.ceil((length - overlap) / (most - overlap)))


def _strip(gray: NDArray[np.uint8], step: _Step) -> View:
    """Return the part of the picture that ``step`` searches; strips cut the longer side."""
    factor = min(1.0, step.lines / min(gray.shape))
    index, count = step.strip
    if count == 1:
        return View(even_contrast(resized(gray, factor), tiles=8), 1 / factor)
    axis = int(gray.shape[1] >= gray.shape[0])
    overlap = min(gray.shape[axis], round(step.sides[1] / factor))
    own = (gray.shape[axis] - overlap) / count
    start, end = round(index * own), round((index + 1) * own) + overlap
    part = gray[:, start:end] if axis else gray[start:end]
    origin = (float(start), 0.0) if axis else (0.0, float(start))
    return View(even_contrast(resized(part, factor), tiles=4), 1 / factor, origin)


def _votes(hits: Sequence[Hit]) -> int:
    return sum(hit.votes for hit in hits)


def _to_find(hits: Sequence[Hit]) -> Find:
    surest = max(hits, key=lambda hit: hit.votes)
    profile = surest.cascade in (PROFILE, PROFILE_MIRRORED)
    return Find(mean_box(hits), surest.angle, profile)
