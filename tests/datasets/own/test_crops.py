from __future__ import annotations

import cv2
import numpy as np
import skimage.data

from emotion_core.datasets.own.crops import found_crops, whole_crop
from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import crop_face
from emotion_core.faces.finding.detectors import PHOTO_SETTINGS, HaarFaceDetector
from emotion_core.faces.pictures.images import to_gray


class FixedDetector:
    def __init__(self, *boxes: Box) -> None:
        self.boxes = list(boxes)

    def detect(self, _: np.ndarray) -> list[Box]:
        return self.boxes


def test_faces_come_from_left_to_right_by_the_one_rule(faces):
    image = cv2.cvtColor(np.hstack([*faces[:3]]), cv2.COLOR_GRAY2BGR)
    boxes = Box(96, 0, 48, 48), Box(0, 0, 48, 48, angle=30.0)
    crops = found_crops(image, FixedDetector(*boxes))
    assert crops.shape == (2, 48, 48)
    np.testing.assert_array_equal(crops[0], crop_face(to_gray(image), boxes[1]))
    np.testing.assert_array_equal(crops[1], faces[2])


def test_no_face():
    crops = found_crops(np.zeros((60, 80, 3), np.uint8), FixedDetector())
    assert crops.shape == (0, 48, 48)


def test_a_real_tilted_face_stands_upright():
    image = cv2.cvtColor(skimage.data.astronaut()[:300, 75:375], cv2.COLOR_RGB2BGR)
    turn = cv2.getRotationMatrix2D((150, 150), 30, 1.0)
    detector = HaarFaceDetector(PHOTO_SETTINGS)
    (upright,) = found_crops(image, detector)
    (tilted,) = found_crops(cv2.warpAffine(image, turn, (300, 300)), detector)
    assert np.corrcoef(upright.ravel(), tilted.ravel())[0, 1] > 0.7


def test_a_crop_of_the_right_size_stays(faces):
    np.testing.assert_array_equal(whole_crop(cv2.cvtColor(faces[0], cv2.COLOR_GRAY2BGR)), faces[0])


def test_other_sizes(faces):
    doubled = faces[0].repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(whole_crop(doubled), faces[0])  # averaged
    wide = np.hstack([np.zeros((96, 20), np.uint8), doubled, np.zeros((96, 20), np.uint8)])
    np.testing.assert_array_equal(whole_crop(wide), faces[0])
    np.testing.assert_array_equal(whole_crop(wide.T), faces[0].T)
    assert whole_crop(np.full((1, 1), 77, np.uint8)).tolist() == [[77] * 48] * 48
