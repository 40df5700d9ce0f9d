"""Reads archives without unpacking them.

A FER2013 CSV file in a ZIP or tar file, or compressed alone, or pictures by split and class in a
ZIP file. Pictures in the others would have to be unpacked up to the last one to list them.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
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
from emotion_core.datasets.reading.csv_names import CSV_NAMES, CsvFile, best_csv, member_path
from emotion_core.datasets.reading.csv_reader import BUFFER_BYTES, CsvSource
from emotion_core.datasets.reading.image_folder import PictureFile, is_picture, read_pictures
from emotion_core.datasets.types import FaceDataset
from emotion_core.errors import DatasetError

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

# What zipfile, tarfile and the decompressors raise on damaged, encrypted or exotic archives.
_DAMAGE: Final = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)


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
        with zipfile.ZipFile(path) as archive:
            if not any(is_picture(file.name) for file in _files_in(archive)):
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
        with zipfile.ZipFile(path) as archive:
            return list(_files_in(archive))
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
        with zipfile.ZipFile(path) as archive:
            files = _files_in(archive)
            return read_pictures(
                path,
                list(files),
                meanings,
                lambda picture: _read_picture(archive, files[picture]),
                skip_bad_rows=skip_bad_rows,
                progress=progress,
            )
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: BaseException) -> DatasetError:
    ending = max((end for end in ARCHIVE_SUFFIXES if path.name.lower().endswith(end)), key=len)
    return DatasetError(
        f"{path.name}: expected a whole {ending} file, but it is damaged or cannot be read "
        f"({error}); fetch it again"
    )


def _is_zip(path: Path) -> bool:
    return path.name.lower().endswith(".zip")


def _files_in(archive: zipfile.ZipFile) -> dict[PictureFile, zipfile.ZipInfo]:
    """Return the files as ``image_folder.list_files`` would; hidden ones are passed over."""
    found = {}
    for member in archive.infolist():
        name = member_path(member.filename)
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in name.parts)
        if not hidden and not member.is_dir():
            found[PictureFile(str(name), member.file_size, 0)] = member
    return dict(sorted(found.items(), key=itemgetter(0)))


def _read_picture(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > _LARGEST_PICTURE:
        raise RowError(f"expected at most {_LARGEST_PICTURE >> 20} MB, found more")
    try:
        return archive.read(member)
    except (RuntimeError, *_DAMAGE) as error:  # encrypted, or damaged: the others may be whole
        raise RowError(f"expected a picture, but {error}") from error


def _open_in_zip(archive: zipfile.ZipFile, name: str) -> BinaryIO:
    return cast(BinaryIO, archive.open(name))


@contextmanager
def _open_zip_member(path: Path) -> Iterator[CsvSource]:
    with zipfile.ZipFile(path) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
        csv_file = best_csv(names, partial(_open_in_zip, archive))
        if csv_file is None:
            raise _no_csv(path, names)
        name = csv_file.name
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
    with path.open("rb") as compressed, tarfile.open(fileobj=compressed) as archive:
        members: dict[str, tarfile.TarInfo] = {}
        best: CsvFile | None = None
        for member in archive:
            if not member.isfile():
                continue
            members[member.name] = member
            found = best_csv([member.name], lambda name: _open_in_tar(archive, members[name]))
            if found is not None and (best is None or found < best):
                best = found
            if best is not None and best.is_the_best:
                break  # to list the rest would decompress all of it
        if best is None:
            raise _no_csv(path, members)
        stream = _open_in_tar(archive, members[best.name])
        yield CsvSource(_label(path, best.name), stream, compressed.tell, path.stat().st_size)


def _open_in_tar(archive: tarfile.TarFile, member: tarfile.TarInfo) -> BinaryIO:
    return cast(BinaryIO, archive.extractfile(member))


@contextmanager
def _open_compressed(path: Path) -> Iterator[CsvSource]:
    with path.open("rb") as compressed, COMPRESSED[path.suffix.lower()](compressed) as unpacked:
        stream = io.BufferedReader(unpacked, BUFFER_BYTES)
        yield CsvSource(path.name, stream, compressed.tell, path.stat().st_size)


def _no_csv(path: Path, names: Iterable[str]) -> DatasetError:
    shown = ", ".join(sorted({member_path(name).name.lower() for name in names})[:5]) or "nothing"
    return DatasetError(
        f"{path.name}: expected one of {', '.join(CSV_NAMES)} inside, found {shown}; "
        "unpack an archive of pictures and give its folder"
    )


def _label(path: Path, name: str) -> str:
    return f"{path.name}/{member_path(name).name}"
