"""Bars and blur over a video's faces."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.emotions import EMOTIONS, answer_color_bgr
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading
from emotion_core.live.overlay import blur, blur_all, draw_bars

HAPPY = (0.05, 0.01, 0.04, 0.72, 0.05, 0.03, 0.10)


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (120, 200, 3), np.uint8)


def test_blur_hides_the_face_and_its_surroundings_and_nothing_else(noise):
    hidden = blur(noise, [Box(60, 40, 40, 40)])
    changed = (hidden != noise).any(axis=2)
    assert changed[35:85, 55:105].mean() > 0.95
    assert not changed[:, 120:].any()
    assert not changed[:25].any()


def test_blur_leaves_the_picture_itself_alone(noise):
    before = noise.copy()
    blur(noise, [Box(60, 40, 40, 40)])
    np.testing.assert_array_equal(noise, before)


def test_what_is_blurred_has_no_details(noise):
    noise[40:80, 60:100] = np.indices((40, 40)).sum(axis=0)[..., None] % 2 * 255
    hidden = blur(noise, [Box(60, 40, 40, 40)]).astype(int)
    assert np.abs(np.diff(hidden[45:75, 65:95], axis=1)).max() < 60


@pytest.mark.parametrize(
    "box", [Box(-30, -30, 50, 50), Box(190, 110, 50, 50), Box(-500, 0, 9, 9), Box(5, 5, 1, 1)]
)
def test_blur_beyond_the_border(noise, box):
    assert blur(noise, [box]).shape == noise.shape


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 200, 3), (120, 200, 3)])
def test_all_can_be_hidden(shape):
    assert blur_all(np.full(shape, 9, np.uint8)).tolist() == np.full(shape, 9).tolist()


def bar_lengths(image: np.ndarray) -> list[int]:
    return [
        int((image == answer_color_bgr(emotion)).all(axis=2).sum(axis=1).max())
        for emotion in EMOTIONS
    ]


@pytest.mark.parametrize("x", [20, 100])
def test_bars_are_as_long_as_the_scores_and_inside_the_picture(x):
    image = np.full((240, 200, 3), 128, np.uint8)
    draw_bars(image, [FaceReading(Box(x, 60, 96, 96), HAPPY)])
    assert bar_lengths(image) == [1 + round(score * 47) for score in HAPPY]
    assert (image[60:156, x : x + 96] == 128).all()


@pytest.mark.parametrize("box", [Box(0, 0, 200, 240), Box(-90, -90, 100, 100), Box(0, 0, 1, 1)])
def test_bars_without_room_do_no_harm(box):
    image = np.full((240, 200, 3), 128, np.uint8)
    draw_bars(image, [FaceReading(box, HAPPY)])
    assert image.shape == (240, 200, 3)
