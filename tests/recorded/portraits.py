"""Films of a real face, which is in the public domain."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import skimage.data

RATE = 20
SIZE = (320, 240)


def write_portrait_film(path: Path, seconds: float = 3.0) -> Path:
    """Write a film of an astronaut who sways, `RATE` frames a second."""
    portrait = np.ascontiguousarray(skimage.data.astronaut()[:260, 90:350, ::-1])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"g": "20"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for index in range(round(seconds * RATE)):
            matrix = np.array([[0.9, 0, 40 + 20 * math.sin(index / 15)], [0, 0.9, 3.0]])
            image = cv2.warpAffine(portrait, matrix, SIZE, borderMode=cv2.BORDER_REPLICATE)
            frame = av.VideoFrame.from_ndarray(np.asarray(image, np.uint8), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
