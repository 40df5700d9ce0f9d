"""Frames to pictures and back, the quick way and the general one."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
import skimage.data
from av.video.reformatter import ColorRange

from emotion_core.faces.pictures.images import to_gray
from emotion_core.video.frames import frame_of, pictures_of


def portrait(width: int, height: int) -> np.ndarray:
    return cv2.resize(skimage.data.astronaut()[..., ::-1], (width, height))


def decoded(image: np.ndarray, pixel_format: str = "yuv420p") -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format=pixel_format)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "yuv422p", "bgr24", "gray"])
@pytest.mark.parametrize("size", [(640, 480), (36, 20), (35, 21), (1, 1)])
def test_pictures_are_those_of_the_general_way(pixel_format: str, size: tuple[int, int]) -> None:
    frame = decoded(portrait(*size), pixel_format)
    (picture, gray), general = pictures_of(frame), frame.to_ndarray(format="bgr24")
    assert picture.shape == (size[1], size[0], 3)
    assert np.abs(picture.astype(int) - general).max() <= 4
    assert gray.shape == (size[1], size[0])
    # Colours that a screen cannot show are cut off in one of them only.
    assert np.abs(gray.astype(int) - to_gray(picture)).mean() < 1


@pytest.mark.parametrize("pixel_format", ["yuv420p", "bgr24"])
def test_who_draws_on_the_picture_leaves_the_frame_as_it_was(pixel_format: str) -> None:
    frame = decoded(portrait(64, 48), pixel_format)
    before = frame.to_ndarray().copy()
    picture, _ = pictures_of(frame)
    picture[:] = 0
    np.testing.assert_array_equal(frame.to_ndarray(), before)


def test_video_of_the_full_range_keeps_its_contrast() -> None:
    frame = decoded(portrait(64, 48))
    usual = [picture.std() for picture in pictures_of(frame)]
    frame.color_range = ColorRange.JPEG
    full = [picture.std() for picture in pictures_of(frame)]
    assert all(less < 0.95 * more for less, more in zip(full, usual, strict=True))


@pytest.mark.parametrize("size", [(640, 480), (35, 20), (1, 1)])
def test_frames_hold_the_picture_at_the_time_of_the_original(size: tuple[int, int]) -> None:
    original = decoded(portrait(64, 48))
    original.pts, original.time_base = 900, Fraction(1, 90000)
    image = portrait(*size)
    frame = frame_of(image, original)
    assert (frame.pts, frame.time_base) == (900, Fraction(1, 90000))
    assert (frame.width, frame.height) == size
    assert np.abs(frame.to_ndarray(format="bgr24").astype(int) - image).mean() < 4


def test_an_encoder_need_not_convert_the_frame() -> None:
    assert frame_of(portrait(64, 48), decoded(portrait(64, 48))).format.name == "yuv420p"
