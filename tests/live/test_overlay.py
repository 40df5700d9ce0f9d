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


def drawn(width: int, height: int, *boxes: Box, scores: tuple[float, ...] = HAPPY) -> np.ndarray:
    image = np.full((height, width, 3), 128, np.uint8)
    draw_bars(image, [FaceReading(box, scores) for box in boxes])
    return image


@pytest.mark.parametrize("x", [20, 200])
def test_bars_are_as_long_as_the_scores_and_inside_the_picture(x):
    box = Box(x, 60, 96, 96)
    image = drawn(320, 240, box)
    full = bar_lengths(drawn(320, 240, box, scores=tuple(np.eye(7)[3])))[3] - 1
    assert full >= 40
    assert bar_lengths(image) == [1 + round(score * full) for score in HAPPY]
    assert (image[60:156, x : x + 96] == 128).all()


def letters(image: np.ndarray) -> np.ndarray:
    """Return the rows of each name's letters: bool ``[7, H]``, for a plate of seven rows."""
    dark = np.flatnonzero((image < 30).all(axis=2).any(axis=1))
    top, row = dark[0], (dark[-1] + 1 - dark[0]) // 7
    white = (image > 150).all(axis=2).any(axis=1)
    return white[top : top + 7 * row].reshape(7, row)


@pytest.mark.parametrize(("width", "height", "least"), [(640, 480, 9), (1280, 720, 14)])
def test_each_bar_has_its_name_in_letters_that_can_be_read(width, height, least):
    rows = letters(drawn(width, height, Box(width // 4, height // 4, height // 3, height // 3)))
    assert rows.any(axis=1).all()
    # From the top of the "d" to the foot of the line.
    assert rows[EMOTIONS.index("disgust")].sum() >= least
    assert not rows[:, 0].any()  # no name runs into the next


def test_names_and_bars_stand_out_from_their_plate():
    image = drawn(640, 480, Box(200, 150, 120, 120))
    plate = float(image.min())
    assert 21 * relative(plate) <= 1.05  # white letters: 16 : 1
    for emotion in EMOTIONS:
        blue, green, red = (relative(value) for value in answer_color_bgr(emotion))
        color = 0.0722 * blue + 0.7152 * green + 0.2126 * red
        assert (color + 0.05) / (relative(plate) + 0.05) >= 3  # WCAG 2 for what is drawn


def relative(value: float) -> float:
    return (value / 255) ** 2.2


def test_bars_keep_off_the_other_faces():
    left, right = Box(160, 150, 120, 120), Box(330, 150, 120, 120)
    image = drawn(640, 480, left, right)
    for box in (left, right):
        inside = image[box.y : box.y + box.height, box.x : box.x + box.width]
        assert (inside == 128).all()


def test_neighbours_have_their_bars_apart():
    left, right = Box(110, 155, 125, 125), Box(410, 155, 125, 125)
    single = [(drawn(640, 480, box) < 30).all(axis=2).sum() for box in (left, right)]
    together = (drawn(640, 480, left, right) < 30).all(axis=2).sum()
    # The one at the right has shorter bars, and none has lost its names to the other.
    assert together > 1.5 * min(single)
    assert all(length > 0 for length in bar_lengths(drawn(640, 480, left, right)[:, 536:]))


@pytest.mark.parametrize(("x", "width"), [(10, 610), (300, 600), (-50, 630)])
def test_a_face_that_leaves_no_room_has_its_bars_over_its_edge(x, width):
    assert all(length > 0 for length in bar_lengths(drawn(640, 480, Box(x, 10, width, 460))))


@pytest.mark.parametrize("box", [Box(0, 0, 200, 240), Box(-90, -90, 100, 100), Box(0, 0, 1, 1)])
def test_bars_without_room_do_no_harm(box):
    image = np.full((240, 200, 3), 128, np.uint8)
    draw_bars(image, [FaceReading(box, HAPPY)])
    assert image.shape == (240, 200, 3)
