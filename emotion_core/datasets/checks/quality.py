"""Measures how each image looks, and names those that nobody could learn an expression from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.checks.filters import BLOCK, blur_matrix, transform
from emotion_core.datasets.checks.overview import measure_light
from emotion_core.datasets.types import VOTE_NAMES
from emotion_core.emotions import FACE_SIZE
from emotion_core.faces.finding.haar import FRONTAL, FRONTAL_ALT2, PROFILE, Cascades, View
from emotion_core.system.progress import CountProgress

# A pixel whose neighbours differ by no more than this, in grey levels, is in a flat place.
_FLAT_RANGE: Final = 2
_MIDDLE: Final = slice(7, -7)  # of the 46 x 46 pixels that have all neighbours
_FINE_BLUR, _COARSE_BLUR = 1.0, 4.0


@dataclass(frozen=True)
class QualityLimits:
    """Where an image stops being usable, chosen by looking at FER2013 sorted by each measure."""

    #: Contrast (standard deviation of greys) below which an image is blank.
    blank_contrast: float = 2.0
    #: Brightness (mean grey, 0..255) below which it is very dark: faces are guessed, not seen.
    dark: float = 30.0
    #: Brightness above which it is very bright: in FER2013 notices and line drawings, hardly faces.
    bright: float = 225.0
    #: Contrast below which it is low in contrast.
    low_contrast: float = 18.0
    #: Sharpness below which it is blurred.
    blurred: float = 0.29
    #: Flatness above which it is a notice, a sign or a drawing rather than a photograph.
    drawn: float = 0.30
    #: Share of an image's votes for "no face" from which it has none.
    no_face_votes: float = 0.5


@dataclass(frozen=True, eq=False)
class ImageQuality:
    """What ``measure_quality`` measured, one number an image.

    Attributes:
        brightness: float32 ``[N]``, mean grey, 0..255.
        contrast: float32 ``[N]``, standard deviation of greys, 0..127.5.
        sharpness: float32 ``[N]``, how much of the detail up to about ten pixels is as fine as a
            pixel or two: the deviation that a Gaussian blur of 1 pixel takes away, as a share of
            what one of 4 pixels does. In contrast to the variance of the Laplacian, it depends
            neither on contrast nor on light and shade. Faces have 0.42 in the median.
        flatness: float32 ``[N]``, share 0..1 of the middle 32 x 32 pixels that hardly differ from
            their eight neighbours. Skin is never flat; paper, signs and drawings are.
    """

    brightness: NDArray[np.float32]
    contrast: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    flatness: NDArray[np.float32]


def measure_quality(
    images: NDArray[np.uint8], progress: CountProgress | None = None
) -> ImageQuality:
    """Measure each of ``images``.

    Args:
        images: uint8 ``[N, 48, 48]``.
        progress: called now and then, in images; whatever it raises ends the work.
    """
    brightness, contrast = measure_light(images)
    sharpness = np.empty(len(images), np.float32)
    flatness = np.empty(len(images), np.float32)
    fine, coarse = blur_matrix(_FINE_BLUR), blur_matrix(_COARSE_BLUR)
    for start in range(0, len(images), BLOCK):
        block = slice(start, min(start + BLOCK, len(images)))
        sharpness[block] = _sharpness(images[block], fine, coarse)
        flatness[block] = _flatness(images[block])
        if progress is not None:
            progress(block.stop, len(images))
    return ImageQuality(brightness, contrast, sharpness, flatness)


def find_faces(
    images: NDArray[np.uint8], progress: CountProgress | None = None
) -> NDArray[np.bool_]:
    """Return for each image whether OpenCV's cascades find a face, from the front or side, or eyes.

    This is for data without votes: it misses about one in eighty of FER2013's faces, and names
    about half of the images that voters call no face. It takes 2 to 3 ms an image.

    Args:
        images: uint8 ``[N, 48, 48]``.
        progress: called now and then, in images; whatever it raises ends the search.
    """
    cascades = Cascades()
    found = np.zeros(len(images), bool)
    for index, image in enumerate(images):
        found[index] = _has_face(image, cascades)
        if progress is not None and (index + 1) % BLOCK == 0:
            progress(index + 1, len(images))
    if progress is not None:
        progress(len(images), len(images))
    return found


def no_face_share(votes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the share 0..1 of each image's votes, uint8 ``[N, 10]``, that say there is no face."""
    total = np.maximum(votes.sum(axis=1, dtype=np.float32), 1)
    share: NDArray[np.float32] = votes[:, VOTE_NAMES.index("NF")] / total
    return share


def _has_face(image: NDArray[np.uint8], cascades: Cascades) -> bool:
    # FER2013's crops end at the face; the cascades want some air around it.
    framed = View(np.pad(image, FACE_SIZE // 3, mode="edge"), pixel_side=1.0)
    if any(
        cascades.hits(framed, 0.0, [face], sides=(28, 80), scale_step=1.1, min_votes=0)
        for face in (FRONTAL_ALT2, FRONTAL, PROFILE)
    ):
        return True
    doubled = cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    close = View(np.asarray(doubled, np.uint8), pixel_side=0.5)
    return bool(cascades.hits(close, 0.0, ["eye"], sides=(14, 96), scale_step=1.1, min_votes=1))


def _sharpness(
    images: NDArray[np.uint8], fine: NDArray[np.float32], coarse: NDArray[np.float32]
) -> NDArray[np.float32]:
    pixels = images.astype(np.float32)
    fine_detail, coarse_detail = (
        (pixels - transform(pixels, blur)).std(axis=(1, 2)) for blur in (fine, coarse)
    )
    sharpness: NDArray[np.float32] = fine_detail / np.maximum(coarse_detail, 1)
    return sharpness


def _flatness(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    lowest, highest = images, images
    for axis in (1, 2):
        before, here, after = (
            (slice(None),) * axis + (slice(start, stop),)
            for start, stop in ((0, -2), (1, -1), (2, None))
        )
        lowest = np.minimum(np.minimum(lowest[before], lowest[here]), lowest[after])
        highest = np.maximum(np.maximum(highest[before], highest[here]), highest[after])
    flat = (highest - lowest) <= _FLAT_RANGE
    share: NDArray[np.float32] = flat[:, _MIDDLE, _MIDDLE].mean(axis=(1, 2), dtype=np.float32)
    return share
