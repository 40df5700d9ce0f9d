from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from emotion_core.faces.pictures.thumbnails import contact_sheet, png_address


@pytest.mark.parametrize(
    ("count", "columns", "shape"),
    [
        (0, 12, (48, 48)),
        (1, 12, (48, 48)),
        (5, 12, (48, 240)),
        (12, 12, (48, 576)),
        (13, 12, (96, 576)),
        (3, 1, (144, 48)),
    ],
)
def test_a_sheet_is_as_large_as_its_faces_need(count, columns, shape):
    assert contact_sheet(np.zeros((count, 48, 48), np.uint8), columns).shape == shape


def test_faces_lie_row_by_row_and_the_rest_is_filled():
    images = np.arange(5, dtype=np.uint8).repeat(48 * 48).reshape(5, 48, 48) + 10
    sheet = contact_sheet(images, columns=3, fill=200)
    middles = sheet[24::48, 24::48]
    assert middles.tolist() == [[10, 11, 12], [13, 14, 200]]
    assert (sheet[:48, 48:96] == 11).all()


def test_faces_of_a_read_only_array_are_left_alone():
    images = np.zeros((2, 48, 48), np.uint8)
    images.flags.writeable = False
    contact_sheet(images)[:] = 1
    assert images.sum() == 0


def test_an_address_holds_the_very_pixels():
    image = np.random.default_rng(0).integers(0, 256, (96, 48)).astype(np.uint8)
    kind, content = png_address(image).split(",")
    assert kind == "data:image/png;base64"
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(content), np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(decoded, image)
