from __future__ import annotations

import cv2
import numpy as np
import pytest

from emotion_core.datasets.checks.filters import blur_matrix, transform


@pytest.mark.parametrize("pixels", [1.0, 4.0])
def test_blurs_as_opencv_does(faces, pixels):
    images = faces.astype(np.float32)
    blurred = transform(images, blur_matrix(pixels))
    for image, found in zip(images, blurred, strict=True):
        expected = cv2.GaussianBlur(image, (0, 0), pixels, borderType=cv2.BORDER_REFLECT)
        assert found == pytest.approx(expected, abs=0.01)


def test_one_grey_stays():
    flat = np.full((2, 48, 48), 77, np.float32)
    assert transform(flat, blur_matrix(4.0)) == pytest.approx(flat, abs=1e-3)
