"""OpenCV's Haar cascades on views of a picture: turned, enlarged, the contrast evened out.

What `emotion_core.faces.finding.detectors` (single pictures) and
`emotion_core.faces.finding.search` (live video) share.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box, intersection_over_union

FRONTAL: Final = "frontalface_default"
FRONTAL_ALT: Final = "frontalface_alt"
FRONTAL_ALT2: Final = "frontalface_alt2"
PROFILE: Final = "profileface"
PROFILE_MIRRORED: Final = "profileface mirrored"

# Boxes that overlap more than this (Jaccard index) show the same face.
_SAME_FACE: Final = 0.3


@dataclass(frozen=True)
class Hit:
    """One cascade's find.

    Attributes:
        box: where, in the picture's pixels.
        votes: how many overlapping hits it had.
        cascade: which cascade found it.
        angle: how many degrees the picture was turned against the clock.
    """

    box: Box
    votes: int
    cascade: str
    angle: float


@dataclass(frozen=True)
class View:
    """A part of the picture, enlarged or reduced.

    Attributes:
        pixels: uint8 ``[H, W]``, grey.
        pixel_side: side of one of the view's pixels, in the picture's pixels.
        origin: where the view begins in the picture, as (x, y) in its pixels.
    """

    pixels: NDArray[np.uint8]
    pixel_side: float
    origin: tuple[float, float] = (0.0, 0.0)

    def box_in_picture(self, center: NDArray[np.float64], side: int) -> Box:
        """Return the square around ``center`` (x, y), both in the view's pixels."""
        x, y = (start + at * self.pixel_side for start, at in zip(self.origin, center, strict=True))
        size = max(1, round(side * self.pixel_side))
        return Box(round(x - size / 2), round(y - size / 2), size, size)


class Cascades:
    """The cascades, each loaded when it is first used.

    A ``CascadeClassifier`` keeps state while it searches and is not thread-safe: neither is this.
    """

    def __init__(self) -> None:
        self._loaded: dict[str, cv2.CascadeClassifier] = {}

    def load(self, names: Iterable[str]) -> None:
        """Load ``names`` now, so that no frame of a video has to wait for it."""
        for name in names:
            self._cascade(name)

    def hits(
        self,
        view: View,
        angle: float,
        cascades: Iterable[str],
        sides: tuple[int, int],
        scale_step: float,
        min_votes: int,
    ) -> list[Hit]:
        """Return what ``cascades`` find in ``view``.

        Args:
            view: where to search.
            angle: by how many degrees to turn the view against the clock before.
            cascades: names from this module.
            sides: smallest and largest face in the view's pixels.
            scale_step: factor from one searched face size to the next, above 1.
            min_votes: how many overlapping hits make a find.
        """
        turned, to_view = turn(view.pixels, angle)
        found = []
        for cascade in cascades:
            mirrored = cascade == PROFILE_MIRRORED
            boxes, votes = self._cascade(cascade).detectMultiScale2(
                np.ascontiguousarray(turned[:, ::-1]) if mirrored else turned,
                scaleFactor=scale_step,
                minNeighbors=min_votes,
                minSize=(sides[0], sides[0]),
                maxSize=(sides[1], sides[1]),
            )
            for (x, y, width, height), count in zip(boxes, votes, strict=True):
                left = turned.shape[1] - x - width if mirrored else x
                center = to_view @ (left + width / 2, y + height / 2, 1.0)
                found.append(Hit(view.box_in_picture(center, width), int(count), cascade, angle))
        return found

    def _cascade(self, name: str) -> cv2.CascadeClassifier:
        file = name.split()[0]
        if file not in self._loaded:
            folder = Path(cv2.data.haarcascades)  # type: ignore[attr-defined] # not in the stubs
            self._loaded[file] = cv2.CascadeClassifier(str(folder / f"haarcascade_{file}.xml"))
        return self._loaded[file]


@cache
def cascades_licence() -> str:
    """Return the name of the licence that stands in the file of a cascade; "" where none does."""
    folder = Path(cv2.data.haarcascades)  # type: ignore[attr-defined] # not in the stubs
    try:
        with (folder / f"haarcascade_{FRONTAL}.xml").open(encoding="utf-8") as file:
            lines = [line.strip() for line in islice(file, 60)]
    except OSError:
        return ""
    for line, following in pairwise(lines):
        if line.endswith("License Agreement"):
            return f"{line} {following}"
    return ""


def resized(gray: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """Return ``gray`` (uint8 ``[H, W]``) at ``factor`` times its size, at least one pixel."""
    size = max(1, round(gray.shape[1] * factor)), max(1, round(gray.shape[0] * factor))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)


def even_contrast(gray: NDArray[np.uint8], tiles: int) -> NDArray[np.uint8]:
    """Return ``gray`` with the contrast evened out over ``tiles`` x ``tiles`` parts (CLAHE)."""
    clahe = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(tiles, tiles))
    return np.asarray(clahe.apply(gray), np.uint8)


def turn(gray: NDArray[np.uint8], angle: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return ``gray`` turned against the clock by ``angle`` degrees, and the 2x3 way back."""
    if angle == 0.0:
        return gray, np.eye(2, 3)
    height, width = gray.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = round(width * cosine + height * sine), round(width * sine + height * cosine)
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    turned = cv2.warpAffine(gray, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8), np.asarray(cv2.invertAffineTransform(matrix), np.float64)


def close_up(gray: NDArray[np.uint8], face: Box, face_side: int) -> View:
    """Return the face and half its side around it, scaled to a face of ``face_side`` pixels."""
    frame = face.to_square(2.0)
    side = 2 * face_side
    pixels = cv2.resize(
        cut_out(gray, frame),
        (side, side),
        interpolation=cv2.INTER_AREA if frame.width > side else cv2.INTER_LINEAR,
    )
    evened = even_contrast(np.asarray(pixels, np.uint8), tiles=3)
    return View(evened, frame.width / side, (frame.x, frame.y))


def cut_out(picture: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Return what ``box`` shows; beyond the picture its border's pixels are repeated.

    Args:
        picture: uint8 ``[H, W]`` or ``[H, W, 3]``.
        box: must overlap it.

    Raises:
        ValueError: the box lies outside the picture.
    """
    height, width = picture.shape[:2]
    left, top = max(box.x, 0), max(box.y, 0)
    right, bottom = min(box.x + box.width, width), min(box.y + box.height, height)
    if left >= right or top >= bottom:
        raise ValueError(f"a face's box must overlap the picture of {width}x{height}, found {box}")
    part = picture[top:bottom, left:right]
    missing = top - box.y, box.y + box.height - bottom, left - box.x, box.x + box.width - right
    if any(missing):
        return np.asarray(cv2.copyMakeBorder(part, *missing, cv2.BORDER_REPLICATE), np.uint8)
    return part


def group_hits(hits: Iterable[Hit]) -> list[list[Hit]]:
    """Return the hits that show the same face together, the surest first."""
    groups: list[list[Hit]] = []
    for hit in sorted(hits, key=lambda hit: hit.votes, reverse=True):
        for group in groups:
            if is_same_face(group[0].box, hit.box):
                group.append(hit)
                break
        else:
            groups.append([hit])
    return groups


def is_same_face(first: Box, second: Box) -> bool:
    """Return whether two boxes overlap enough to show one face."""
    return intersection_over_union(first, second) > _SAME_FACE


def is_same_place(first: Box, second: Box) -> bool:
    """Return whether two boxes overlap much, or the centre of the smaller lies in the other."""
    if is_same_face(first, second):
        return True
    small, large = sorted((first, second), key=lambda box: box.area)
    x, y = small.center
    return 0 <= x - large.x < large.width and 0 <= y - large.y < large.height


def mean_box(hits: Sequence[Hit]) -> Box:
    """Return the mean of the hits' boxes, weighted by their votes; at least one hit."""
    votes = [hit.votes for hit in hits]
    sides = [(hit.box.x, hit.box.y, hit.box.width, hit.box.height) for hit in hits]
    return Box(*(round(value) for value in np.average(sides, axis=0, weights=votes)))
