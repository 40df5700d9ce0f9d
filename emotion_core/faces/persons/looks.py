"""What somebody looks like on a video: the colours of hair, face and clothes.

Three histograms of colour in CIELAB, compared by their Bhattacharyya coefficients, as trackers of
people do (Comaniciu, Ramesh and Meer 2003, "Kernel-based object tracking"). Each pixel counts for
the colours beside its own too, so that a camera that adjusts its exposure changes little.

Chosen by measurement: ``benchmarks/looks.py`` prints how often the same person, in other light, is
nearer than all but one in a thousand pairs of different people: with these colours always, with
the clothes' alone always, with the face's 40% of the time, with a grey thumbnail of the face 80%,
with the features of the emotion network 92%, in several times the time. The network has learned
to tell expressions, not people, and a grey face changes with every turn of the head; clothes stay.
The price: two people dressed alike, with skin and hair alike, look the same.

A face cannot be drawn from it. It is kept in memory while the stream runs, and never written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box

#: Hair, face and clothes: left, top, right and bottom in sides of the box, from its centre.
_HAIR: Final = (-0.5, -0.85, 0.5, -0.45)
_FACE: Final = (-0.35, -0.3, 0.35, 0.5)
_CLOTHES: Final = (-0.9, 0.95, 0.9, 1.7)
#: Points of each that are looked at: columns and rows.
_POINTS: Final = ((16, 8), (16, 16), (24, 12))
#: What each counts for, where it is in the picture: of hair there may be none, clothes differ most.
WEIGHTS: Final = np.array((0.5, 1.0, 1.5), np.float32)
#: Least share of a region's points in the picture.
_LEAST_VISIBLE: Final = 0.5

_BINS: Final = 16
# Of 0..255: lightness uses all of it; of the others, all but the gaudiest clothes use the middle.
_RANGES: Final = (0, 256, 64, 192, 64, 192)


@dataclass(frozen=True, eq=False)
class Looks:
    """What somebody looks like.

    Attributes:
        colours: float32 ``[3, 4096]``: of hair, face and clothes the share of each colour; a row
            adds up to 1, or to 0 where the region is not in the picture.
    """

    colours: NDArray[np.float32]

    @property
    def visible(self) -> NDArray[np.bool_]:
        """Which of the three are in the picture, bool ``[3]``."""
        return np.asarray(self.colours.any(axis=1), np.bool_)

    @property
    def with_clothes(self) -> bool:
        """Whether clothes are in the picture; without them little is known."""
        return bool(self.visible[2])


@dataclass(frozen=True)
class Difference:
    """How different two people look, by 1 less the Bhattacharyya coefficient of their colours.

    Attributes:
        mean: over the regions that both show, 0 (alike) to 1.
        largest: that of the face or of the clothes, whichever is larger; a cap hides the hair.
    """

    mean: float
    largest: float


def looks_of(image: NDArray[np.uint8], box: Box) -> Looks:
    """Return what the person with a face in ``box`` looks like.

    Args:
        image: uint8 ``[H, W, 3]`` BGR, or ``[H, W]`` grey, which tells less.
        box: the face's, with its angle; a square that may reach beyond the picture.
    """
    height, width = image.shape[:2]
    points = np.rint(_unit_points(box.angle) * box.width + box.center).astype(np.int64)
    inside = np.asarray(((points >= 0) & (points < (width, height))).all(axis=1), np.bool_)
    seen = image[points[:, 1].clip(0, height - 1), points[:, 0].clip(0, width - 1)]
    if seen.ndim == 1:
        seen = np.repeat(seen[:, None], 3, axis=1)
    lab = np.asarray(cv2.cvtColor(seen[None], cv2.COLOR_BGR2LAB), np.uint8)
    lab[..., 1:] = lab[..., 1:].clip(_RANGES[2], _RANGES[3] - 1)  # what is beyond would not count
    colours = np.zeros((len(_POINTS), _BINS, _BINS, _BINS), np.float32)
    for row, (begin, end) in enumerate(_SLICES):
        if inside[begin:end].mean() >= _LEAST_VISIBLE:
            mask = inside[None, begin:end].astype(np.uint8)
            colours[row] = cv2.calcHist([lab[:, begin:end]], [0, 1, 2], mask, [_BINS] * 3, _RANGES)
    spread = _spread(colours).reshape(len(_POINTS), -1)
    shares = spread / np.maximum(spread.sum(axis=1, keepdims=True), 1e-6)
    return Looks(shares.astype(np.float32))


def mixed(old: Looks, new: Looks, weight: float) -> Looks:
    """Return the mean of two looks of one person; a region that one lacks is the other's.

    Args:
        old: what was known.
        new: what is seen.
        weight: of ``new``, 0 to 1.
    """
    shares = np.where(old.visible & new.visible, weight, np.where(new.visible, 1.0, 0.0))
    shares = shares[:, None].astype(np.float32)
    return Looks(np.asarray((1 - shares) * old.colours + shares * new.colours, np.float32))


def difference(first: Looks, second: Looks) -> Difference | None:
    """Return how different two people look; None when a face is not in the picture."""
    weights = WEIGHTS * (first.visible & second.visible)
    if weights[1] == 0:
        return None
    parts = np.clip(1 - np.sqrt(first.colours * second.colours).sum(axis=1), 0, 1)
    largest = parts[1:][weights[1:] > 0].max()
    return Difference(float((weights * parts).sum() / weights.sum()), float(largest))


def _grid(
    region: tuple[float, float, float, float], columns: int, rows: int
) -> NDArray[np.float64]:
    left, top, right, bottom = region
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    y = top + (np.arange(rows) + 0.5) * (bottom - top) / rows
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


_HEAD: Final = np.concatenate([_grid(_HAIR, *_POINTS[0]), _grid(_FACE, *_POINTS[1])])
_BODY: Final = _grid(_CLOTHES, *_POINTS[2])
_ENDS: Final = np.cumsum([columns * rows for columns, rows in _POINTS]).tolist()
_SLICES: Final = tuple(zip([0, *_ENDS[:-1]], _ENDS, strict=True))


def _unit_points(angle: float) -> NDArray[np.float64]:
    """Return the points in sides of the box, float64 ``[P, 2]``; a head tilts, a body does not."""
    radians = math.radians(angle)
    sine, cosine = math.sin(radians), math.cos(radians)
    head = _HEAD @ np.array(((cosine, sine), (-sine, cosine)))
    return np.concatenate([head, _BODY])


def _smoothing() -> NDArray[np.float32]:
    """Return what spreads a bin over five, float32 ``[16, 16]``: nothing gets lost at the ends."""
    kernel = np.zeros((_BINS, _BINS), np.float32)
    for offset, weight in zip(range(-2, 3), (1, 4, 6, 4, 1), strict=True):
        kernel += weight * np.eye(_BINS, k=offset, dtype=np.float32)
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True), np.float32)


_SMOOTHING: Final = _smoothing()


def _spread(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Spread each colour of ``[3, 16, 16, 16]`` over its neighbours along the three axes."""
    rows = len(colours)
    last = (colours.reshape(-1, _BINS) @ _SMOOTHING).reshape(-1, _BINS, _BINS)
    middle = np.matmul(_SMOOTHING.T, last).reshape(rows, _BINS, -1)
    return np.asarray(np.matmul(_SMOOTHING.T, middle), np.float32)
