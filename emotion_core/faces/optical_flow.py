"""How faces move from one frame to the next, by optical flow.

As in Kalal, Mikolajczyk and Matas 2010, "Forward-backward error: automatic detection of tracking
failures" (Median Flow): points on a grid are followed to the new frame and back (Lucas and Kanade
1981, in pyramids), those that do not come back to where they started are dropped, and the median
motion of the others is the face's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

# Optical flow runs on the picture halved until its shorter side is below twice this.
_FLOW_LINES: Final = 240

# Points that are followed on each side of a face's grid, and how many of all have to come back.
_GRID: Final = 5
_FEWEST_POINTS: Final = 7

# Points that come back further than this from their start, in shares of the box's side, are wrong.
_RETURN_ERROR: Final = 0.04
_PATCH_SIDE: Final = 24

# Correlation of two frames reduced to thumbnails: less is a cut.
_SAME_SCENE: Final = 0.4
_THUMBNAIL: Final = (32, 24)


class PlacedFace(Protocol):
    """Where a face is: a square, turned."""

    x: float  # the centre, in the picture's pixels
    y: float
    side: float
    angle: float  # degrees to turn the picture against the clock to see it upright


@dataclass(frozen=True)
class Motion:
    """From one frame to the next: shift in pixels, growth, and degrees of turning clockwise."""

    x: float
    y: float
    scale: float
    turn: float


def face_motions(
    before: NDArray[np.uint8], after: NDArray[np.uint8], faces: Sequence[PlacedFace], factor: float
) -> list[Motion | None]:
    """Return how each face moved between two frames, in the picture's pixels; None when lost.

    Args:
        before: the frame before, reduced by ``factor``.
        after: the new frame, reduced by ``factor``.
        faces: where they were before, in the picture's pixels.
        factor: side of the reduced frames in the picture's.
    """
    if not faces:
        return []
    grid = np.linspace(-0.4, 0.4, _GRID, dtype=np.float32)
    unit = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    starts = np.stack([(unit * face.side + (face.x, face.y)) * factor for face in faces])
    points = starts.astype(np.float32).reshape(-1, 1, 2)
    ends, found = _flow(before, after, points)
    returned, found_back = _flow(after, before, ends)
    errors = np.linalg.norm(returned - points, axis=-1).reshape(len(faces), -1)
    valid = (found & found_back).reshape(len(faces), -1)
    motions: list[Motion | None] = []
    for index, face in enumerate(faces):
        good = valid[index] & (errors[index] <= max(0.5, _RETURN_ERROR * face.side * factor))
        moved = ends.reshape(len(faces), -1, 2)[index]
        motions.append(_median_motion(starts[index][good] / factor, moved[good] / factor))
    return motions


def _flow(
    before: NDArray[np.uint8], after: NDArray[np.uint8], points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return where ``points`` ``[N, 1, 2]`` went, and which of them ``[N, 1]`` were found."""
    ends, found, _ = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        points,
        np.empty_like(points),
        winSize=(15, 15),
        maxLevel=3,
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.03),
    )
    return np.asarray(ends, np.float32), np.asarray(found) == 1


def _median_motion(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> Motion | None:
    """Return the median motion of points ``[N, 2]``; None when there are too few."""
    if len(starts) < _FEWEST_POINTS:
        return None
    shift = np.median(ends - starts, axis=0)
    first, second = np.triu_indices(len(starts), k=1)
    old, new = starts[second] - starts[first], ends[second] - ends[first]
    growth = np.hypot(*new.T) / np.hypot(*old.T)
    turns = np.degrees(np.arctan2(new[:, 1], new[:, 0]) - np.arctan2(old[:, 1], old[:, 0]))
    scale = float(np.median(growth))
    if not 0.7 < scale < 1.4:
        return None
    turn = float(np.median((turns + 180) % 360 - 180))
    return Motion(float(shift[0]), float(shift[1]), scale, turn)


def wrapped_degrees(degrees: float) -> float:
    """Return the same angle, from -180 to below 180."""
    return (degrees + 180) % 360 - 180


def halved(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture for optical flow: halving is fast, other reductions are not."""
    times = max(0, int(math.log2(max(1, min(gray.shape)) / _FLOW_LINES)))
    if times == 0:
        return gray
    size = gray.shape[1] >> times, gray.shape[0] >> times
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)


def is_cut(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    """Tell whether two frames, uint8 ``[H, W]`` of any size, show different scenes."""
    thumbnails = (
        cv2.resize(image, _THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.float32)
        for image in (before, after)
    )
    return correlation(*thumbnails) < _SAME_SCENE


def upright_patch(small: NDArray[np.uint8], face: PlacedFace, factor: float) -> NDArray[np.float32]:
    """Return the upright face, float32 ``[24, 24]``."""
    scale = _PATCH_SIDE / (face.side * factor)
    matrix = cv2.getRotationMatrix2D((face.x * factor, face.y * factor), face.angle, scale)
    matrix[0, 2] += _PATCH_SIDE / 2 - face.x * factor
    matrix[1, 2] += _PATCH_SIDE / 2 - face.y * factor
    size = _PATCH_SIDE, _PATCH_SIDE
    patch = cv2.warpAffine(small, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(patch, np.float32)


def correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the correlation of two pictures, -1 to 1; without contrast they are alike."""
    first, second = first - first.mean(), second - second.mean()
    norms = float(np.linalg.norm(first)), float(np.linalg.norm(second))
    if min(norms) < 1:
        return float(max(norms) < 1)
    return float((first * second).sum()) / (norms[0] * norms[1])
