"""From somebody's pictures to samples: crops as every other part of this project cuts them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import crop_face, crop_faces
from emotion_core.faces.finding.detectors import FaceDetector
from emotion_core.faces.pictures.images import to_gray


def found_crops(image: NDArray[np.uint8], detector: FaceDetector) -> NDArray[np.uint8]:
    """Return the faces in a picture, from left to right, tilted ones upright.

    Args:
        image: uint8 ``[H, W, 3]``, BGR.
        detector: finds them.

    Returns:
        uint8 ``[N, 48, 48]``, grey; N may be 0.
    """
    gray = to_gray(image)
    return crop_faces(gray, sorted(detector.detect(gray), key=lambda box: box.x))


def whole_crop(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture that is a crop of a face already in the form of a sample.

    Of an oblong picture the middle square counts. A larger one is reduced by averaging, a smaller
    one enlarged linearly; one of 48x48 pixels stays as it is.

    Args:
        image: uint8 ``[H, W, 3]``, BGR.

    Returns:
        uint8 ``[48, 48]``, grey.
    """
    gray = to_gray(image)
    height, width = gray.shape
    side = min(height, width)
    return crop_face(gray, Box((width - side) // 2, (height - side) // 2, side, side))
