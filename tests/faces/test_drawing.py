"""Boxes and labels: where they go and whether one can read them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS, answer_color_bgr
from emotion_core.faces.boxes import Box
from emotion_core.faces.drawing import draw_faces, draw_faces_on, label_text
from emotion_core.faces.readings import FaceReading


def reading(box: Box, emotion: str = "happy", confidence: float = 0.93) -> FaceReading:
    scores = [(1 - confidence) / (len(EMOTIONS) - 1)] * len(EMOTIONS)
    scores[EMOTIONS.index(emotion)] = confidence
    return FaceReading(box, tuple(scores))


def uncertain(box: Box, emotion: str, confidence: float) -> FaceReading:
    return replace(reading(box, emotion, confidence), certainty_threshold=0.5)


def answer(box: Box, name: str) -> FaceReading:
    return uncertain(box, "sad", 0.31) if name == "uncertain" else reading(box, name)


def gray_image(width: int = 640, height: int = 480, value: int = 128) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def with_options(image: np.ndarray, faces: list[FaceReading], **options: object) -> np.ndarray:
    canvas = image.copy()
    draw_faces_on(canvas, faces, **options)
    return canvas


def plate_rows(image: np.ndarray, emotion: str) -> tuple[int, int]:
    """First and last row in which a good part of the row has the emotion's colour."""
    count = (image == answer_color_bgr(emotion)).all(axis=2).sum(axis=1)
    rows = np.flatnonzero(count > 40)
    return int(rows[0]), int(rows[-1])


@pytest.mark.parametrize(
    ("confidence", "text"), [(0.93, "happy 93%"), (1.0, "happy 100%"), (0.345, "happy 34%")]
)
def test_label_text(confidence: float, text: str) -> None:
    assert label_text(reading(Box(0, 0, 9, 9), "happy", confidence)) == text


def test_label_of_what_is_uncertain() -> None:
    text = label_text(uncertain(Box(0, 0, 9, 9), "sad", 0.31))
    assert text == "uncertain (sad 31%)"
    assert text.isascii()


def test_what_is_uncertain_is_grey_whatever_scores_highest() -> None:
    drawn = draw_faces(gray_image(), [uncertain(Box(200, 150, 120, 120), "happy", 0.31)])
    grey = np.array(answer_color_bgr("uncertain"))
    for x, y in ((200, 200), (319, 200), (260, 269)):
        assert (drawn[y, x] == grey).all()
    assert not (drawn == answer_color_bgr("happy")).all(axis=2).any()


def test_picture_stays_as_it_was() -> None:
    image = gray_image()
    drawn = draw_faces(image, [reading(Box(200, 150, 120, 120))])
    assert (image == 128).all()
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8


def test_no_faces_give_an_equal_copy() -> None:
    image = gray_image()
    drawn = draw_faces(image, [])
    assert drawn is not image
    np.testing.assert_array_equal(drawn, image)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_box_has_the_emotions_color_and_leaves_the_face_free(emotion: str) -> None:
    drawn = draw_faces(gray_image(), [reading(Box(200, 150, 120, 120), emotion)])
    for x, y in ((200, 200), (319, 200), (260, 269)):
        assert tuple(drawn[y, x]) == answer_color_bgr(emotion)
    assert (drawn[160:260, 210:310] == 128).all()


@pytest.mark.parametrize("name", ANSWER_COLORS)
def test_label_stands_out_on_its_plate(name: str) -> None:
    drawn = draw_faces(gray_image(), [answer(Box(200, 150, 120, 120), name)])
    plate = drawn[125:148, 202:318].reshape(-1, 3)
    assert contrast(plate.min(axis=0), plate.max(axis=0)) >= 3  # WCAG 2 for large letters


def contrast(first: np.ndarray, second: np.ndarray) -> float:
    """WCAG 2 contrast ratio of two BGR colours."""
    light = [
        float(np.dot(((color / 255) ** 2.2), (0.0722, 0.7152, 0.2126)))
        for color in (first.astype(float), second.astype(float))
    ]
    return (max(light) + 0.05) / (min(light) + 0.05)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_legible_on_any_background(value: int) -> None:
    drawn = draw_faces(gray_image(value=value), [reading(Box(200, 150, 120, 120), "neutral")])
    first, last = plate_rows(drawn, "neutral")
    assert last > first


@pytest.mark.parametrize(
    "box",
    [
        Box(0, 0, 100, 100),
        Box(580, 0, 100, 100),
        Box(-50, 200, 100, 100),
        Box(590, 400, 100, 100),
        Box(-40, -40, 800, 700),
        Box(10, 470, 8, 8),
        Box(636, 476, 4, 4),
    ],
)
def test_label_stays_inside_the_picture(box: Box) -> None:
    emotion = "surprise"
    side = box.width
    in_the_middle = [reading(Box(250, 200, side, 9), emotion)]
    assert ink_of([reading(box, emotion)]) == pytest.approx(ink_of(in_the_middle), abs=9)


def test_labels_of_neighbours_do_not_cover_each_other() -> None:
    faces = [reading(Box(200 + 30 * index, 200, 60, 60), "surprise") for index in range(2)]
    assert ink_of(faces) == pytest.approx(sum(ink_of([face]) for face in faces), abs=3)


def ink_of(faces: list[FaceReading]) -> int:
    """Return how many pixels the labels' letters cover."""
    return int((with_options(gray_image(), faces, boxes=False) < 60).all(axis=2).sum())


@pytest.mark.parametrize("value", [0, 112, 255])
def test_a_grey_frame_is_seen_on_any_wall(value: int) -> None:
    face = answer(Box(200, 150, 120, 120), "uncertain")
    drawn = with_options(gray_image(value=value), [face], labels=False)
    line = drawn[210, 190:210].astype(int).mean(axis=-1)
    assert line.max() - line.min() > 100


def label_height(width: int, height: int, side: int) -> int:
    box = Box(width // 3, height // 3, side, side)
    first, last = plate_rows(draw_faces(gray_image(width, height), [reading(box, "sad")]), "sad")
    return min(last + 1, box.y) - first


def test_label_grows_with_the_picture() -> None:
    assert label_height(4000, 3000, 1250) == pytest.approx(
        6.25 * label_height(640, 480, 200), rel=0.1
    )


def test_label_of_a_tiny_face_shrinks_but_stays_legible() -> None:
    tiny, large = label_height(640, 480, 12), label_height(640, 480, 200)
    assert 0.7 * large <= tiny < large
    assert tiny >= 14


def test_label_keeps_off_other_faces() -> None:
    lower, upper = Box(300, 250, 80, 80), Box(300, 160, 80, 80)
    alone = draw_faces(gray_image(), [reading(upper)])
    together = draw_faces(gray_image(), [reading(lower, "sad"), reading(upper)])
    np.testing.assert_array_equal(together[160:240, 300:380], alone[160:240, 300:380])


@pytest.mark.parametrize(("width", "height"), [(1, 1), (20, 10), (30, 400)])
def test_picture_smaller_than_a_label(width: int, height: int) -> None:
    drawn = draw_faces(gray_image(width, height), [reading(Box(0, 0, 8, 8))])
    assert drawn.shape == (height, width, 3)


def test_a_number_stands_before_the_label() -> None:
    image = np.full((240, 320, 3), 128, np.uint8)
    face = reading(Box(100, 100, 100, 100), "happy", 0.9)
    plain, numbered = draw_faces(image, [face]), with_options(image, [face], numbers=[7])
    changed = np.any(plain != numbered, axis=2)
    assert changed.any()
    assert not changed[100:].any()  # the label above the face, and nothing else


def test_the_label_of_what_is_uncertain_is_hollow() -> None:
    """Two greys alone, neutral and uncertain, are told apart by few."""
    inside = {
        name: draw_faces(gray_image(), [answer(Box(200, 150, 120, 120), name)])[137:146, 203]
        for name in ("neutral", "uncertain")
    }
    assert (inside["neutral"] == answer_color_bgr("neutral")).all()
    assert (inside["uncertain"] == 0).all()
