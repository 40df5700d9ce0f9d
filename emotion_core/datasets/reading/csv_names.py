"""Finds the CSV file of faces among the files of a folder or an archive, at any depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from emotion_core.datasets.reading.csv_reader import has_face_columns

#: The CSV files that hold faces with labels, best first; any case will do.
CSV_NAMES: Final[tuple[str, ...]] = ("fer2013.csv", "icml_face_data.csv", "train.csv")


@dataclass(frozen=True, order=True)
class CsvFile:
    """A CSV file of a known name; what comes first in order is to be read.

    Attributes:
        is_index: it lacks the columns of faces: a list of pictures, most likely.
        rank: of its name, as in ``CSV_NAMES``.
        depth: how many folders it lies in.
        name: its path as it was given.
    """

    is_index: bool
    rank: int
    depth: int
    name: str

    @property
    def is_the_best(self) -> bool:
        """Whether no other file comes before it, whatever it is called."""
        return not self.is_index and self.rank == 0


def best_csv(
    names: Iterable[str],
    open_file: Callable[[str], AbstractContextManager[BinaryIO]],
    *,
    endings: tuple[str, ...] = ("",),
) -> CsvFile | None:
    """Return the CSV file to read: one that holds faces, if any does; None if none is known.

    Args:
        names: paths of files, with forward slashes or backslashes.
        open_file: opens one of them. What cannot be read counts as one with faces: whoever reads
            it then says what is wrong.
        endings: what may stand behind the name of a CSV file.
    """
    known = [f"{name}{ending}" for name in CSV_NAMES for ending in endings]
    found = []
    for name in names:
        path = member_path(name)
        if path.name.lower() in known and "__MACOSX" not in path.parts:
            rank = known.index(path.name.lower()) // len(endings)
            found.append(CsvFile(False, rank, len(path.parts), name))
    indexes = []
    for file in sorted(found):
        if _holds_faces(file.name, open_file):
            return file
        indexes.append(replace(file, is_index=True))
    return indexes[0] if indexes else None


def member_path(name: str) -> PurePosixPath:
    """Return the path of a file in an archive; some programs of Windows write backslashes.

    Who unpacks these elsewhere has a folder of files with backslashes in their names.
    """
    return PurePosixPath(name.replace("\\", "/"))


def _holds_faces(name: str, open_file: Callable[[str], AbstractContextManager[BinaryIO]]) -> bool:
    # Whatever zipfile, tarfile and the decompressors raise on what is damaged or encrypted.
    with suppress(Exception), open_file(name) as stream:
        return has_face_columns(stream)
    return True
