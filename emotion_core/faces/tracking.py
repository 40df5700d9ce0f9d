"""Faces followed through a video: stable numbers, steady boxes, a few milliseconds a frame.

Between searches every box is carried by optical flow, which moves, scales and turns it (see
`emotion_core.faces.optical_flow`). A face is looked at again now and then, so that no box drifts
away or stays where a face has been; see `emotion_core.faces.finding.search` for how faces are
found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.haar import is_same_place
from emotion_core.faces.finding.search import FaceFinder, Find, HaarFaceFinder
from emotion_core.faces.optical_flow import (
    Motion,
    correlation,
    face_motions,
    halved,
    is_cut,
    upright_patch,
    wrapped_degrees,
)

#: Side of the smallest face to find, as a share of the picture's shorter side.
SMALLEST_FACE: Final = 1 / 8

#: Steps of searching a second of video, while a face may be missing and otherwise; on live video as
#: many as frames while one may be.
LIVE_RATES: Final = (40.0, 10.0)

# Seconds: where a face has just been found, there may be others.
_EAGER_AFTER_NEW: Final = 1.0

# Steps that may be taken in one frame when the camera is slow or has just been started; at 30
# frames a second it is one.
_MOST_STEPS: Final = 4

# Seconds: a face is looked at again after so long; not seen for so long, it is gone; after flow
# has lost it, it keeps its number for so long.
_LOOK_AGAIN_AFTER: Final = 0.5
_GONE_AFTER: Final = 3.0
_LOST_FOR: Final = 1.0

# Seconds in which a box glides to where a face was seen, so that it does not jump.
_GLIDE: Final = 0.15

# Correlation of a face with itself a frame ago, and of one found again with the one that was lost.
_SAME_PATCH: Final = 0.5
_SAME_LOOK: Final = 0.6


@dataclass(frozen=True)
class Track:
    """One face of one frame.

    Attributes:
        id: the same number for the same face in every frame, from 1; never used again.
        box: where the face is, in the picture's pixels; a square that may reach beyond it.
        angle: by how many degrees to turn the picture against the clock to see it upright.
    """

    id: int
    box: Box
    angle: float

    @property
    def tilted_box(self) -> Box:
        """The box with the angle, to crop an upright face from."""
        return replace(self.box, angle=self.angle)


@dataclass
class _Face:
    """What is known of one face, or of what may be one while ``id`` is None."""

    x: float  # the centre, in the picture's pixels
    y: float
    side: float
    angle: float
    profile: bool
    seen_at: float
    id: int | None = None
    looks: int = 0
    attempts: int = 0
    lost_at: float | None = None
    patch: NDArray[np.float32] | None = None
    correction: tuple[float, float, float] = (0.0, 0.0, 0.0)  # to glide by: x, y, log of side

    @classmethod
    def of(cls, find: Find, now: float) -> _Face:
        (x, y), side = find.box.center, find.box.width
        return cls(x, y, side, find.angle, find.profile, now, looks=find.looks)

    @property
    def box(self) -> Box:
        side = max(1, round(self.side))
        return Box(round(self.x - side / 2), round(self.y - side / 2), side, side)

    @property
    def find(self) -> Find:
        return Find(self.box, self.angle, self.profile)

    def see(self, find: Find, now: float) -> None:
        """Note that the face was seen where ``find`` is, and let the box glide there."""
        (x, y), side = find.box.center, find.box.width
        self.correction = (x - self.x, y - self.y, math.log(side / self.side))
        self.angle = _reconciled(self.angle, find)
        self.profile, self.seen_at, self.attempts = find.profile, now, 0

    def glide(self, share: float) -> None:
        x, y, growth = self.correction
        self.x, self.y = self.x + share * x, self.y + share * y
        self.side *= math.exp(share * growth)
        self.correction = ((1 - share) * x, (1 - share) * y, (1 - share) * growth)

    def move(self, motion: Motion) -> None:
        self.x, self.y = self.x + motion.x, self.y + motion.y
        self.side *= motion.scale
        self.angle = wrapped_degrees(self.angle + motion.turn)

    def rescale(self, factor_x: float, factor_y: float) -> None:
        self.x, self.y = self.x * factor_x, self.y * factor_y
        self.side *= math.sqrt(factor_x * factor_y)


class FaceTracker:
    """Follows the faces of one video; not thread-safe.

    Args:
        finder: finds faces and looks at them again; Haar cascades when left out.
        smallest_face: side of the smallest face, as a share of the picture's shorter side;
            may be changed at any time.
        rates: steps of searching a second, while a face may be missing and otherwise; may be
            changed at any time.
    """

    def __init__(
        self,
        finder: FaceFinder | None = None,
        smallest_face: float = SMALLEST_FACE,
        *,
        rates: tuple[float, float] = LIVE_RATES,
    ) -> None:
        self.smallest_face = smallest_face
        self.rates = rates
        self._finder = finder or HaarFaceFinder()
        self._last_id = 0
        self._looks = 0
        self.reset()

    def use_finder(self, finder: FaceFinder) -> None:
        """Find faces another way from the next frame on; may be called from any thread.

        Args:
            finder: used by this tracker alone.
        """
        self._finder = finder

    def reset(self) -> None:
        """Forget all faces, as when another video begins; numbers go on."""
        self._faces: list[_Face] = []
        self._small: NDArray[np.uint8] | None = None
        self._size = (0, 0)
        self._time = self._new_at = -math.inf
        self._credit = 0.0
        self._searched = False

    @property
    def searched(self) -> bool:
        """Whether the last frame took a step of searching, which costs some milliseconds."""
        return self._searched

    @property
    def reduced(self) -> NDArray[np.uint8] | None:
        """The last frame as optical flow sees it, see `optical_flow.halved`; not to be changed."""
        return self._small

    @property
    def places(self) -> list[Box]:
        """Where, in the last frame, a face was, may have been, or had just been lost."""
        return [face.box for face in self._faces]

    def update(self, gray: NDArray[np.uint8], now: float) -> list[Track]:
        """Return the faces of the next frame, the longest known first.

        Args:
            gray: uint8 ``[H, W]``; the size may change from frame to frame.
            now: time of the frame in seconds, never going back.
        """
        elapsed = min(max(now - self._time, 0.0), 1.0)
        self._time = now
        self._carry(gray, now)
        self._search(gray, now, elapsed)
        self._drop(gray, now)
        share = 1 - math.exp(-elapsed / _GLIDE)
        for face in self._faces:
            face.glide(share)
        return [
            Track(face.id, face.box, face.angle)
            for face in self._faces
            if face.id is not None and face.lost_at is None
        ]

    def _carry(self, gray: NDArray[np.uint8], now: float) -> None:
        """Move every face to where flow says it went, or note that it was lost."""
        before, small = self._small, halved(gray)
        size = gray.shape[1], gray.shape[0]
        if before is not None and size != self._size:
            for face in self._faces:
                face.rescale(size[0] / self._size[0], size[1] / self._size[1])
            before = np.asarray(cv2.resize(before, small.shape[::-1]), np.uint8)
        self._small, self._size = small, size
        if before is None or not self._faces:
            return
        if is_cut(before, small):
            self._faces = []
            return
        factor = small.shape[1] / size[0]
        carried = [face for face in self._faces if face.lost_at is None]
        for face, motion in zip(carried, face_motions(before, small, carried, factor), strict=True):
            if motion is None:
                face.lost_at, face.attempts = now, 0
                continue
            face.patch = upright_patch(before, face, factor)
            face.move(motion)
            if correlation(face.patch, upright_patch(small, face, factor)) < _SAME_PATCH:
                face.lost_at, face.attempts = now, 0
        # What may be a face is not worth searching for.
        self._faces = [face for face in self._faces if face.id is not None or face.lost_at is None]

    def _search(self, gray: NDArray[np.uint8], now: float, elapsed: float) -> None:
        """Take as many steps of searching as the time since the last frame allows."""
        shown = [face for face in self._faces if face.id is not None and face.lost_at is None]
        eager = len(shown) < max(1, len(self._faces)) or now - self._new_at < _EAGER_AFTER_NEW
        rate = self.rates[0] if eager else self.rates[1]
        self._credit = min(_MOST_STEPS, self._credit + elapsed * rate)
        # A little less than one is enough: frames do not come as punctually as the rate says.
        steps = min(int(self._credit + 0.05), max(1, int(elapsed * rate)))
        self._credit = max(0.0, self._credit - steps)
        self._searched = steps > 0
        for _ in range(steps):
            self._step(gray, now)

    def _step(self, gray: NDArray[np.uint8], now: float) -> None:
        """Take the step that is needed most."""
        inside = [face for face in self._faces if _overlaps(face.box, gray)]
        unsure = [face for face in inside if face.id is None]
        lost = [face for face in inside if face.lost_at is not None]
        overdue = [face for face in inside if now - face.seen_at > _LOOK_AGAIN_AFTER]
        self._looks += 1
        if unsure:
            self._confirm(gray, min(unsure, key=lambda face: face.attempts), now)
        elif lost and self._looks % 3:
            self._find_again(gray, min(lost, key=lambda face: face.attempts), now)
        elif overdue and self._looks % 2:
            self._look_again(gray, max(overdue, key=lambda face: now - face.seen_at), now)
        else:
            glimpsed = []
            for find in self._finder.search(gray, self.smallest_face):
                if not any(is_same_place(find.box, face.box) for face in self._faces):
                    self._faces.append(_Face.of(find, now))
                    glimpsed += self._faces[-1:] if find.glimpsed else []
            if glimpsed:
                self._confirm(gray, glimpsed[0], now)

    def _confirm(self, gray: NDArray[np.uint8], face: _Face, now: float) -> None:
        find = self._finder.confirm(gray, face.find, face.attempts)
        face.attempts += 1
        if find is not None:
            face.see(find, now)
            face.glide(1.0)
            self._last_id += 1
            face.id = self._last_id
            self._new_at = now
        elif face.attempts >= face.looks:
            self._faces.remove(face)

    def _look_again(self, gray: NDArray[np.uint8], face: _Face, now: float) -> None:
        find = self._finder.follow(gray, face.find, face.attempts)
        face.attempts += 1
        if find is not None:
            face.see(find, now)

    def _find_again(self, gray: NDArray[np.uint8], face: _Face, now: float) -> None:
        """Search for a lost face nearby; one that looks different is another one."""
        find = self._finder.follow(gray, face.find, face.attempts)
        face.attempts += 1
        if find is None or self._small is None:
            return
        found = _Face.of(find, now)
        found.angle = _reconciled(face.angle, find)
        patch = upright_patch(self._small, found, self._small.shape[1] / gray.shape[1])
        if face.patch is not None and correlation(face.patch, patch) >= _SAME_LOOK:
            found.id = face.id
        self._faces[self._faces.index(face)] = found

    def _drop(self, gray: NDArray[np.uint8], now: float) -> None:
        """Forget faces that are gone, left the picture, became too small or lie on another."""
        smallest = 0.7 * self.smallest_face * min(gray.shape)
        kept: list[_Face] = []
        for face in sorted(self._faces, key=lambda face: face.id or math.inf):
            gone = now - face.seen_at > _GONE_AFTER or (
                face.lost_at is not None and now - face.lost_at > _LOST_FOR
            )
            left = not (0 <= face.x < gray.shape[1] and 0 <= face.y < gray.shape[0])
            double = any(is_same_place(face.box, other.box) for other in kept)
            if not (gone or left or double or face.side < smallest):
                kept.append(face)
        self._faces = kept


def _reconciled(followed: float, found: Find) -> float:
    """Return a face's angle in degrees: flow's, as near to the find's as that one may be off."""
    off = wrapped_degrees(followed - found.angle)
    return found.angle + min(found.angle_error, max(-found.angle_error, off))


def _overlaps(box: Box, gray: NDArray[np.uint8]) -> bool:
    height, width = gray.shape
    frame = box.to_square(2.0)
    return (
        frame.x < width
        and frame.y < height
        and frame.x + frame.width > 0
        and frame.y + frame.height > 0
    )
