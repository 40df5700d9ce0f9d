"""Reads archives without unpacking them.

A FER2013 CSV file in a ZIP or tar file, or compressed alone, or pictures by split and class in a
ZIP file. Pictures in the others would have to be unpacked up to the last one to list them.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from emotion_core.datasets.reading.bad_rows import RowError
from emotion_core.datasets.reading.bounds import (
    LONGEST_NAME,
    BoundedStream,
    most_unpacked,
    too_much_unpacked,
)
from emotion_core.datasets.reading.csv_names import CSV_NAMES, CsvFile, best_csv, member_path
from emotion_core.datasets.reading.csv_reader import BUFFER_BYTES, CsvSource
from emotion_core.datasets.reading.image_folder import PictureFile, is_picture, read_pictures
from emotion_core.datasets.types import FaceDataset
from emotion_core.errors import DatasetError
from emotion_core.system.storage.files import open_regular

#: What opens a CSV file that is compressed alone, by its last ending.
COMPRESSED: Final[dict[str, Callable[[BinaryIO], Any]]] = {
    ".gz": gzip.open,
    ".xz": lzma.open,
    ".bz2": bz2.open,
}

#: File endings of the archives that are read.
ARCHIVE_SUFFIXES: Final[tuple[str, ...]] = (
    *(".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2"),
    *(f".csv{ending}" for ending in COMPRESSED),
)

#: Last endings of what is read and is a file, as a form to upload one wants them.
UPLOAD_ENDINGS: Final = sorted(
    {"csv", "parquet", *(ending.rpartition(".")[2] for ending in ARCHIVE_SUFFIXES)}
)

# A face of 48x48 pixels has some kilobytes; an archive may claim any size for it.
_LARGEST_PICTURE: Final = 1 << 20

# What zipfile, tarfile and the decompressors raise on damaged, encrypted or exotic archives: their
# own errors, and those of Python where they rely on what an archive says of itself.
_DAMAGE: Final = (
    *(OSError, EOFError, MemoryError, RuntimeError, LookupError, ValueError, OverflowError),
    *(zlib.error, lzma.LZMAError, struct.error, zipfile.BadZipFile, tarfile.TarError),
)

# How what is compressed begins.
_MAGIC: Final = {b"\x1f\x8b": ".gz", b"\xfd7zXZ": ".xz", b"BZh": ".bz2"}
# A tar file has 512 bytes before each member, and names that are long: never so much in a row.
_MOST_BEFORE_MEMBER: Final = 1 << 16
# How many files an error names.
_NAMED: Final = 5


def is_archive(path: Path | str) -> bool:
    """Return whether a name or path is that of an archive, or of a compressed CSV file."""
    return str(path).lower().endswith(ARCHIVE_SUFFIXES)


@contextmanager
def open_archived_csv(path: Path) -> Iterator[CsvSource]:
    """Open the best FER2013 CSV file inside an archive; errors while it is read are caught too.

    Raises:
        DatasetError: the archive is damaged, truncated or encrypted, or holds no such file.
    """
    if _is_zip(path):
        open_member = _open_zip_member
    elif ".csv." in path.name.lower():
        open_member = _open_compressed
    else:
        open_member = _open_tar_member
    try:
        with open_member(path) as source:
            yield source
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def holds_pictures(path: Path) -> bool:
    """Return whether ``path`` is a ZIP file with pictures and without a CSV file of faces."""
    if not _is_zip(path):
        return False
    try:
        with _open_zip(path) as archive:
            if not any(is_picture(file.name) for file in _files_in(path, archive)):
                return False
            csv_file = best_csv(archive.namelist(), partial(_open_in_zip, archive))
            return csv_file is None or csv_file.is_index
    except _DAMAGE:
        return False  # whoever reads it says so


def list_archived_files(path: Path) -> list[PictureFile]:
    """Return the files in a ZIP file, sorted, as ``image_folder.list_files`` would.

    Raises:
        DatasetError: the archive is damaged.
    """
    try:
        with _open_zip(path) as archive:
            return list(_files_in(path, archive))
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def read_archived_pictures(
    path: Path,
    meanings: Mapping[str, str],
    *,
    skip_bad_rows: bool = False,
    progress: Callable[[float], None] | None = None,
) -> FaceDataset:
    """Read the faces of a ZIP file that ``holds_pictures``; see ``image_folder.read_pictures``.

    Raises:
        DatasetError: the archive or a picture in it is damaged, or no face.
    """
    try:
        packed = path.stat().st_size
        with _open_zip(path) as archive:
            files = _files_in(path, archive)
            if sum(file.size for file in files if is_picture(file.name)) > most_unpacked(packed):
                raise too_much_unpacked(path.name, packed)
            return read_pictures(
                path,
                list(files),
                meanings,
                lambda picture: _read_picture(archive, files[picture]),
                file_bytes=packed,
                skip_bad_rows=skip_bad_rows,
                progress=progress,
            )
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: BaseException) -> DatasetError:
    ending = max((end for end in ARCHIVE_SUFFIXES if path.name.lower().endswith(end)), key=len)
    # Of tarfile's several lines, one for each way to read it, the last are of no use.
    reason = next(iter(str(error).splitlines()), "") or type(error).__name__
    return DatasetError(
        f"{path.name}: expected a whole {ending} file, but it is damaged or cannot be read "
        f"({reason}); download it again"
    )


def _is_zip(path: Path) -> bool:
    return path.name.lower().endswith(".zip")


@contextmanager
def _open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    with open_regular(path) as file, zipfile.ZipFile(file) as archive:
        yield archive


def _files_in(path: Path, archive: zipfile.ZipFile) -> dict[PictureFile, zipfile.ZipInfo]:
    """Return the files as ``image_folder.list_files`` would; hidden ones are passed over."""
    found = {}
    for member in archive.infolist():
        if not member.filename or member.is_dir():
            continue
        if len(member.filename) > LONGEST_NAME:
            raise DatasetError(
                f"{path.name}: expected names of at most {LONGEST_NAME:,} letters in it, found one "
                f"of {len(member.filename):,}; unpack it if you trust it, and give its folder"
            )
        name = member_path(member.filename)
        if not any(part.startswith(".") or part == "__MACOSX" for part in name.parts):
            found[PictureFile(str(name), member.file_size, 0)] = member
    return dict(sorted(found.items(), key=itemgetter(0)))


def _read_picture(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > _LARGEST_PICTURE:
        raise RowError(f"expected at most {_LARGEST_PICTURE >> 20} MB, found more")
    try:
        return archive.read(member)
    except _DAMAGE as error:  # encrypted, or damaged: the others may be whole
        raise RowError(f"expected a picture, but {error}") from error


def _open_in_zip(archive: zipfile.ZipFile, name: str) -> BinaryIO:
    return cast(BinaryIO, archive.open(name))


@contextmanager
def _open_zip_member(path: Path) -> Iterator[CsvSource]:
    with _open_zip(path) as archive:
        names = [
            info.filename for info in archive.infolist() if info.filename[-1:] not in ("", "/")
        ]
        csv_file = best_csv(names, partial(_open_in_zip, archive))
        if csv_file is None:
            raise _no_csv(path, names)
        name, packed = csv_file.name, path.stat().st_size
        size = archive.getinfo(name).file_size
        if size > most_unpacked(packed):
            raise too_much_unpacked(path.name, packed)
        try:
            member = archive.open(name)
        except RuntimeError as error:  # encrypted, or an unknown method of compression
            raise DatasetError(f"{path.name}: {error}; unpack it and give the CSV file") from error
        with member:
            stream = io.BufferedReader(cast(Any, member), BUFFER_BYTES)
            yield CsvSource(_label(path, name), stream, member.tell, size)


@contextmanager
def _open_tar_member(path: Path) -> Iterator[CsvSource]:
    with _unpacked(path) as (unpacked, position, packed):
        unpacked.allow(_MOST_BEFORE_MEMBER)
        with tarfile.open(fileobj=cast(BinaryIO, unpacked), mode="r:") as archive:
            names: dict[str, None] = {}
            best: tuple[CsvFile, tarfile.TarInfo] | None = None
            for member in _files_in_tar(path, archive, unpacked):
                if len(names) < _NAMED:
                    names[member.name] = None
                found = best_csv([member.name], lambda _: _in_tar(archive, member))  # noqa: B023
                if found is not None and (best is None or found < best[0]):
                    best = found, member
                if best is not None and best[0].is_the_best:
                    break  # to list the rest would decompress all of it
            if best is None:
                raise _no_csv(path, names)
            stream = _in_tar(archive, best[1])
            yield CsvSource(_label(path, best[0].name), stream, position, packed)


def _files_in_tar(
    path: Path, archive: tarfile.TarFile, unpacked: BoundedStream
) -> Iterator[tarfile.TarInfo]:
    """Yield the files; each may be read until the next one is asked for."""
    while True:
        unpacked.allow(_MOST_BEFORE_MEMBER)
        member = archive.next()
        unpacked.allow(None)
        if member is None:
            return
        cast(Any, archive).members.clear()  # it would keep each with all that is said of it
        if member.issparse():  # what is not there is read as zeros, without end
            raise DatasetError(
                f"{path.name}: expected files that are stored whole, found the sparse file "
                f"{member.name}; pack it without --sparse"
            )
        if member.isfile():
            yield member


def _in_tar(archive: tarfile.TarFile, member: tarfile.TarInfo) -> BinaryIO:
    return cast(BinaryIO, archive.extractfile(member))


@contextmanager
def _open_compressed(path: Path) -> Iterator[CsvSource]:
    with _unpacked(path, path.suffix.lower()) as (unpacked, position, packed):
        yield CsvSource(path.name, io.BufferedReader(unpacked, BUFFER_BYTES), position, packed)


@contextmanager
def _unpacked(
    path: Path, ending: str | None = None
) -> Iterator[tuple[BoundedStream, Callable[[], int], int]]:
    """Open a file that may be compressed, as its beginning or ``ending`` says.

    Yields:
        What is in it, how far the reading of the file itself has come, and its size in bytes.
    """
    with open_regular(path) as file:
        if ending is None:
            begin = file.read(8)
            file.seek(0)
            ending = next((end for magic, end in _MAGIC.items() if begin.startswith(magic)), None)
        packed = path.stat().st_size
        with file if ending is None else COMPRESSED[ending](file) as unpacked:
            yield BoundedStream(unpacked, path.name, packed), file.tell, packed


def _no_csv(path: Path, names: Iterable[str]) -> DatasetError:
    shown = sorted({member_path(name).name.lower() for name in names})[:_NAMED]
    return DatasetError(
        f"{path.name}: expected one of {', '.join(CSV_NAMES)} inside, found "
        f"{', '.join(shown) or 'nothing'}; "
        "unpack an archive of pictures and give its folder"
    )


def _label(path: Path, name: str) -> str:
    return f"{path.name}/{member_path(name).name}"
