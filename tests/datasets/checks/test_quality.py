from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data

from emotion_core.datasets import VOTE_NAMES
from emotion_core.datasets.checks.quality import find_faces, measure_quality, no_face_share


@pytest.fixture(scope="module")
def portrait():
    """uint8 [48, 48]: a real face."""
    face = cv2.cvtColor(skimage.data.astronaut()[60:180, 165:285], cv2.COLOR_RGB2GRAY)
    return cv2.resize(face, (48, 48), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="module")
def notice():
    """uint8 [48, 48]: letters on paper."""
    return cv2.putText(np.full((48, 48), 250, np.uint8), "moved", (2, 20), 0, 0.4, 90)


def test_a_face_is_neither_flat_nor_blurred(portrait, notice):
    blurred = cv2.GaussianBlur(portrait, (0, 0), 2)
    blank = np.full((48, 48), 9, np.uint8)
    found = measure_quality(np.stack([portrait, blurred, notice, blank]))
    assert found.sharpness[0] > 0.29 > found.sharpness[1]
    assert found.flatness[0] < 0.1
    assert found.flatness[2] > 0.5
    assert found.sharpness[3] == pytest.approx(0, abs=1e-5)
    assert found.flatness[3] == 1
    assert found.brightness[3] == 9
    assert found.contrast[3] == 0


def test_sharpness_depends_on_neither_contrast_nor_light(portrait):
    pale = (portrait * 0.3 + 150).astype(np.uint8)
    shaded = (portrait * np.linspace(0.6, 1, 48)).astype(np.uint8)
    sharpness = measure_quality(np.stack([portrait, pale, shaded])).sharpness
    assert sharpness == pytest.approx(sharpness[0], abs=0.03)


def test_flatness_is_that_of_the_middle(portrait):
    framed = portrait.copy()
    framed[:7] = framed[-7:] = 255
    flat = portrait.copy()
    flat[8:40, 8:24] = 100
    found = measure_quality(np.stack([portrait, framed, flat])).flatness
    assert found[1] == found[0]
    assert found[2] == pytest.approx(30 * 15 / 32**2, abs=0.05)


def test_progress_in_images(faces):
    calls = []
    images = np.repeat(faces, 50, axis=0)
    measured = measure_quality(images, lambda done, total: calls.append((done, total)))
    assert calls == [(256, 300), (300, 300)]
    assert len(measured.sharpness) == len(measured.flatness) == 300


def test_faces_and_no_faces(portrait, notice):
    calls = []
    images = np.stack([portrait, notice, np.zeros((48, 48), np.uint8)])
    found = find_faces(images, lambda done, total: calls.append((done, total)))
    assert found.tolist() == [True, False, False]
    assert calls == [(3, 3)]


def test_share_of_votes_for_no_face():
    votes = np.zeros((3, 10), np.uint8)
    votes[0, VOTE_NAMES.index("NF")] = 10
    votes[1, VOTE_NAMES.index("NF")], votes[1, 0] = 2, 6
    assert no_face_share(votes).tolist() == [1, 0.25, 0]
