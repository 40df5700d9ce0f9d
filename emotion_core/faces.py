"""Where the faces are, and the one rule that turns a face's box into a crop for the network.

Faces are found with OpenCV's Haar cascades (Viola and Jones 2001, "Rapid object detection using a
boosted cascade of simple features"). FER2013's own faces were cropped with such a cascade, so that
what the network sees here is framed as what it was trained on.

A cascade finds upright faces seen from the front in good light, and now and then a face in a
flower. Three things help, and the two presets differ in how much of them they use:

- local contrast is evened out before every search (CLAHE), which finds most faces in poor light;
- turned copies of the picture and the profile cascade find tilted and turned heads;
- a second look at each find, close up and with cascades that were trained apart, drops the flowers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.boxes import Box, intersection_over_union
from emotion_core.datasets.types import FACE_SIZE
from emotion_core.images import to_gray

#: Side of the square crop in multiples of the box's longer side. FER2013's faces were cropped to
#: the boxes of such a cascade, and in FER2013's pictures set in a wider one the presets find boxes
#: of about the frame's size. So the box is the crop.
FACE_CROP_SCALE: Final = 1.0

_FRONTAL: Final = "frontalface_default"
_FRONTAL_ALT: Final = "frontalface_alt"
_FRONTAL_ALT2: Final = "frontalface_alt2"
_PROFILE: Final = "profileface"
_PROFILE_MIRRORED: Final = "profileface mirrored"

# Side in pixels to which the second look scales what may be a face.
_CLOSE_UP_FACE: Final = 60
# Boxes that overlap more than this (Jaccard index) show the same face.
_SAME_FACE: Final = 0.3


class FaceDetector(Protocol):
    """Anything that finds faces in a picture."""

    def detect(self, image: NDArray[np.uint8]) -> list[Box]:
        """Return the faces in ``image``, the largest first.

        Args:
            image: uint8 ``[H, W, 3]`` BGR or ``[H, W]`` grey.
        """
        ...


@dataclass(frozen=True)
class Search:
    """One way of going through a picture.

    Attributes:
        smallest_face: side of the smallest face to find, as a share of the picture's shorter side.
        largest_face: the same of the largest face.
        cascades: which of OpenCV's cascades to use.
        angles: by how many degrees to turn the picture against the clock; finds faces that are
            tilted by as much clockwise.
        scale_step: factor from one searched face size to the next, above 1.
        smallest_pixels: side of the smallest face in the reduced copy that is searched, in pixels:
            more find more, and take time by their square.
        min_votes: how many overlapping hits make a find.
    """

    smallest_face: float
    largest_face: float = 1.0
    cascades: tuple[str, ...] = (_FRONTAL,)
    angles: tuple[float, ...] = (0.0,)
    scale_step: float = 1.15
    smallest_pixels: int = 24
    min_votes: int = 2


@dataclass(frozen=True)
class HaarSettings:
    """How thoroughly to look for faces.

    Attributes:
        searches: where and how to search; their finds are put together.
        confirming_votes: hits that the search and a second look at its find must give together,
            the search's counting at most as much as the second look's, for the find to be a face;
            0 takes every find without a second look.
    """

    searches: tuple[Search, ...]
    confirming_votes: int = 0


#: For live video: upright faces from a sixth of the picture's height on, some milliseconds a frame.
LIVE_SETTINGS: Final = HaarSettings(
    searches=(Search(smallest_face=1 / 6, scale_step=1.2, smallest_pixels=30, min_votes=3),)
)

#: For photos: small, tilted and turned faces too, and hardly a false one; some tenths of a second.
PHOTO_SETTINGS: Final = HaarSettings(
    searches=(
        Search(smallest_face=0.03, largest_face=0.15, scale_step=1.2),
        Search(smallest_face=0.1, angles=(0.0, -30.0, 30.0)),
        Search(
            smallest_face=0.15,
            cascades=(_PROFILE, _PROFILE_MIRRORED),
            angles=(0.0, -35.0, 35.0),
            scale_step=1.2,
        ),
    ),
    # Sharp, well-lit faces get 30 and more, what only looks like one up to 17 (a suit's collar).
    confirming_votes=18,
)


@dataclass(frozen=True)
class _Hit:
    """One cascade's find: a box in the picture's pixels and how many overlapping hits it had."""

    box: Box
    votes: int
    cascade: str
    angle: float


class HaarFaceDetector:
    """Finds faces with OpenCV's Haar cascades.

    A ``CascadeClassifier`` keeps state while it searches and is not thread-safe: make one detector
    for each session or thread, never share one.
    """

    def __init__(self, settings: HaarSettings = LIVE_SETTINGS) -> None:
        self.settings = settings
        self._cascades: dict[str, cv2.CascadeClassifier] = {}

    def detect(self, image: NDArray[np.uint8]) -> list[Box]:
        """Return the faces in ``image``, the largest first; see ``FaceDetector.detect``."""
        gray = to_gray(image)
        finds = _group(
            hit for search in self.settings.searches for hit in self._search(gray, search)
        )
        if self.settings.confirming_votes:
            looks = ((find, self._look_again(gray, find)) for find in finds)
            finds = [
                look
                for find, look in looks
                if _certainty(find, look) >= self.settings.confirming_votes
            ]
        return sorted(_distinct(finds), key=lambda box: box.area, reverse=True)

    def _search(self, gray: NDArray[np.uint8], search: Search) -> list[_Hit]:
        shorter = min(gray.shape)
        factor = min(1.0, search.smallest_pixels / (search.smallest_face * shorter))
        sides = (
            round(search.smallest_face * shorter * factor),
            round(search.largest_face * shorter * factor),
        )
        view = _View(_even_contrast(_resized(gray, factor), tiles=8), 1 / factor)
        return [
            hit
            for angle in search.angles
            for hit in self._hits(
                view, angle, search.cascades, sides, search.scale_step, search.min_votes
            )
        ]

    def _look_again(self, gray: NDArray[np.uint8], find: Sequence[_Hit]) -> list[_Hit]:
        """Return the cascades' hits on a find close up, at its angle and a little either way."""
        view = _close_up(gray, _mean_box(find))
        angle = max(find, key=lambda hit: hit.votes).angle
        cascades = (_FRONTAL_ALT, _FRONTAL_ALT2, *sorted({hit.cascade for hit in find}))
        sides = round(0.7 * _CLOSE_UP_FACE), round(1.45 * _CLOSE_UP_FACE)
        look: list[_Hit] = []
        for turn in (0, -18, 18):
            hits = self._hits(view, angle + turn, cascades, sides, 1.1, 2)
            look += [hit for hit in hits if _same_face(hit.box, _mean_box(find))]
            if _confirmation(look) >= self.settings.confirming_votes:
                break
        return look

    def _hits(
        self,
        view: _View,
        angle: float,
        cascades: Iterable[str],
        sides: tuple[int, int],
        scale_step: float,
        min_votes: int,
    ) -> list[_Hit]:
        turned, to_view = _turned(view.pixels, angle)
        hits = []
        for cascade in cascades:
            mirrored = cascade == _PROFILE_MIRRORED
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
                hits.append(_Hit(view.box_in_picture(center, width), int(count), cascade, angle))
        return hits

    def _cascade(self, name: str) -> cv2.CascadeClassifier:
        if name not in self._cascades:
            folder = Path(cv2.data.haarcascades)  # type: ignore[attr-defined] # not in the stubs
            file = folder / f"haarcascade_{name.split()[0]}.xml"
            self._cascades[name] = cv2.CascadeClassifier(str(file))
        return self._cascades[name]


@dataclass(frozen=True)
class _View:
    """A part of the picture, enlarged or reduced: uint8 ``[H, W]``."""

    pixels: NDArray[np.uint8]
    pixel_side: float  # side of one of the view's pixels, in the picture's pixels
    origin: tuple[float, float] = (0.0, 0.0)  # where the view begins in the picture

    def box_in_picture(self, center: NDArray[np.float64], side: int) -> Box:
        x, y = (start + at * self.pixel_side for start, at in zip(self.origin, center, strict=True))
        size = side * self.pixel_side
        return Box(round(x - size / 2), round(y - size / 2), round(size), round(size))


def _resized(gray: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    size = max(1, round(gray.shape[1] * factor)), max(1, round(gray.shape[0] * factor))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)


def _even_contrast(gray: NDArray[np.uint8], tiles: int) -> NDArray[np.uint8]:
    """Return ``gray`` with the contrast evened out over ``tiles`` x ``tiles`` parts (CLAHE)."""
    clahe = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(tiles, tiles))
    return np.asarray(clahe.apply(gray), np.uint8)


def _turned(gray: NDArray[np.uint8], angle: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return ``gray`` turned against the clock, and the 2x3 matrix that leads back."""
    if angle == 0.0:
        return gray, np.eye(2, 3)
    height, width = gray.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = round(width * cosine + height * sine), round(width * sine + height * cosine)
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    turned = cv2.warpAffine(gray, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8), np.asarray(cv2.invertAffineTransform(matrix), np.float64)


def _close_up(gray: NDArray[np.uint8], face: Box) -> _View:
    """Return the face and half its side around it, so enlarged that the face has a set size."""
    frame = face.to_square(2.0)
    side = 2 * _CLOSE_UP_FACE
    pixels = cv2.resize(
        _cut_out(gray, frame),
        (side, side),
        interpolation=cv2.INTER_AREA if frame.width > side else cv2.INTER_LINEAR,
    )
    view = _even_contrast(np.asarray(pixels, np.uint8), tiles=3)
    return _View(view, frame.width / side, (frame.x, frame.y))


def _group(hits: Iterable[_Hit]) -> list[list[_Hit]]:
    """Return the hits that show the same face together, the surest first."""
    groups: list[list[_Hit]] = []
    for hit in sorted(hits, key=lambda hit: hit.votes, reverse=True):
        for group in groups:
            if _same_face(group[0].box, hit.box):
                group.append(hit)
                break
        else:
            groups.append([hit])
    return groups


def _same_face(first: Box, second: Box) -> bool:
    return intersection_over_union(first, second) > _SAME_FACE


def _confirmation(look: Sequence[_Hit]) -> int:
    return sum(hit.votes for hit in look if hit.cascade != _FRONTAL)


def _certainty(find: Sequence[_Hit], look: Sequence[_Hit]) -> int:
    confirmed = _confirmation(look)
    return confirmed + min(confirmed, sum(hit.votes for hit in find))


def _mean_box(hits: Sequence[_Hit]) -> Box:
    """Return the mean of the hits' boxes, weighted by their votes."""
    votes = [hit.votes for hit in hits]
    sides = [(hit.box.x, hit.box.y, hit.box.width, hit.box.height) for hit in hits]
    return Box(*(round(value) for value in np.average(sides, axis=0, weights=votes)))


def _distinct(finds: Iterable[Sequence[_Hit]]) -> list[Box]:
    """Return one box for each find, without those that show the same face as a surer one."""
    boxes: list[Box] = []
    for find in sorted(finds, key=lambda find: sum(hit.votes for hit in find), reverse=True):
        box = _mean_box(find)
        if not any(_same_face(box, other) for other in boxes):
            boxes.append(box)
    return boxes


def _cut_out(gray: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Return what ``box`` shows; beyond the picture its border's pixels are repeated."""
    height, width = gray.shape
    left, top = max(box.x, 0), max(box.y, 0)
    right, bottom = min(box.x + box.width, width), min(box.y + box.height, height)
    if left >= right or top >= bottom:
        raise ValueError(f"a face's box must overlap the picture of {width}x{height}, found {box}")
    part = gray[top:bottom, left:right]
    missing = top - box.y, box.y + box.height - bottom, left - box.x, box.x + box.width - right
    if any(missing):
        return np.asarray(cv2.copyMakeBorder(part, *missing, cv2.BORDER_REPLICATE), np.uint8)
    return part


def crop_face(gray: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Return the face in ``box`` as the network wants it: the one crop rule of this project.

    The crop is the square around the box's centre whose side is ``FACE_CROP_SCALE`` times the
    box's longer side. Where it reaches beyond the picture, the border's pixels are repeated.

    Args:
        gray: uint8 ``[H, W]``, grey 0..255.
        box: the face; may reach beyond the picture but must overlap it.

    Returns:
        uint8 ``[48, 48]``, grey 0..255.

    Raises:
        ValueError: the box lies outside the picture.
    """
    square = box.to_square(FACE_CROP_SCALE)
    interpolation = cv2.INTER_AREA if square.width > FACE_SIZE else cv2.INTER_LINEAR
    crop = cv2.resize(_cut_out(gray, square), (FACE_SIZE, FACE_SIZE), interpolation=interpolation)
    return np.asarray(crop, np.uint8)


def crop_faces(gray: NDArray[np.uint8], boxes: Sequence[Box]) -> NDArray[np.uint8]:
    """Return the crops of all ``boxes``, by the rule of ``crop_face``.

    Returns:
        uint8 ``[N, 48, 48]``; N may be 0.
    """
    crops = np.empty((len(boxes), FACE_SIZE, FACE_SIZE), np.uint8)
    for index, box in enumerate(boxes):
        crops[index] = crop_face(gray, box)
    return crops
