"""A camera that is plugged into this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from emotion_core.errors import SourceLostError
from emotion_core.video.fitting import fit_frame
from emotion_core.video.sources import PluggedCamera


class PluggedVideo:
    """A camera as OpenCV reads it, on Linux, macOS and Windows alike."""

    paced = False
    complaint = ""

    def __init__(self, camera: PluggedCamera) -> None:
        self._camera = camera
        _expect_device(camera)
        self._capture = cv2.VideoCapture(camera.index)
        # The newest picture, not one that has waited.
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if not self._capture.isOpened():
            self._capture.release()
            raise SourceLostError(
                f"expected {camera.name}, found that it cannot be opened; check whether it is "
                "plugged in, whether another program uses it, and whether this one may"
            )

    def close(self) -> None:
        """Let go of the camera."""
        self._capture.release()

    def frames(self) -> Iterator[av.VideoFrame | None]:
        """Yield frames that fit; see `emotion_core.video.opening.OpenVideo`."""
        while True:
            read, image = self._capture.read()
            if not read:
                raise SourceLostError(
                    f"expected a picture from {self._camera.name}, found none; "
                    "check whether it is still plugged in"
                )
            pixels = np.asarray(image, np.uint8)
            yield fit_frame(av.VideoFrame.from_ndarray(pixels, format="bgr24"))


def _expect_device(camera: PluggedCamera) -> None:
    """Raise what OpenCV would only print: there is no such camera."""
    device = Path(f"/dev/video{camera.index}")
    if sys.platform == "linux" and not device.exists():
        raise SourceLostError(
            f"expected {camera.name}, found no {device}; plug it in, or choose another number"
        )
