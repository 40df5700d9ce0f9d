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

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import ModelError
from emotion_core.faces.boxes import Box
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
    even_contrast,
    group_hits,
    is_same_face,
    mean_box,
    resized,
)
from emotion_core.faces.pictures.images import to_gray

#: An environment variable: the file of a YuNet model, for those who have one.
YUNET_VARIABLE: Final = "EMOTION_YUNET"

# Side in pixels to which the second look scales what may be a face.
_CLOSE_UP_FACE: Final = 60

# A picture longer than so many times its shorter side is a strip without a face, and more than
# OpenCV can turn.
_LONGEST_SHAPE: Final = 40


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
    cascades: tuple[str, ...] = (FRONTAL,)
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
FRONTAL_SETTINGS: Final = HaarSettings(
    searches=(Search(smallest_face=1 / 6, scale_step=1.2, smallest_pixels=30, min_votes=3),)
)

#: For photos: small, tilted and turned faces too, and hardly a false one; some tenths of a second.
PHOTO_SETTINGS: Final = HaarSettings(
    searches=(
        Search(smallest_face=0.03, largest_face=0.15, scale_step=1.2),
        Search(smallest_face=0.1, angles=(0.0, -30.0, 30.0)),
        Search(
            smallest_face=0.15,
            cascades=(PROFILE, PROFILE_MIRRORED),
            angles=(0.0, -35.0, 35.0),
            scale_step=1.2,
        ),
    ),
    # Sharp, well-lit faces get 30 and more, what only looks like one up to 17 (a suit's collar).
    confirming_votes=18,
)


class HaarFaceDetector:
    """Finds faces with OpenCV's Haar cascades.

    A ``CascadeClassifier`` keeps state while it searches and is not thread-safe: make one detector
    for each session or thread, never share one.
    """

    def __init__(self, settings: HaarSettings = FRONTAL_SETTINGS) -> None:
        self.settings = settings
        self._cascades = Cascades()

    def detect(self, image: NDArray[np.uint8]) -> list[Box]:
        """Return the faces in ``image``, the largest first; see ``FaceDetector.detect``."""
        if max(image.shape[:2]) > _LONGEST_SHAPE * min(image.shape[:2]):
            return []
        gray = to_gray(image)
        finds = group_hits(
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

    def _search(self, gray: NDArray[np.uint8], search: Search) -> list[Hit]:
        shorter = min(gray.shape)
        factor = min(1.0, search.smallest_pixels / (search.smallest_face * shorter))
        sides = (
            round(search.smallest_face * shorter * factor),
            round(search.largest_face * shorter * factor),
        )
        view = View(even_contrast(resized(gray, factor), tiles=8), 1 / factor)
        return [
            hit
            for angle in search.angles
            for hit in self._cascades.hits(
                view, angle, search.cascades, sides, search.scale_step, search.min_votes
            )
        ]

    def _look_again(self, gray: NDArray[np.uint8], find: Sequence[Hit]) -> list[Hit]:
        """Return the cascades' hits on a find close up, at its angle and a little either way."""
        view = close_up(gray, mean_box(find), _CLOSE_UP_FACE)
        angle = max(find, key=lambda hit: hit.votes).angle
        cascades = (FRONTAL_ALT, FRONTAL_ALT2, *sorted({hit.cascade for hit in find}))
        sides = round(0.7 * _CLOSE_UP_FACE), round(1.45 * _CLOSE_UP_FACE)
        look: list[Hit] = []
        for turn in (0, -18, 18):
            hits = self._cascades.hits(view, angle + turn, cascades, sides, 1.1, 2)
            look += [hit for hit in hits if is_same_face(hit.box, mean_box(find))]
            if _confirmation(look) >= self.settings.confirming_votes:
                break
        return look


class YuNetFaceDetector:
    """Finds faces with YuNet (Wu, Peng and Yu 2023), for those who have its ``.onnx`` file.

    Not thread-safe: make one for each session or thread.

    Args:
        model: the file, such as ``face_detection_yunet_2023mar.onnx`` from OpenCV's model zoo.
        least_score: score 0..1 from which on a find is a face.

    Raises:
        ModelError: the file is missing or OpenCV cannot use it.
    """

    def __init__(self, model: Path, least_score: float = 0.7) -> None:
        if not model.is_file():
            raise ModelError(f"{model}: expected YuNet's .onnx file, found no such file")
        try:
            self._detector = cv2.FaceDetectorYN.create(
                str(model), "", (320, 320), score_threshold=least_score
            )
        except cv2.error:
            raise ModelError(
                f"{model}: expected YuNet's .onnx file, found one that OpenCV cannot read; "
                "download it again"
            ) from None

    def detect(self, image: NDArray[np.uint8]) -> list[Box]:
        """Return the faces in ``image``, the largest first; see ``FaceDetector.detect``."""
        color = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image
        self._detector.setInputSize((image.shape[1], image.shape[0]))
        _, rows = self._detector.detect(color)
        # One row a face: x, y, width, height, five points, score; None when there is no face.
        boxes = [
            Box(round(x), round(y), max(1, round(width)), max(1, round(height))).to_square()
            for x, y, width, height in (() if rows is None else np.asarray(rows)[:, :4].tolist())
        ]
        return sorted(boxes, key=lambda box: box.area, reverse=True)


def yunet_is_named() -> bool:
    """Return whether the environment names a YuNet file: then it finds all faces."""
    return bool(os.environ.get(YUNET_VARIABLE))


def yunet_of_environment() -> YuNetFaceDetector | None:
    """Return a new YuNet detector if `YUNET_VARIABLE` names its file.

    Raises:
        ModelError: see `YuNetFaceDetector`.
    """
    file = os.environ.get(YUNET_VARIABLE)
    return YuNetFaceDetector(Path(file)) if file else None


def _confirmation(look: Sequence[Hit]) -> int:
    return sum(hit.votes for hit in look if hit.cascade != FRONTAL)


def _certainty(find: Sequence[Hit], look: Sequence[Hit]) -> int:
    confirmed = _confirmation(look)
    return confirmed + min(confirmed, sum(hit.votes for hit in find))


def _distinct(finds: Iterable[Sequence[Hit]]) -> list[Box]:
    """Return one box for each find, without those that show the same face as a surer one."""
    boxes: list[Box] = []
    for find in sorted(finds, key=lambda find: sum(hit.votes for hit in find), reverse=True):
        box = mean_box(find)
        if not any(is_same_face(box, other) for other in boxes):
            boxes.append(replace(box, angle=_mean_angle(find)))
    return boxes


def _mean_angle(find: Sequence[Hit]) -> float:
    """Return the mean of the angles at which a face was found, by votes, in degrees."""
    votes = [hit.votes for hit in find]
    return float(np.average([hit.angle for hit in find], weights=votes))
