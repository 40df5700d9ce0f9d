"""Reads FER2013 as pictures in folders by split and class, the form Kaggle's copies have.

``train/angry/Training_10118481.jpg``, ``test/happy/PrivateTest_10077120.jpg`` and so on.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.reading.bad_rows import (
    NAMED_PLACES,
    BadRow,
    BadRows,
    RowError,
    bad_rows_error,
    no_rows_left_error,
)
from emotion_core.datasets.reading.bounds import (
    LARGEST_PICTURE,
    MOST_FILES,
    most_unpacked,
)
from emotion_core.datasets.reading.class_names import (
    LEFT_OUT,
    class_folder,
    in_class_folder,
    label_of,
)
from emotion_core.datasets.reading.split_names import SplitFolders
from emotion_core.datasets.types import FaceDataset
from emotion_core.emotions import FACE_SIZE
from emotion_core.errors import DatasetError, ImageError
from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import crop_face
from emotion_core.faces.pictures.heads import read_size
from emotion_core.faces.pictures.images import PICTURE_SUFFIXES, decode_gray
from emotion_core.quantities import byte_size
from emotion_core.system.storage.files import open_regular
from emotion_core.system.storage.folders import DESKTOP_FILES

_PROGRESS_STEP: Final = 500

# Faces of other datasets have 96 to 512 pixels a side; what is larger is rather a photo.
_LARGEST_SIDE: Final = 1024

_NOT_DECODED: Final = "expected a picture, found one that cannot be decoded"


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

    Linked folders are looked into, each folder once, however many links lead there.

    Raises:
        DatasetError: the folder cannot be read, or a link leads nowhere.
    """
    return [file for file in list_files(folder) if is_picture(file.name)]


def is_picture(name: str) -> bool:
    """Return whether a file has the ending of a picture that is read."""
    return PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES


def list_files(folder: Path) -> list[PictureFile]:
    """Return every file below ``folder`` that is not hidden, as ``list_pictures`` does.

    Raises:
        DatasetError: the folder cannot be read, or a link leads nowhere.
    """
    found: list[PictureFile] = []
    seen: set[tuple[int, int]] = set()
    # Links come last, so that a folder goes by its own name where it has one here.
    waiting = [(folder, "")]
    try:
        for linked, prefix in waiting:
            _collect_files(linked, prefix, found, seen, waiting)
    except OSError as error:
        raise DatasetError(
            f"{error.filename or folder}: cannot be read ({error.strerror or error})"
        ) from error
    return sorted(found)


def _collect_files(
    folder: Path,
    prefix: str,
    found: list[PictureFile],
    seen: set[tuple[int, int]],
    waiting: list[tuple[Path, str]],
) -> None:
    """Add the files below ``folder`` to those found, and links to folders to those waiting."""
    # Not by recursion: folders may lie a thousand deep in each other.
    open_folders = [(prefix, _new_entries(folder, seen))]
    while open_folders:
        prefix, entries = open_folders[-1]
        entry = next(entries, None)
        if entry is None:
            open_folders.pop()
            continue
        if entry.name.startswith("."):
            continue
        name = f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            open_folders.append((f"{name}/", _new_entries(Path(entry.path), seen)))
        elif entry.is_dir():
            waiting.append((Path(entry.path), f"{name}/"))
        else:
            try:
                status = entry.stat()
            except FileNotFoundError:
                # A picture or a folder is missing; another file's link may lead nowhere.
                if entry.is_symlink() and (is_picture(name) or not Path(name).suffix):
                    raise
                continue  # deleted since it was listed
            found.append(PictureFile(name, status.st_size, status.st_mtime_ns))
            if len(found) > MOST_FILES:
                raise DatasetError(
                    f"expected at most {MOST_FILES:,} files in the folder of a dataset, found "
                    "more; give the folder with the images"
                )


def _new_entries(folder: Path, seen: set[tuple[int, int]]) -> Iterator[os.DirEntry[str]]:
    """Return what is in a folder, by name; nothing if it was seen before."""
    status = folder.stat()
    if (status.st_dev, status.st_ino) in seen:
        return iter(())
    seen.add((status.st_dev, status.st_ino))
    with os.scandir(folder) as listed:
        return iter(sorted(listed, key=lambda entry: entry.name))


def read_image_folder(
    folder: Path,
    files: list[PictureFile],
    meanings: Mapping[str, str],
    *,
    skip_bad_rows: bool = False,
    progress: Callable[[float], None] | None = None,
) -> FaceDataset:
    """Read the faces of a folder; ``rows`` are ranks among its pictures.

    Args:
        folder: the dataset's folder.
        files: what ``list_files`` found there.
        meanings: what ``class_names.meanings_of`` says of them.
        skip_bad_rows: leave bad pictures out instead of refusing the folder.
        progress: called with the share that is done, 0.0 to 1.0.

    Raises:
        DatasetError: there is no picture, or one is unreadable, of a wrong size or class.
    """
    if not any(is_picture(file.name) for file in files):
        raise DatasetError(
            f"{folder}: expected pictures in folders by split and class, such as "
            "train/happy/face.png, or fer2013.csv; found neither"
        )

    def read(picture: PictureFile) -> bytes:
        try:
            with open_regular(folder / picture.name) as file:
                content = file.read(LARGEST_PICTURE + 1)
        except OSError as error:
            raise RowError(f"expected a picture, but {error.strerror or error}") from error
        if len(content) > LARGEST_PICTURE:
            raise RowError(f"expected at most {LARGEST_PICTURE >> 20} MB, found more")
        return content

    return read_pictures(
        folder,
        files,
        meanings,
        read,
        file_bytes=sum(file.size for file in files),
        skip_bad_rows=skip_bad_rows,
        progress=progress,
    )


def read_pictures(
    source: Path,
    files: list[PictureFile],
    meanings: Mapping[str, str],
    read: Callable[[PictureFile], bytes],
    *,
    file_bytes: int,
    skip_bad_rows: bool = False,
    progress: Callable[[float], None] | None = None,
) -> FaceDataset:
    """Read the faces of a folder or an archive; ``rows`` are ranks among its pictures.

    Args:
        source: the folder or the archive; its name may tell the split too.
        files: sorted; at least one is a picture, and those in class folders that are none are
            counted in a note.
        meanings: what ``class_names.meanings_of`` says of them.
        read: returns the content of a picture, or raises ``RowError``.
        file_bytes: how large the folder or the archive is; all pictures together may have so many
            pixels, see ``bounds.most_unpacked``.
        skip_bad_rows: leave bad pictures out instead of refusing the dataset.
        progress: called with the share that is done, 0.0 to 1.0.

    Raises:
        DatasetError: a picture is unreadable, of a wrong size or class, or its split is unclear.
    """
    every_picture = [file for file in files if is_picture(file.name)]
    pictures = [each for each in every_picture if meanings.get(class_folder(each.name)) != LEFT_OUT]
    images = np.empty((len(pictures), FACE_SIZE, FACE_SIZE), np.uint8)
    labels = np.zeros(len(pictures), np.uint8)
    splits = np.zeros(len(pictures), np.uint8)
    good = np.ones(len(pictures), bool)
    bad_rows = BadRows()
    pixels, most_pixels = 0, most_unpacked(file_bytes)
    scaled: Counter[int] = Counter()
    folder_name = source.name if source.is_dir() else source.stem
    split_folders = SplitFolders([picture.name for picture in pictures], folder_name)
    for row, picture in enumerate(pictures):
        try:
            labels[row] = label_of(picture.name, meanings)
            splits[row] = split_folders.split_of(picture.name)
            content = read(picture)
            side = _side_of(content)
            pixels += side * side
            images[row] = _decode_square(content, side)
            scaled.update([side] if side != FACE_SIZE else [])
        except RowError as error:
            good[row] = False
            bad_rows.add(row, BadRow(picture.name, str(error)))
        if pixels > most_pixels:
            raise DatasetError(
                f"{source.name}: expected at most {most_pixels / 1e6:,.0f} megapixels in pictures "
                f"of {byte_size(file_bytes)}, found more; leave out what is not a "
                "photo of a face"
            )
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
        notes=_notes(
            files, split_folders.untold, scaled, left_out=len(every_picture) - len(pictures)
        ),
    )


def _notes(
    files: list[PictureFile], untold: set[str], scaled: Counter[int], left_out: int
) -> tuple[str, ...]:
    notes = []
    if left_out:
        notes.append(f"left out {left_out:,} pictures of classes that mean {LEFT_OUT}")
    if len(untold) > 1:
        folders = ", ".join(sorted(untold)[:NAMED_PLACES])
        notes.append(
            f"no folder of {folders} names a split, so their faces count as Training; if they are "
            "not, put folders named train, val and test above them"
        )
    # Half of somebody's data may be among what is passed over.
    endings = Counter(
        PurePosixPath(file.name).suffix.lower() or "without an ending"
        for file in files
        if not is_picture(file.name)
        and PurePosixPath(file.name).name not in DESKTOP_FILES
        and in_class_folder(file.name)
    )
    if endings:
        counts = ", ".join(f"{count:,} {ending}" for ending, count in endings.most_common())
        notes.append(
            f"skipped {endings.total():,} files in class folders that are not pictures it can "
            f"read ({counts}); convert them to PNG if they are faces"
        )
    if scaled:
        sides = ", ".join(f"{side}x{side}" for side, _ in scaled.most_common(NAMED_PLACES))
        notes.append(
            f"scaled {scaled.total():,} pictures to {FACE_SIZE}x{FACE_SIZE} pixels, from {sides}"
        )
    return tuple(notes)


def decode_face(content: bytes) -> NDArray[np.uint8]:
    """Return a picture file's content as a face; a larger square picture is scaled.

    Returns:
        uint8 ``[48, 48]``, grey 0..255.

    Raises:
        RowError: it is no picture, a damaged one or of another size.
    """
    return _decode_square(content, _side_of(content))


def _side_of(content: bytes) -> int:
    """Return how many pixels a square picture has on each side, before it is decoded."""
    size = read_size(content)
    if size is None:
        raise RowError(_NOT_DECODED)
    width, height = size
    if width != height or not FACE_SIZE <= width <= _LARGEST_SIDE:  # decoded, it may be huge
        raise RowError(f"expected {FACE_SIZE}x{FACE_SIZE} pixels, found {width}x{height}")
    return width


def _decode_square(content: bytes, side: int) -> NDArray[np.uint8]:
    try:
        gray = decode_gray(content)
    except ImageError:
        raise RowError(_NOT_DECODED) from None
    return gray if side == FACE_SIZE else crop_face(gray, Box(0, 0, side, side))
