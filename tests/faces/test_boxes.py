import pytest

from emotion_core.faces.boxes import Box, intersection_over_union


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-1, 5)])
def test_box_without_area_is_refused(size):
    with pytest.raises(ValueError, match="width and height of at least 1"):
        Box(0, 0, *size)


def test_scaled_moves_and_grows():
    assert Box(10, 20, 30, 40).scaled(2) == Box(20, 40, 60, 80)
    assert Box(0, 0, 1, 1).scaled(0.1) == Box(0, 0, 1, 1)


def test_square_keeps_the_center_and_the_longer_side():
    square = Box(10, 0, 20, 40).to_square()
    assert (square.width, square.height) == (40, 40)
    assert square.center == Box(10, 0, 20, 40).center


def test_square_may_reach_beyond_the_image():
    assert Box(0, 0, 10, 10).to_square(2.0) == Box(-5, -5, 20, 20)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (Box(0, 0, 10, 10), 1.0),
        (Box(5, 0, 10, 10), 1 / 3),
        (Box(10, 0, 10, 10), 0.0),
        (Box(0, 0, 5, 10), 0.5),
    ],
)
def test_intersection_over_union(other, expected):
    box = Box(0, 0, 10, 10)
    assert intersection_over_union(box, other) == pytest.approx(expected)
    assert intersection_over_union(other, box) == pytest.approx(expected)
