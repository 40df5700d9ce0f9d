"""Pictures that viewers upload: which are taken, on every page alike."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.faces.pictures.apart import read_image_apart
from emotion_core.faces.pictures.images import HEIC_ADVICE, PICTURE_SUFFIXES
from pages.viewer.uploads import LARGEST_PICTURE

#: Options of ``st.file_uploader``.
MANY_PICTURES: Final[dict[str, Any]] = {
    "type": PICTURE_SUFFIXES,
    "help": f"HEIC is not supported; {HEIC_ADVICE}.",
    "accept_multiple_files": True,
    "max_upload_size": LARGEST_PICTURE,
}
#: ... of one that takes a single picture.
ONE_PICTURE: Final = MANY_PICTURES | {"accept_multiple_files": False}

#: A page keeps the picture that a viewer looks at: larger ones are halved, as commands do with
#: JPEG files of twice the size. Phones have 50 megapixels.
MOST_PIXELS: Final = 52_000_000
#: In pixels, what Streamlit scales pictures down to.
WIDEST_SHOWN: Final = 1460


def read_upload(content: bytes, name: str) -> NDArray[np.uint8]:
    """Return a viewer's picture, halved where it is very large.

    A viewer who leaves or goes on is not waited for.

    Returns:
        uint8 ``[H, W, 3]``, BGR.

    Raises:
        ImageError: the content is no picture.
    """
    return read_image_apart(content, name, _let_viewer_go, MOST_PIXELS)


def read_again(content: bytes, name: str) -> NDArray[np.uint8]:
    """Return the picture that ``read_upload`` gave, in a thread that knows no viewer.

    Raises:
        ImageError: it cannot be read any more, as when the machine is too busy.
    """
    return read_image_apart(content, name, None, MOST_PIXELS)


def for_display(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture no wider than Streamlit shows it, which copies it several times before.

    Args:
        image: uint8 ``[H, W, 3]``.

    Returns:
        uint8 ``[H, W, 3]``.
    """
    height, width = image.shape[:2]
    if width <= WIDEST_SHOWN:
        return image
    size = WIDEST_SHOWN, max(1, round(height * WIDEST_SHOWN / width))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _let_viewer_go(share: float) -> None:  # noqa: ARG001
    """Come to one of the places at which Streamlit ends a run that nobody wants any more."""
    _ = "picture" in st.session_state
