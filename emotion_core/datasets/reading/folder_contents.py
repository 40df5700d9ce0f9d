"""Finds out what a folder that somebody names holds: a CSV file, an archive, pictures or tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from emotion_core.datasets.reading.archives import COMPRESSED, is_archive, open_archived_csv
from emotion_core.datasets.reading.class_names import in_class_folder
from emotion_core.datasets.reading.csv_names import CsvFile, best_csv
from emotion_core.datasets.reading.csv_reader import CsvSource, open_plain_csv
from emotion_core.datasets.reading.image_folder import PictureFile, is_picture, list_files
from emotion_core.datasets.reading.parquet import is_parquet


def look_into(folder: Path) -> tuple[Path, list[PictureFile]]:
    """Return the CSV file in a folder, else the folder itself and what is in it.

    One of faces that lies at the top counts more than pictures, pictures of a class more than one
    that lies deeper, and any picture more than a CSV file that is but a list. An archive is opened
    where there is nothing else, and no second one.

    Raises:
        DatasetError: the folder cannot be read.
        OSError: likewise.
    """
    at_the_top = _best_csv_in(folder, (entry.name for entry in folder.iterdir() if entry.is_file()))
    if at_the_top is not None and not at_the_top.is_index:
        return folder / at_the_top.name, []
    files = list_files(folder)
    pictures = [file for file in files if is_picture(file.name) or is_parquet(file.name)]
    if not any(in_class_folder(picture.name) for picture in pictures):
        csv_file = _best_csv_in(folder, (file.name for file in files))
        if csv_file is not None and not (csv_file.is_index and pictures):
            return folder / csv_file.name, []
    archives = [file.name for file in files if is_archive(file.name)]
    if not pictures and len(archives) == 1:
        return folder / archives[0], []
    return folder, files


def _best_csv_in(folder: Path, names: Iterable[str]) -> CsvFile | None:
    def open_file(name: str) -> AbstractContextManager[BinaryIO]:
        return _csv_stream(folder / name)

    return best_csv(names, open_file, endings=("", *COMPRESSED))


@contextmanager
def _csv_stream(path: Path) -> Iterator[BinaryIO]:
    with csv_source(path) as source:
        yield source.stream


def csv_source(path: Path) -> AbstractContextManager[CsvSource]:
    """Open a CSV file, be it plain, compressed or in an archive.

    Raises:
        DatasetError: it cannot be opened or read, or the archive holds none; also while it is read.
    """
    return open_archived_csv(path) if is_archive(path) else open_plain_csv(path)
