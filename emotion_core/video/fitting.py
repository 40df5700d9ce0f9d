"""Frames of any video as the app takes them: upright, of square pixels, planar, not too large."""

from __future__ import annotations

from typing import Final

import av
import numpy as np
from av.sidedata.sidedata import SideData
from numpy.typing import NDArray

from emotion_core.video.tones import is_pq, usual_tones

#: Larger frames are scaled down: a face is read at 48x48.
LARGEST_FRAME: Final = (1280, 720)
#: What `fit_frame` gives, in even widths and heights: what decoders give and encoders take.
PIXEL_FORMAT: Final = "yuv420p"


def fit_frame(frame: av.VideoFrame, pixel_aspect: float = 1.0) -> av.VideoFrame:
    """Return ``frame`` upright, with square pixels, as yuv420p, and no larger than `LARGEST_FRAME`.

    A frame that stands upright may be as high as others are wide. PQ (HDR) gets the tones of
    usual video. The time stamp is kept.

    Args:
        frame: a decoded frame of any size and pixel format.
        pixel_aspect: width of a pixel by its height.
    """
    width, height = _fitted_size(frame.width * pixel_aspect, frame.height)
    # Phones film as they are held, and write down how to turn the picture.
    turning = _turning(frame)
    if is_pq(frame):
        image = _turned(usual_tones(frame, width, height), turning)
        fitted = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format=PIXEL_FORMAT)
    elif any(turning.values()):
        image = np.asarray(frame.to_ndarray(format="bgr24", width=width, height=height), np.uint8)
        turned = av.VideoFrame.from_ndarray(_turned(image, turning), "bgr24")
        fitted = turned.reformat(format=PIXEL_FORMAT)
    else:
        fitted = frame.reformat(width=width, height=height, format=PIXEL_FORMAT)
    fitted.pts = frame.pts
    if frame.time_base is not None:
        fitted.time_base = frame.time_base
    return fitted


def _turned(image: NDArray[np.uint8], turning: dict[str, bool]) -> NDArray[np.uint8]:
    if not any(turning.values()):
        return image
    # Only here: who decodes video in a process of its own starts sooner without OpenCV.
    from emotion_core.faces.pictures.images import turned

    return turned(image, **turning)


def _turning(frame: av.VideoFrame) -> dict[str, bool]:
    """Return what ``turned`` has to do to a frame, by multiples of 90 degrees, as ffmpeg does.

    `av.VideoFrame.rotation` does not tell a mirrored picture from one that is turned.
    """
    found = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(found, SideData):
        return {}
    # A point (x, y) is shown at (a * x + c * y, b * x + d * y).
    a, b, _, c, d = np.frombuffer(bytes(found), np.int32, 5).tolist()
    transposed = abs(b) > abs(a)
    return {
        "transposed": transposed,
        "upside_down": (b if transposed else d) < 0,
        "mirrored": (c if transposed else a) < 0,
    }


def _fitted_size(width: float, height: float) -> tuple[int, int]:
    longest, shortest = LARGEST_FRAME
    scale = min(1.0, longest / max(width, height), shortest / min(width, height))
    # Even, as the encoder wants it.
    return max(2, 2 * round(scale * width / 2)), max(2, 2 * round(scale * height / 2))
