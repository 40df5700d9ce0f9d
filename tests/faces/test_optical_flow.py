"""Motion of faces between two frames, against films whose motion is known."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from emotion_core.faces.optical_flow import (
    correlation,
    face_motions,
    halved,
    is_cut,
    upright_patch,
    wrapped_degrees,
)
from tests.films import scene, wall


@dataclass
class Placed:
    x: float
    y: float
    side: float
    angle: float = 0.0


@pytest.mark.parametrize(
    ("after", "shift", "scale", "turn"),
    [
        ((320, 240, 130, 0), (0, 0), 1, 0),
        ((328, 235, 130, 0), (8, -5), 1, 0),
        ((320, 240, 143, 0), (0, 0), 1.1, 0),
        ((320, 240, 130, 6), (0, 0), 1, 6),
        ((326, 244, 136, -4), (6, 4), 136 / 130, -4),
    ],
)
def test_shift_growth_and_turn_are_those_of_the_film(after, shift, scale, turn):
    frames = scene([(320, 240, 130, 0)]), scene([after])
    (motion,) = face_motions(*frames, [Placed(320, 240, 130)], 1.0)
    assert (motion.x, motion.y) == pytest.approx(shift, abs=1.5)
    assert motion.scale == pytest.approx(scale, abs=0.02)
    assert motion.turn == pytest.approx(turn, abs=1)


def test_motion_is_told_in_pixels_of_the_picture_not_of_the_reduced_frame():
    frames = [
        cv2.resize(scene([face]), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        for face in ((320, 240, 130, 0), (330, 234, 130, 0))
    ]
    (motion,) = face_motions(*frames, [Placed(320, 240, 130)], 0.5)
    assert (motion.x, motion.y) == pytest.approx((10, -6), abs=1.5)


def test_each_face_has_its_own_motion():
    frames = (
        scene([(160, 240, 120, 0), (480, 240, 120, 0)]),
        scene([(167, 240, 120, 0), (480, 234, 120, 0)]),
    )
    left, right = face_motions(*frames, [Placed(160, 240, 120), Placed(480, 240, 120)], 1.0)
    assert (left.x, left.y) == pytest.approx((7, 0), abs=1.5)
    assert (right.x, right.y) == pytest.approx((0, -6), abs=1.5)


def test_no_face_has_no_motion():
    frame = wall()
    assert face_motions(frame, frame, [], 1.0) == []


def test_a_face_that_is_gone_is_lost():
    noise = np.random.default_rng(0).integers(0, 256, (480, 640), np.uint8)
    assert face_motions(scene([(320, 240, 130, 0)]), noise, [Placed(320, 240, 130)], 1.0) == [None]


@pytest.mark.parametrize(("side", "is_lost"), [(50, True), (60, False), (110, False), (160, True)])
def test_growth_that_no_face_has_between_two_frames_is_a_failure(side, is_lost):
    frames = scene([(320, 240, 80, 0)]), scene([(320, 240, side, 0)])
    (motion,) = face_motions(*frames, [Placed(320, 240, 80)], 1.0)
    assert (motion is None) is is_lost


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [(0, 0), (179, 179), (180, -180), (-180, -180), (190, -170), (-190, 170), (725, 5)],
)
def test_wrapped_degrees(degrees, expected):
    assert wrapped_degrees(degrees) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((480, 640), (240, 320)),
        ((479, 640), (479, 640)),
        ((1080, 1920), (270, 480)),
        ((2160, 3840), (270, 480)),
        ((240, 4000), (240, 4000)),
        ((1, 1), (1, 1)),
    ],
)
def test_a_frame_is_halved_until_its_shorter_side_is_below_480(size, expected):
    assert halved(np.zeros(size, np.uint8)).shape == expected


def test_a_cut_is_told_from_a_motion():
    still, moved = scene([(320, 240, 130, 0)]), scene([(340, 250, 140, 5)])
    assert not is_cut(still, still)
    assert not is_cut(still, moved)
    assert is_cut(still, wall("coffee"))
    assert not is_cut(still, cv2.resize(moved, (320, 240)))  # of any size


def test_a_patch_is_the_face_upright():
    face = scene([(320, 240, 130, 0)])
    tilted = scene([(300, 250, 130, 20)])
    upright = upright_patch(face, Placed(320, 240, 130), 1.0)
    assert upright.shape == (24, 24)
    assert upright.dtype == np.float32
    assert correlation(upright, upright_patch(tilted, Placed(300, 250, 130, 20), 1.0)) > 0.9
    assert correlation(upright, upright_patch(tilted, Placed(300, 250, 130, -20), 1.0)) < 0.8


def test_a_patch_beyond_the_edge_repeats_it():
    patch = upright_patch(np.full((40, 40), 90, np.uint8), Placed(0, 0, 30), 1.0)
    np.testing.assert_array_equal(patch, np.full((24, 24), 90, np.float32))


def test_correlation():
    ramp = np.arange(16, dtype=np.float32).reshape(4, 4)
    flat = np.full((4, 4), 7, np.float32)
    assert correlation(ramp, 3 * ramp + 5) == pytest.approx(1)
    assert correlation(ramp, -ramp) == pytest.approx(-1)
    assert correlation(flat, flat + 100) == 1
    assert correlation(flat, ramp) == correlation(ramp, flat) == 0
