"""Searching a picture in steps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from emotion_core.faces.boxes import Box, intersection_over_union
from emotion_core.faces.finding.search import (
    DetectorFaceFinder,
    Find,
    HaarFaceFinder,
    _plan,
    _strip,
)
from tests.films import box_of, scene, wall

SMALLEST = 0.125


@pytest.fixture(scope="module")
def finder() -> HaarFaceFinder:
    return HaarFaceFinder()


def search_all(finder: HaarFaceFinder, gray: np.ndarray, smallest: float) -> list[Find]:
    steps = len(_plan(gray.shape[1] / gray.shape[0], smallest))
    return [find for _ in range(steps) for find in finder.search(gray, smallest)]


@pytest.mark.parametrize("aspect", [9 / 16, 1.0, 4 / 3, 20.0])
@pytest.mark.parametrize("smallest", [0.05, 0.125, 0.25, 1.0])
@pytest.mark.parametrize("longer", [64, 1921])
def test_strips_leave_no_gap_and_overlap_by_the_largest_face(aspect, smallest, longer):
    shape = (round(longer / aspect), longer) if aspect >= 1 else (longer, round(longer * aspect))
    gray = np.zeros((max(1, shape[0]), max(1, shape[1])), np.uint8)
    for step in _plan(aspect, smallest):
        if step.strip[1] == 1:
            continue
        strips = [
            _strip(gray, type(step)(step.lines, step.sides, strip=(index, step.strip[1])))
            for index in range(step.strip[1])
        ]
        axis = int(gray.shape[1] >= gray.shape[0])
        spans = [
            (
                view.origin[1 - axis],
                view.origin[1 - axis] + view.pixels.shape[axis] * view.pixel_side,
            )
            for view in strips
        ]
        assert spans[0][0] == 0
        assert spans[-1][1] == pytest.approx(gray.shape[axis], abs=strips[0].pixel_side + 1)
        face = min(step.sides[1] * strips[0].pixel_side, gray.shape[axis])
        for (_, end), (start, _) in itertools.pairwise(spans):
            assert end - start >= face - 2 * strips[0].pixel_side - 1


@pytest.mark.parametrize("x", [100, 200, 330, 540])
@pytest.mark.parametrize("side", [66, 180])
def test_a_face_anywhere_is_found_in_one_round(finder, x, side):
    face = (float(x), 240.0, float(side), 0.0)
    finds = search_all(finder, scene([face]), SMALLEST)
    assert max(intersection_over_union(find.box, box_of(face)) for find in finds) > 0.5


@pytest.mark.parametrize("degrees", [-40, 30])
def test_a_tilted_face_is_found_at_its_angle_and_confirmed(finder, degrees):
    face = (320.0, 240.0, 160.0, float(degrees))
    picture = scene([face])
    finds = [find for find in search_all(finder, picture, SMALLEST) if find.angle * degrees > 0]
    assert finds
    find = finder.confirm(picture, finds[0], 0)
    assert find is not None
    assert intersection_over_union(find.box, box_of(face)) > 0.5


def test_a_face_is_confirmed_and_what_is_none_is_not(finder):
    face = (320.0, 240.0, 130.0, 0.0)
    assert finder.confirm(scene([face]), Find(box_of(face)), 0) is not None
    for attempt in range(4):
        assert finder.confirm(wall("brick"), Find(box_of(face)), attempt) is None


def test_a_known_face_is_found_again_nearby(finder):
    face = (320.0, 240.0, 130.0, 0.0)
    find = finder.follow(scene([face]), Find(Box(270, 190, 120, 120)), 0)
    assert find is not None
    assert intersection_over_union(find.box, box_of(face)) > 0.7
    assert finder.follow(wall("brick"), Find(box_of(face)), 0) is None


def test_a_known_face_is_looked_for_at_other_angles(finder):
    face = (320.0, 240.0, 130.0, 35.0)
    looks = [finder.follow(scene([face]), Find(box_of(face)), attempt) for attempt in range(7)]
    assert any(look is not None and look.angle == 30 for look in looks)


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (24, 3000)])
def test_degenerate_pictures(finder, shape):
    gray = np.zeros(shape, np.uint8)
    assert search_all(finder, gray, SMALLEST) == []
    assert finder.confirm(gray, Find(Box(0, 0, 1, 1)), 0) is None
    assert finder.follow(gray, Find(Box(0, 0, 1, 1)), 0) is None


class Finds:
    """A detector that finds one box, whatever the picture shows."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.shapes: list[tuple[int, ...]] = []

    def detect(self, image: np.ndarray) -> list[Box]:
        self.shapes.append(image.shape)
        return [self.box]


def test_any_detector_searches_a_reduced_picture():
    detector = Finds(Box(10, 20, 60, 60))
    finder = DetectorFaceFinder(detector)
    gray = np.zeros((480, 640), np.uint8)
    assert finder.search(gray, SMALLEST) == [Find(Box(20, 40, 120, 120))]
    assert detector.shapes == [(240, 320)]
    assert finder.search(gray, 0.5) == []
    find = Find(Box(5, 5, 9, 9))
    assert finder.confirm(gray, find, 0) is find


def test_any_detector_follows_around_the_face():
    finder = DetectorFaceFinder(Finds(Box(50, 50, 100, 100)))
    gray = np.zeros((480, 640), np.uint8)
    assert finder.follow(gray, Find(Box(200, 200, 100, 100)), 0) == Find(Box(200, 200, 100, 100))
    assert finder.follow(gray, Find(Box(400, 200, 20, 20)), 0) is None
