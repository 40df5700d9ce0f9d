from __future__ import annotations

import cv2
import numpy as np

from pages.viewer.pictures import MOST_PIXELS, WIDEST_SHOWN, for_display, read_upload


def test_what_a_page_keeps_is_bounded():
    content = cv2.imencode(".png", np.zeros((8000, 8000), np.uint8))[1].tobytes()
    image = read_upload(content, "a.png")
    assert image.shape == (4000, 4000, 3)
    assert image.shape[0] * image.shape[1] <= MOST_PIXELS


def test_what_a_page_shows_is_no_wider_than_it_is_shown():
    image = np.zeros((600, WIDEST_SHOWN, 3), np.uint8)
    assert for_display(image) is image
    assert for_display(np.zeros((3000, 10 * WIDEST_SHOWN, 3), np.uint8)).shape == (
        300,
        WIDEST_SHOWN,
        3,
    )
    assert for_display(np.zeros((1, 60_000, 3), np.uint8)).shape == (1, WIDEST_SHOWN, 3)
