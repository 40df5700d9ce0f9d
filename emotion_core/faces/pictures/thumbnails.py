"""Many faces as one picture, so that a page of hundreds is one file and not hundreds."""

from __future__ import annotations

import base64
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import FACE_SIZE
from emotion_core.faces.pictures.images import encode_png

#: Faces side by side in a sheet. Sheets of a full page are about as wide as high.
SHEET_COLUMNS: Final = 12


def contact_sheet(
    images: NDArray[np.uint8], columns: int = SHEET_COLUMNS, fill: int = 0
) -> NDArray[np.uint8]:
    """Lay faces out row by row.

    Args:
        images: uint8 ``[N, 48, 48]``; N may be 0.
        columns: faces side by side, at least 1; fewer when there are fewer faces.
        fill: grey 0..255 of places without a face.

    Returns:
        uint8 ``[48 * rows, 48 * columns]``; one empty place when N is 0.
    """
    columns = max(1, min(columns, len(images)))
    rows = max(1, -(-len(images) // columns))
    places = np.full((rows * columns, FACE_SIZE, FACE_SIZE), fill, np.uint8)
    places[: len(images)] = images
    grid = places.reshape(rows, columns, FACE_SIZE, FACE_SIZE).swapaxes(1, 2)
    return grid.reshape(rows * FACE_SIZE, columns * FACE_SIZE)


def png_address(image: NDArray[np.uint8]) -> str:
    """Return a grey or BGR picture as a ``data:`` address that any ``img`` or style sheet takes.

    PNG because the grid is where one looks for flaws: JPEG would add its own. Lossless WebP
    saves a tenth of the bytes and takes ten times as long.
    """
    return f"data:image/png;base64,{base64.b64encode(encode_png(image)).decode()}"
