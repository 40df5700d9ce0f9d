"""FER2013's mosaics, here of noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recipes.window.faces import COLUMNS, SIDE, Faces, read_mosaics


def write_mosaics(folder: Path, tiles: np.ndarray, usage: list[str]) -> None:
    rows = len(tiles) // COLUMNS
    grid = tiles.reshape(rows, COLUMNS, SIDE, SIDE).transpose(0, 2, 1, 3)
    mosaic = Image.fromarray(grid.reshape(rows * SIDE, COLUMNS * SIDE))
    mosaic.save(folder / "faces-0.webp", lossless=True)
    lines = [f"{number},{number % 7},{split}" for number, split in enumerate(usage)]
    text = "\n".join(["row,emotion,Usage", *lines])
    (folder / "labels.csv").write_text(text, encoding="utf-8")


def test_tiles_go_with_their_labels(tmp_path):
    tiles = np.random.default_rng(0).integers(0, 256, (2 * COLUMNS, SIDE, SIDE)).astype(np.uint8)
    # The last mosaic is not full.
    usage = ["Training"] * 90 + ["PublicTest"] * 3
    write_mosaics(tmp_path, tiles, usage)
    training, selecting = read_mosaics(tmp_path)
    assert (training.images == tiles[:90]).all()
    assert (selecting.images == tiles[90:93]).all()
    assert selecting.labels.tolist() == [90 % 7, 91 % 7, 92 % 7]


def test_no_mosaics(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected FER2013's mosaics, faces-\*.webp, in"):
        read_mosaics(tmp_path)


def test_copies_share_a_fold():
    """Else a teacher would have seen a copy of an image that it is to judge unseen."""
    images = np.random.default_rng(0).integers(0, 256, (200, SIDE, SIDE)).astype(np.uint8)
    faces = Faces(np.concatenate([images, images[::-1]]), np.zeros(400, np.int64))
    folds = faces.folds(5)
    assert (folds[:200] == folds[200:][::-1]).all()
    assert set(folds) == set(range(5))
