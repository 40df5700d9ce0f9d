"""Reads a FER2013 CSV file out of a ``.zip``, ``.tar.gz`` or ``.tgz`` without unpacking it."""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, cast

from emotion_core.datasets.csv_reader import BUFFER_BYTES, CsvSource
from emotion_core.errors import DatasetError

#: The CSV files that hold faces with labels, best first.
CSV_NAMES: Final[tuple[str, ...]] = ("fer2013.csv", "icml_face_data.csv", "train.csv")

#: File endings of the archives that are read.
ARCHIVE_SUFFIXES: Final[tuple[str, ...]] = (".zip", ".tar.gz", ".tgz")

# What zipfile, tarfile and the decompressors raise on damaged, encrypted or exotic archives.
_DAMAGE: Final = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)


def is_archive(path: Path) -> bool:
    """Return whether the name of ``path`` is that of an archive."""
    return path.name.lower().endswith(ARCHIVE_SUFFIXES)


@contextmanager
def open_archived_csv(path: Path) -> Iterator[CsvSource]:
    """Open the best FER2013 CSV file inside an archive; errors while it is read are caught too.

    Raises:
        DatasetError: the archive is damaged, truncated or encrypted, or holds no such file.
    """
    open_member = _open_zip_member if path.name.lower().endswith(".zip") else _open_tar_member
    try:
        with open_member(path) as source:
            yield source
    except _DAMAGE as error:
        raise DatasetError(
            f"{path.name}: expected a whole {' or '.join(ARCHIVE_SUFFIXES)} archive, but it is "
            f"damaged or cannot be read ({error}); fetch it again"
        ) from error


@contextmanager
def _open_zip_member(path: Path) -> Iterator[CsvSource]:
    with zipfile.ZipFile(path) as archive:
        name = _choose(path, [info.filename for info in archive.infolist() if not info.is_dir()])
        try:
            member = archive.open(name)
        except RuntimeError as error:  # encrypted, or an unknown method of compression
            raise DatasetError(f"{path.name}: {error}; unpack it and give the CSV file") from error
        with member:
            stream = io.BufferedReader(cast(Any, member), BUFFER_BYTES)
            yield CsvSource(
                _label(path, name), stream, member.tell, archive.getinfo(name).file_size
            )


@contextmanager
def _open_tar_member(path: Path) -> Iterator[CsvSource]:
    with path.open("rb") as compressed, tarfile.open(fileobj=compressed, mode="r:gz") as archive:
        members: dict[str, tarfile.TarInfo] = {}
        for member in archive:
            if member.isfile():
                members[member.name] = member
                if _file_name(member.name) == CSV_NAMES[0]:
                    break  # to list the rest would decompress all of it
        name = _choose(path, members)
        stream = cast(BinaryIO, archive.extractfile(members[name]))
        yield CsvSource(_label(path, name), stream, compressed.tell, path.stat().st_size)


def _choose(path: Path, names: Iterable[str]) -> str:
    """Return the member whose file name comes first in ``CSV_NAMES``."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(_file_name(name), name)
    for wanted in CSV_NAMES:
        if wanted in found:
            return found[wanted]
    shown = ", ".join(sorted(found)[:5]) or "nothing"
    raise DatasetError(
        f"{path.name}: expected one of {', '.join(CSV_NAMES)} inside, found {shown}; "
        "unpack an archive of pictures and give its folder"
    )


def _file_name(member_name: str) -> str:
    """Return the file's name in lower case, with its folder where that is macOS' shadow folder."""
    path = PurePosixPath(member_name)
    return member_name if "__MACOSX" in path.parts else path.name.lower()


def _label(path: Path, name: str) -> str:
    return f"{path.name}/{PurePosixPath(name).name}"
