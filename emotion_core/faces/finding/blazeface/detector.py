"""Faces in a photo, found with BlazeFace: small ones, tilted ones, many of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.blazeface.looking import BlazeFaceLook
from emotion_core.faces.finding.detectors import PHOTO_SETTINGS, HaarFaceDetector, HaarSettings
from emotion_core.faces.finding.haar import is_same_place


@dataclass(frozen=True)
class PhotoSearch:
    """How thoroughly a photo is searched.

    Attributes:
        shares: sides of the squares that are searched besides the whole, as shares of the
            picture's shorter side.
        angles: by how many degrees the whole is turned against the clock, besides.
    """

    shares: tuple[float, ...] = (2 / 3, 1 / 3)
    angles: tuple[float, ...] = (-60.0, 60.0)


#: Finds faces from a thirtieth of the picture on, tilted by up to 90 degrees.
THOROUGH: Final = PhotoSearch()
#: Finds upright faces from a tenth of the picture on.
ONE_LOOK: Final = PhotoSearch(shares=(), angles=())

# Side in pixels of the smallest face: what is smaller shows no expression.
_SMALLEST: Final = 16
# Smaller squares show nothing that the whole picture does not.
_LEAST_SQUARE: Final = 64
# Squares overlap by this share, so that a face on a border is whole in one of them.
_OVERLAP: Final = 0.25


class BlazeFaceDetector:
    """Finds faces in a photo; not thread-safe: make one for each session or thread.

    Args:
        search: how thoroughly.

    Raises:
        ModelError: see `network.BlazeFace`.
    """

    def __init__(self, search: PhotoSearch = THOROUGH) -> None:
        self._search = search
        self._look = BlazeFaceLook()

    def detect(self, image: NDArray[np.uint8]) -> list[Box]:
        """Return the faces in ``image``, the largest first; see ``FaceDetector.detect``."""
        return self.checked(image, self._candidates(image))

    def checked(self, image: NDArray[np.uint8], boxes: Iterable[Box]) -> list[Box]:
        """Return those of ``boxes`` that a second look calls faces, each once, largest first."""
        faces: list[Box] = []
        for box in boxes:
            if box.width < _SMALLEST or any(is_same_place(box, face) for face in faces):
                continue
            face = self._look.confirm(image, box)
            if face is not None and not any(is_same_place(face, other) for other in faces):
                faces.append(face)
        return sorted(faces, key=lambda box: box.area, reverse=True)

    def _candidates(self, image: NDArray[np.uint8]) -> Iterator[Box]:
        yield from self._look.search(image)
        height, width = image.shape[:2]
        for share in self._search.shares:
            side = round(share * min(height, width))
            if side < _LEAST_SQUARE:
                continue
            for y in _starts(height, side):
                for x in _starts(width, side):
                    for box in self._look.search(image[y : y + side, x : x + side]):
                        yield Box(box.x + x, box.y + y, box.width, box.height, box.angle)
        longer = max(height, width)
        whole = Box((width - longer) // 2, (height - longer) // 2, longer, longer)
        for angle in self._search.angles:
            yield from self._look.search_turned(image, replace(whole, angle=angle))


class TwoDetectors:
    """Finds faces with BlazeFace, and with the Haar cascades what BlazeFace then calls a face too.

    Not thread-safe: make one for each session or thread.

    Args:
        search: how thoroughly, with BlazeFace.
        cascades: the same with the cascades.

    Raises:
        ModelError: see `network.BlazeFace`.
    """

    def __init__(
        self, search: PhotoSearch = THOROUGH, cascades: HaarSettings = PHOTO_SETTINGS
    ) -> None:
        # The cascades' own second look is left out: BlazeFace's is better.
        self._cascades = HaarFaceDetector(replace(cascades, confirming_votes=0))
        self._network = BlazeFaceDetector(search)

    def detect(self, image: NDArray[np.uint8]) -> list[Box]:
        """Return the faces in ``image``, the largest first; see ``FaceDetector.detect``."""
        found = self._network.detect(image)
        more = [
            box
            for box in self._network.checked(image, self._cascades.detect(image))
            if not any(is_same_place(box, face) for face in found)
        ]
        return sorted(found + more, key=lambda box: box.area, reverse=True)


def _starts(length: int, side: int) -> list[int]:
    """Return where squares begin that cover a length and overlap."""
    count = max(1, math.ceil((length - _OVERLAP * side) / ((1 - _OVERLAP) * side)))
    return [round(start) for start in np.linspace(0, max(0, length - side), count).tolist()]
