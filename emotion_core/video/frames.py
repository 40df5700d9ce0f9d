"""Frames of live video to BGR pictures and back, the quick way where there is one.

OpenCV converts decoded video (planes of 4:2:0, ITU-R BT.601, 16 to 235) in a fraction of the time
that FFmpeg's scaler takes, and an encoder takes such a frame as it is, where it would have to
convert a BGR one first.
"""

from __future__ import annotations

from typing import Final

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from emotion_core.faces.pictures.images import to_gray

_PLANAR: Final = "yuv420p"
# What weighs red, green and blue in a frame's luma, as frames say it (ISO/IEC 23091-2, matrix
# coefficients): ITU-R BT.601 (BT.470 System B, G, SMPTE 170M, or nothing is said), and BT.709, HD.
_BT601: Final = (2, 5, 6)
_BT709: Final = 1
# Grey 0..255 for luma 16..235.
_FULL_RANGE: Final = np.clip((np.arange(256) - 16) * (255 / 219), 0, 255).round().astype(np.uint8)


def _encoding(red: float, blue: float) -> NDArray[np.float64]:
    """Return what makes luma and chroma of blue, green and red, float64 ``[3, 3]``."""
    luma = np.array([blue, 1 - red - blue, red])
    of_blue = (np.array([1, 0, 0]) - luma) / (2 - 2 * blue)
    of_red = (np.array([0, 0, 1]) - luma) / (2 - 2 * red)
    return np.array([luma, of_blue, of_red])


# From a picture that was taken for one of BT.601, all that OpenCV knows, to one of BT.709.
_TO_BT709: Final = np.linalg.inv(_encoding(0.2126, 0.0722)) @ _encoding(0.299, 0.114)


def pictures_of(frame: av.VideoFrame) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the frame's picture in colour and in grey.

    Args:
        frame: of any size and pixel format.

    Returns:
        BGR uint8 ``[height, width, 3]``, the caller's to draw on, and uint8 ``[height, width]``.
    """
    if not _is_usual(frame):
        image = np.array(frame.to_ndarray(format="bgr24"), np.uint8)
        return image, to_gray(image)
    planes = frame.to_ndarray()
    image = np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), np.uint8)
    if frame.colorspace == _BT709:
        cv2.transform(image, _TO_BT709, dst=image)
    # The first plane is the grey picture but for its range, and but for its weights in HD.
    return image, np.asarray(cv2.LUT(planes[: frame.height], _FULL_RANGE), np.uint8)


def gray_picture_of(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Return the frame's picture in grey alone, as `pictures_of` does.

    Args:
        frame: of any size and pixel format.

    Returns:
        uint8 ``[height, width]``.
    """
    if not _is_usual(frame):
        return pictures_of(frame)[1]
    plane = frame.planes[0]
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return np.asarray(cv2.LUT(lines[: frame.height, : frame.width], _FULL_RANGE), np.uint8)


def frame_of(image: NDArray[np.uint8], original: av.VideoFrame) -> av.VideoFrame:
    """Return ``image`` (BGR uint8 ``[height, width, 3]``) as a frame with another one's time.

    Args:
        image: of any size.
        original: the frame that gives the time stamp.
    """
    if image.shape[0] % 2 == 0 and image.shape[1] % 2 == 0:
        planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
        result = av.VideoFrame.from_ndarray(planes, format=_PLANAR)
    else:  # halves of odd sizes: FFmpeg knows how to round them
        result = av.VideoFrame.from_ndarray(image, format="bgr24")
    result.pts = original.pts
    if original.time_base is not None:
        result.time_base = original.time_base
    return result


def _is_usual(frame: av.VideoFrame) -> bool:
    """Return whether the frame is what decoders of web video give."""
    even = frame.width % 2 == 0 and frame.height % 2 == 0
    return (
        frame.format.name == _PLANAR
        and even
        and frame.color_range != ColorRange.JPEG
        and frame.colorspace in (*_BT601, _BT709)
    )
