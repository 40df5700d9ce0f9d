"""Looking for faces with BlazeFace: over a whole picture, and close at what may be one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.blazeface.framing import CloseUp, face_box
from emotion_core.faces.finding.blazeface.network import (
    BACK,
    FULL_RANGE,
    SHORT_RANGE,
    BlazeFace,
)

#: From this score on something is worth a second look. In the test videos nearly every face gets
#: it; so do pots on a shelf, which the second look tells from faces.
LEAST_SEARCHED: Final = 0.3
#: The same for a glance. Faces from a seventh of the picture on get it, and hardly anything else:
#: what is looked at again takes the time that searching has.
LEAST_GLANCED: Final = 0.5
#: From this on it is a face: mean score of two networks close up, less what the doubt takes away.
#: In collages of FER2013's Training faces (as in benchmarks/photo_faces.py, which has others), 83%
#: of the faces get it; a crater of the moon gets 0.33, a badge on a suit 0.31.
LEAST_CONFIRMED: Final = 0.35
#: From this score on a known face is still there.
LEAST_KNOWN: Final = 0.4

# Sides of the close-ups in sides of the face.
_FULL_ZOOM: Final = 3.5
_SHORT_ZOOM: Final = 2.5
# What a close-up's network does not even suspect to be a face is none.
_LEAST_CLOSE: Final = 0.05
# How much is taken from the score for every side of the face by which its points lie elsewhere in
# the mirror. Half of the faces have up to 0.035, nine of ten 0.076; 95% of what is none has more.
_DOUBT: Final = 3.0
# Places in `POINTS` of what the mirror shows at each of them: left and right change.
_MIRRORED: Final = [1, 0, 2, 3, 5, 4]
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
        self._glancing = BlazeFace(SHORT_RANGE)
        self._full = _CloseLook(BlazeFace(FULL_RANGE), _FULL_ZOOM)
        self._short = _CloseLook(self._glancing, _SHORT_ZOOM)

    def search(self, image: NDArray[np.uint8]) -> list[Box]:
        """Return what may be a face in ``image`` (uint8 ``[H, W(, 3)]``), the surest first."""
        found = self._searching.detect(image, LEAST_SEARCHED)
        return [face_box(each.points) for each in found]

    def glance(self, image: NDArray[np.uint8]) -> list[Box]:
        """Return the larger faces in ``image`` as ``search`` does, in a fifth of its time."""
        found = self._glancing.detect(image, LEAST_GLANCED)
        return [face_box(each.points) for each in found]

    def search_turned(self, image: NDArray[np.uint8], part: Box) -> list[Box]:
        """Return what may be a face in a square part of ``image``, turned by the part's angle."""
        close_up = CloseUp(image, part, 1.0, BACK.side)
        found = self._searching.detect(close_up.pixels, LEAST_SEARCHED)
        return [face_box(close_up.to_picture(each.points)) for each in found]

    def confirm(self, image: NDArray[np.uint8], box: Box) -> Box | None:
        """Return the face at ``box``, framed anew; None if two more networks call it none.

        A face looks like one in the mirror as well, and its points are where they were; what only
        looks like a face (a clock, a suit's collar, a pot) seldom keeps them.
        """
        seen, mirrored = self._short.look(image, box), self._short.look(image, box, mirrored=True)
        if seen is None or mirrored is None:
            return None
        face = face_box(seen.points)
        off = np.sqrt(((seen.points - mirrored.points) ** 2).sum(axis=1).mean()) / face.width
        least = LEAST_CONFIRMED + _DOUBT * off
        score = (seen.score + mirrored.score) / 2
        # The other network takes three times as long: only where it can make a difference.
        if (score + 1) / 2 < least:
            return None
        # Together they are not fooled by what either is: pots (short range), stripes (full range).
        other = self._full.look(image, box)
        return face if (score + (other.score if other else 0.0)) / 2 >= least else None

    def follow(self, image: NDArray[np.uint8], box: Box) -> Box | None:
        """Return where a known face is by now, if it is near ``box`` still."""
        seen = self._short.look(image, box)
        return face_box(seen.points) if seen is not None and seen.score >= LEAST_KNOWN else None


@dataclass(frozen=True, eq=False)
class _Seen:
    """A face seen close up: its score 0..1, and its points in the picture, float64 ``[6, 2]``."""

    score: float
    points: NDArray[np.float64]


class _CloseLook:
    """A network that looks close at one face."""

    def __init__(self, network: BlazeFace, zoom: float) -> None:
        self._network = network
        self._side = network.side
        self._zoom = zoom

    def look(self, image: NDArray[np.uint8], face: Box, *, mirrored: bool = False) -> _Seen | None:
        """Return the face that is near ``face``, seen straight or in the mirror; None else."""
        # A turned picture's corners are made up, and may look like a face.
        if not _is_inside(face, image):
            return None
        close_up = CloseUp(image, face, self._zoom, self._side)
        pixels = np.ascontiguousarray(close_up.pixels[:, ::-1]) if mirrored else close_up.pixels
        side = self._side / self._zoom
        for found in self._network.detect(pixels, _LEAST_CLOSE):
            box = face_box(found.points)
            off = np.abs(np.array(box.center) - self._side / 2).max() / side
            larger = max(box.width / side, side / box.width)
            if off < _MOST_OFF and larger < _MOST_LARGER:
                points = found.points
                if mirrored:
                    points = np.stack([self._side - points[:, 0], points[:, 1]], axis=1)[_MIRRORED]
                points = close_up.to_picture(points)
                return _Seen(found.score, points) if _is_inside(face_box(points), image) else None
        return None


def _is_inside(face: Box, image: NDArray[np.uint8]) -> bool:
    """Return whether the centre of a face lies in the picture."""
    height, width = image.shape[:2]
    x, y = face.center
    return bool(0 <= x < width and 0 <= y < height)
