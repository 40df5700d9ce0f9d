"""Linear filters over many small images at once, as matrix products."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import FACE_SIZE

#: Images to filter at once: few enough to stay in the processor's cache.
BLOCK: Final = 256


def blur_matrix(pixels: float) -> NDArray[np.float32]:
    """Return the Gaussian blur of a row, reflected at its ends, as a matrix float32 ``[48, 48]``.

    Args:
        pixels: standard deviation of the Gaussian.
    """
    rows = cv2.GaussianBlur(
        np.eye(FACE_SIZE, dtype=np.float32),
        ksize=(0, 0),
        sigmaX=pixels,
        sigmaY=1e-6,  # none: 0 would stand for sigmaX
        borderType=cv2.BORDER_REFLECT,
    )
    return np.ascontiguousarray(rows.T, np.float32)


def transform(images: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply a matrix to the rows and to the columns of images.

    Args:
        images: float32 ``[N, 48, 48]``.
        matrix: float32 ``[K, 48]``.

    Returns:
        float32 ``[N, K, K]``.
    """
    rows = images.reshape(-1, FACE_SIZE) @ matrix.T
    result: NDArray[np.float32] = matrix @ rows.reshape(len(images), FACE_SIZE, len(matrix))
    return result
