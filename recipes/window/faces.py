"""FER2013 from its mosaics: pictures of 80 columns of 48 x 48 tiles, with one CSV file of labels.

Only NumPy and Pillow are needed: a rented GPU has no package of this project.
"""

from __future__ import annotations

import csv
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE: Final = 48
COLUMNS: Final = 80
LABELS_FILE: Final = "labels.csv"


@dataclass(frozen=True)
class Faces:
    """Images and labels of one split, in the order of the official file.

    Attributes:
        images: uint8 ``[N, 48, 48]``, grey.
        labels: int64 ``[N]``, FER2013's codes 0..6.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> Faces:
        """Return the first images, to try things out with."""
        return Faces(self.images[:count], self.labels[:count])

    def folds(self, count: int) -> NDArray[np.int64]:
        """Return ``[N]``, 0..count - 1: which fold each image belongs to.

        Copies of an image belong to the same fold, so whoever has not seen a fold has seen none of
        its images. The fold follows from the pixels alone, so it is the same on every machine.
        """
        digests = (hashlib.sha256(image.tobytes()).digest() for image in self.images)
        return np.array([int.from_bytes(digest[:8], "big") % count for digest in digests], np.int64)


def read_mosaics(folder: Path) -> tuple[Faces, Faces]:
    """Return FER2013's Training and PublicTest.

    Args:
        folder: holds ``faces-*.webp`` and ``labels.csv`` with the columns emotion and Usage.

    Raises:
        FileNotFoundError: there are no mosaics, or no labels.
    """
    paths = sorted(folder.glob("faces-*.webp"))
    if not paths:
        raise FileNotFoundError(
            f"expected FER2013's mosaics, faces-*.webp, in {folder}, found none"
        )
    with ThreadPoolExecutor() as pool:
        tiles = np.concatenate(list(pool.map(_tiles, paths)))
    with (folder / LABELS_FILE).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labels = np.array([int(row["emotion"]) for row in rows], np.int64)
    usage = np.array([row["Usage"] for row in rows])
    images = tiles[: len(rows)]
    training, selecting = (
        Faces(images[usage == split], labels[usage == split])
        for split in ("Training", "PublicTest")
    )
    return training, selecting


def _tiles(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        mosaic = np.asarray(picture.convert("L"))
    rows = mosaic.shape[0] // SIDE
    tiles = mosaic.reshape(rows, SIDE, COLUMNS, SIDE).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(tiles.reshape(-1, SIDE, SIDE))
