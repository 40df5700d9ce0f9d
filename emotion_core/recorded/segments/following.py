"""Faces followed through a recorded video, forwards and back.

The tracker of the live page goes forward. A face that it finds late, or finds again after it was
lost, is followed back by optical flow through the last seconds, to where it appeared or was lost.
Where that leads to a face that was lost there, both are one face.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.haar import is_same_place
from emotion_core.faces.finding.search import FaceFinder
from emotion_core.faces.optical_flow import (
    correlation,
    face_motions,
    is_cut,
    upright_patch,
    wrapped_degrees,
)
from emotion_core.faces.tracking import FaceTracker, Track

#: Seconds for which a face is followed back; the tracker keeps a face that it does not see for so
#: long, too.
LOOK_BACK: Final = 3.0

# Steps of searching a second while a face may be missing, and otherwise, of a finder that sees
# turned heads. Fewer than on live video: who is found a little later is followed back. Each face
# needs so many, to be seen again before it is taken to be gone.
_RATES: Final = (10.0, 5.0)
_RATE_OF_A_FACE: Final = 1.5
# Frames that are kept for it take no more memory than this: of a large picture at a high rate there
# are fewer seconds.
_MOST_BYTES: Final = 80_000_000
# Correlation of a face with itself a frame before, as in the tracker.
_SAME_PATCH: Final = 0.5


@dataclass
class _Past:
    """A frame that was looked at."""

    index: int
    time: float
    small: NDArray[np.uint8]
    gray: NDArray[np.uint8] | None  # of frames whose faces are read
    boxes: dict[int, Box]

    @property
    def nbytes(self) -> int:
        return self.small.nbytes + (0 if self.gray is None else self.gray.nbytes)


@dataclass
class _Placed:
    """Where a face is while it is followed back: see `optical_flow.PlacedFace`."""

    x: float
    y: float
    side: float
    angle: float

    @property
    def box(self) -> Box:
        side = max(1, round(self.side))
        return Box(round(self.x - side / 2), round(self.y - side / 2), side, side, angle=self.angle)


@dataclass(frozen=True, eq=False)
class Sighting:
    """A face in a frame.

    Attributes:
        track: a number, the same as long as the face is followed; see `TwoWayTracker.track_of`.
        index: of the frame.
        time: of the frame.
        box: where it is, with its angle.
        gray: the frame's picture, uint8 ``[H, W]``; None where faces are not read.
    """

    track: int
    index: int
    time: float
    box: Box
    gray: NDArray[np.uint8] | None


@dataclass
class TwoWayTracker:
    """Follows the faces of one segment; not thread-safe.

    Args:
        finder: finds faces; used by this tracker alone.
        smallest_face: side of the smallest face, as a share of the picture's shorter side.
        thorough: whether it takes the finder as many steps as on live video: Haar cascades look for
            turned heads in steps of their own.
    """

    finder: FaceFinder
    smallest_face: float
    thorough: bool = False
    _past: deque[_Past] = field(default_factory=deque)
    _bytes: int = 0
    _merged: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._tracker = FaceTracker(self.finder, self.smallest_face)
        self._size = (0, 0)

    def track_of(self, number: int) -> int:
        """Return the number by which a face is known by now: two that were one have the lower."""
        while number in self._merged:
            number = self._merged[number]
        return number

    def update(
        self, gray: NDArray[np.uint8], time: float, index: int, *, read: bool
    ) -> list[Sighting]:
        """Return the faces of the next frame, and what is new of the frames before.

        Args:
            gray: uint8 ``[H, W]``; must not be changed afterwards.
            time: of the frame in seconds, never going back.
            index: of the frame.
            read: whether faces are read in it.
        """
        self._size = gray.shape[1], gray.shape[0]
        if not self.thorough:
            needed = _RATE_OF_A_FACE * len(self._tracker.places)
            self._tracker.rates = max(_RATES[0], needed), max(_RATES[1], needed)
        tracks = self._tracker.update(gray, time)
        boxes = {track.id: track.tilted_box for track in tracks}
        small = self._tracker.reduced
        assert small is not None
        newest = _Past(index, time, small, gray if read else None, boxes)
        found = [Sighting(track.id, index, time, track.tilted_box, newest.gray) for track in tracks]
        if self._past:
            before = self._past[-1].boxes
            for track in tracks:
                if track.id not in before:
                    found += self._followed_back(track, newest)
        self._keep(newest)
        return found

    def _followed_back(self, track: Track, newest: _Past) -> list[Sighting]:
        """Return where a face that appears in the newest frame was before."""
        found: list[Sighting] = []
        for past, placed in self._way_back(track, newest):
            box = placed.box
            there = [other for other in past.boxes if is_same_place(past.boxes[other], box)]
            if there:
                if track.id not in past.boxes:
                    self._merge(track.id, there[0], past, newest)
                break
            if track.id in past.boxes:  # and somewhere else
                break
            found.append(Sighting(track.id, past.index, past.time, box, past.gray))
        for sighting in found:
            self._past[sighting.index - self._past[0].index].boxes[track.id] = sighting.box
        return found

    def _way_back(self, track: Track, newest: _Past) -> Iterator[tuple[_Past, _Placed]]:
        """Yield the frames before, and where flow says that the face was in each of them."""
        (x, y), side = track.box.center, track.box.width
        placed, later = _Placed(x, y, float(side), track.angle), newest
        smallest = 0.7 * self.smallest_face * min(self._size)
        factor = newest.small.shape[1] / self._size[0]
        for past in reversed(self._past):
            same_size = past.small.shape == later.small.shape
            if newest.time - past.time > LOOK_BACK or not same_size:
                return
            if is_cut(later.small, past.small):
                return
            (motion,) = face_motions(later.small, past.small, [placed], factor)
            if motion is None:
                return
            patch = upright_patch(later.small, placed, factor)
            placed = _Placed(
                placed.x + motion.x,
                placed.y + motion.y,
                placed.side * motion.scale,
                wrapped_degrees(placed.angle + motion.turn),
            )
            inside = 0 <= placed.x < self._size[0] and 0 <= placed.y < self._size[1]
            if not inside or placed.side < smallest:
                return
            if correlation(patch, upright_patch(past.small, placed, factor)) < _SAME_PATCH:
                return
            yield past, placed
            later = past

    def _merge(self, track: int, other: int, past: _Past, newest: _Past) -> None:
        """Take a face for the one that was lost where it was followed back to."""
        later = [*(each for each in self._past if each.index > past.index), newest]
        known = self.track_of(other)
        if not any(self.track_of(number) == known for each in later for number in each.boxes):
            first, second = sorted((known, self.track_of(track)))
            if first != second:
                self._merged[second] = first

    def _keep(self, newest: _Past) -> None:
        self._past.append(newest)
        self._bytes += newest.nbytes
        while self._past and (
            newest.time - self._past[0].time > LOOK_BACK or self._bytes > _MOST_BYTES
        ):
            self._bytes -= self._past.popleft().nbytes
