from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import crop_face, crop_faces


def test_crop_is_the_box_reduced() -> None:
    gray = np.zeros((200, 300), np.uint8)
    gray[50:146, 100:148] = 200  # the left half of the box
    crop = crop_face(gray, Box(100, 50, 96, 96))
    assert crop.shape == (48, 48)
    assert crop.dtype == np.uint8
    assert (crop[:, :24] == 200).all()
    assert (crop[:, 24:] == 0).all()


def test_crop_of_the_networks_size_is_unchanged() -> None:
    gray = np.random.default_rng(0).integers(0, 256, (60, 70), np.uint8)
    np.testing.assert_array_equal(crop_face(gray, Box(3, 5, 48, 48)), gray[5:53, 3:51])


@pytest.mark.parametrize("angle", [-40.0, -12.0, 12.0, 40.0])
def test_a_tilted_face_is_cropped_upright(astronaut: np.ndarray, angle: float) -> None:
    """Turn the picture, tell the box, and the crop is what it was before, but for resampling."""
    gray = cv2.cvtColor(astronaut, cv2.COLOR_BGR2GRAY)
    box = Box(160, 70, 120, 120)
    matrix = cv2.getRotationMatrix2D(box.center, -angle, 1.0)
    turned = cv2.warpAffine(gray, matrix, gray.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    upright = crop_face(gray, box).astype(int)
    tilted = crop_face(turned, replace(box, angle=angle)).astype(int)
    wrong = crop_face(turned, replace(box, angle=-angle)).astype(int)
    assert np.abs(tilted - upright).mean() < 6
    assert np.abs(wrong - upright).mean() > 12


def test_a_slight_tilt_is_left(astronaut: np.ndarray) -> None:
    gray = cv2.cvtColor(astronaut, cv2.COLOR_BGR2GRAY)
    box = Box(160, 70, 120, 120)
    np.testing.assert_array_equal(crop_face(gray, replace(box, angle=4.0)), crop_face(gray, box))


def test_crop_is_square_around_the_boxs_center() -> None:
    gray = np.random.default_rng(0).integers(0, 256, (100, 100), np.uint8)
    np.testing.assert_array_equal(
        crop_face(gray, Box(40, 26, 20, 48)), crop_face(gray, Box(26, 26, 48, 48))
    )


def test_crop_enlarges_smoothly() -> None:
    gray = np.tile(np.arange(0, 240, 10, dtype=np.uint8), (24, 1))
    crop = crop_face(gray, Box(0, 0, 24, 24)).astype(int)
    assert (np.diff(crop, axis=1) <= 6).all()


@pytest.mark.parametrize(
    "box",
    [Box(-24, 0, 48, 48), Box(0, -24, 48, 48), Box(36, 0, 48, 48), Box(-500, -500, 1060, 1060)],
)
def test_crop_beyond_the_picture_repeats_the_border(box: Box) -> None:
    gray = np.full((48, 60), 77, np.uint8)
    assert (crop_face(gray, box) == 77).all()


@pytest.mark.parametrize("box", [Box(60, 0, 10, 10), Box(-10, 0, 10, 10), Box(0, 200, 5, 5)])
def test_crop_outside_the_picture_is_refused(box: Box) -> None:
    with pytest.raises(ValueError, match="must overlap the picture of 60x48"):
        crop_face(np.zeros((48, 60), np.uint8), box)


def test_crops_of_several_and_of_no_faces() -> None:
    gray = np.random.default_rng(0).integers(0, 256, (100, 100), np.uint8)
    boxes = [Box(0, 0, 30, 30), Box(20, 30, 60, 60)]
    crops = crop_faces(gray, boxes)
    assert crops.shape == (2, 48, 48)
    np.testing.assert_array_equal(crops[1], crop_face(gray, boxes[1]))
    assert crop_faces(gray, []).shape == (0, 48, 48)
    assert crop_faces(gray, []).dtype == np.uint8
