"""Reads FER2013 as pictures in folders by split and class, the form Kaggle's copies have.

``train/angry/Training_10118481.jpg``, ``test/happy/PrivateTest_10077120.jpg`` and so on.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.reading.bad_rows import (
    BadRow,
    RowError,
    bad_rows_error,
    no_rows_left_error,
)
from emotion_core.datasets.types import SPLITS, FaceDataset
from emotion_core.emotions import EMOTION_ALIASES, EMOTIONS, FACE_SIZE
from emotion_core.errors import DatasetError

#: File endings of the pictures that are read; other files are passed over.
PICTURE_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".pgm", ".tif", ".tiff"}
)

#: What copies of FER2013 call the folders of its splits, in lower case.
SPLIT_FOLDERS: Final[dict[str, str]] = {
    "train": "Training",
    "training": "Training",
    "publictest": "PublicTest",
    "val": "PublicTest",
    "valid": "PublicTest",
    "validation": "PublicTest",
    "privatetest": "PrivateTest",
    "test": "PrivateTest",
}

_PROGRESS_STEP: Final = 500


@dataclass(frozen=True, order=True)
class PictureFile:
    """One picture of a folder, as the file system describes it.

    Attributes:
        name: path below the folder, with forward slashes.
        size: bytes.
        mtime_ns: time of the last change in nanoseconds.
    """

    name: str
    size: int
    mtime_ns: int


def list_pictures(folder: Path) -> list[PictureFile]:
    """Return every picture below ``folder``, sorted by name.

    Raises:
        DatasetError: the folder cannot be read.
    """
    found: list[PictureFile] = []
    try:
        _collect_pictures(folder, "", found)
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be read ({error.strerror or error})") from error
    return sorted(found)


def _collect_pictures(folder: Path, prefix: str, found: list[PictureFile]) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                _collect_pictures(Path(entry.path), f"{prefix}{entry.name}/", found)
            elif Path(entry.name).suffix.lower() in PICTURE_SUFFIXES:
                try:
                    status = entry.stat()
                except FileNotFoundError:
                    if entry.is_symlink():
                        raise
                    continue  # deleted since it was listed
                name = f"{prefix}{entry.name}"
                found.append(PictureFile(name, status.st_size, status.st_mtime_ns))


def read_image_folder(
    folder: Path,
    pictures: list[PictureFile],
    *,
    skip_bad_rows: bool = False,
    progress: Callable[[float], None] | None = None,
) -> FaceDataset:
    """Read the faces of a folder; ``rows`` are ranks in ``pictures``.

    Args:
        folder: the data set's folder.
        pictures: what ``list_pictures`` found there.
        skip_bad_rows: leave bad pictures out instead of refusing the folder.
        progress: called with the share that is done, 0.0 to 1.0.

    Raises:
        DatasetError: there is no picture, or one is unreadable, of a wrong size or class.
    """
    if not pictures:
        raise DatasetError(
            f"{folder}: expected pictures in folders by split and class, such as "
            "train/happy/face.png, or fer2013.csv; found neither"
        )

    def read(name: str) -> bytes:
        try:
            return (folder / name).read_bytes()
        except OSError as error:
            raise RowError(f"expected a picture, but {error.strerror or error}") from error

    return read_pictures(folder, pictures, read, skip_bad_rows=skip_bad_rows, progress=progress)


def read_pictures(
    source: Path,
    pictures: list[PictureFile],
    read: Callable[[str], bytes],
    *,
    skip_bad_rows: bool = False,
    progress: Callable[[float], None] | None = None,
) -> FaceDataset:
    """Read the faces of a folder or an archive; ``rows`` are ranks in ``pictures``.

    Args:
        source: the folder or the archive; its name may tell the split too.
        pictures: at least one.
        read: returns the content of the picture with a name, or raises ``RowError``.
        skip_bad_rows: leave bad pictures out instead of refusing the data set.
        progress: called with the share that is done, 0.0 to 1.0.

    Raises:
        DatasetError: a picture is unreadable, of a wrong size or class.
    """
    images = np.empty((len(pictures), FACE_SIZE, FACE_SIZE), np.uint8)
    labels = np.zeros(len(pictures), np.uint8)
    splits = np.zeros(len(pictures), np.uint8)
    good = np.ones(len(pictures), bool)
    bad_rows: list[BadRow] = []
    for row, picture in enumerate(pictures):
        try:
            labels[row] = label_of(picture.name)
            splits[row] = split_of(picture.name, source.name.lower().removesuffix(".zip"))
            images[row] = decode_face(read(picture.name))
        except RowError as error:
            good[row] = False
            bad_rows.append(BadRow(picture.name, str(error)))
        if progress is not None and (row + 1) % _PROGRESS_STEP == 0:
            progress((row + 1) / len(pictures))
    if bad_rows and not skip_bad_rows:
        raise bad_rows_error(str(source), bad_rows, "picture")
    if not good.any():
        raise no_rows_left_error(str(source), bad_rows, "picture")
    return FaceDataset(
        name=source.name,
        images=images[good],
        labels=labels[good],
        splits=splits[good],
        rows=np.flatnonzero(good).astype(np.int64),
        dropped_rows=len(bad_rows),
    )


def label_of(name: str) -> int:
    """Return the index in ``EMOTIONS`` that the folder of a picture tells.

    Args:
        name: its path below the data set's folder, with forward slashes.

    Raises:
        RowError: it is not in a folder of one of the seven classes.
    """
    class_folder = name.split("/")[-2] if "/" in name else ""
    emotion = EMOTION_ALIASES.get(class_folder.strip().lower())
    if emotion is None:
        raise RowError(f"expected a class folder of {', '.join(EMOTIONS)}, found {class_folder!r}")
    return EMOTIONS.index(emotion)


def split_of(name: str, folder_name: str) -> int:
    """Return the index in ``SPLITS`` that file name or folders tell; Training when none does.

    Args:
        name: its path below the data set's folder, with forward slashes.
        folder_name: what the data set's folder is called.
    """
    *folders, file_name = [folder_name, *name.split("/")]
    for code, split in enumerate(SPLITS):
        if file_name.startswith(f"{split}_"):
            return code
    for part in reversed(folders):
        if part.lower() in SPLIT_FOLDERS:
            return SPLITS.index(SPLIT_FOLDERS[part.lower()])
    return SPLITS.index("Training")


def decode_face(content: bytes) -> NDArray[np.uint8]:
    """Return a picture file's content as a face, uint8 ``[48, 48]``, grey 0..255.

    Raises:
        RowError: it is no picture, a damaged one or of another size.
    """
    try:
        face = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:  # an empty file
        face = None
    if face is None:
        raise RowError("expected a picture, found one that cannot be decoded")
    if face.shape != (FACE_SIZE, FACE_SIZE):
        raise RowError(
            f"expected {FACE_SIZE}x{FACE_SIZE} pixels, found {face.shape[1]}x{face.shape[0]}"
        )
    return face.astype(np.uint8, copy=False)
