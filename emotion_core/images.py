"""Pictures: reading and encoding."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import ImageError


def read_image(source: Path | bytes, name: str = "picture") -> NDArray[np.uint8]:
    """Return the picture in a file, or in a file's bytes, as BGR."""
    if isinstance(source, Path):
        name = str(source)
        try:
            source = source.read_bytes()
        except OSError as error:
            raise ImageError(f"{name}: cannot be read ({error.strerror})") from error
    image = cv2.imdecode(np.frombuffer(source, np.uint8), cv2.IMREAD_COLOR) if source else None
    if image is None:
        raise ImageError(f"{name}: expected a picture such as JPEG or PNG")
    return np.asarray(image, np.uint8)


def to_gray(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ``image`` (BGR ``[H, W, 3]`` or grey ``[H, W]``) as grey uint8 ``[H, W]``."""
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Return a BGR or grey uint8 picture as the bytes of a PNG file."""
    return cv2.imencode(".png", image)[1].tobytes()


def encode_jpeg(image: NDArray[np.uint8], quality: int = 92) -> bytes:
    """Return a BGR or grey uint8 picture as the bytes of a JPEG file."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
