"""The drawn photos that the Photo page offers to those who have none at hand."""

from __future__ import annotations

import numpy as np

from emotion_core.datasets.drawn.samples import sample_photos
from emotion_core.faces.finding.detectors import PHOTO_SETTINGS, HaarFaceDetector


def test_samples_are_the_same_each_time():
    for name, image in sample_photos().items():
        np.testing.assert_array_equal(image, sample_photos()[name])
        assert image.dtype == np.uint8


def test_every_drawn_face_is_found_and_nothing_else():
    detector = HaarFaceDetector(PHOTO_SETTINGS)
    found = {name: len(detector.detect(image)) for name, image in sample_photos().items()}
    assert found == {"drawn-face.png": 1, "drawn-group.png": 3}
