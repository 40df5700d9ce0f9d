"""Frames of live video to BGR pictures and back, the quick way where there is one.

OpenCV converts decoded video (planes of 4:2:0, ITU-R BT.601, 16 to 235) in a fraction of the time
that FFmpeg's scaler takes, and an encoder takes such a frame as it is, where it would have to
convert a BGR one first.
"""

from __future__ import annotations

from typing import Any, Final

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

_PLANAR: Final = "yuv420p"


def picture_of(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Return the frame's picture, BGR uint8 ``[height, width, 3]``.

    Args:
        frame: of any size and pixel format.
    """
    array: NDArray[Any]
    if _is_usual(frame):
        array = cv2.cvtColor(frame.to_ndarray(), cv2.COLOR_YUV2BGR_I420)
    else:
        array = frame.to_ndarray(format="bgr24")
    return np.asarray(array, np.uint8)


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
    return frame.format.name == _PLANAR and even and frame.color_range != ColorRange.JPEG
