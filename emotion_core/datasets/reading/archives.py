"""Reads archives without unpacking them.

A FER2013 CSV file in a ``.zip``, ``.tar.gz`` or ``.tgz``, or pictures by split and class in a
``.zip``. Pictures in the others would have to be unpacked up to the last one to list them.
"""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, cast

from emotion_core.datasets.reading.bad_rows import RowError
from emotion_core.datasets.reading.csv_reader import BUFFER_BYTES, CsvSource
from emotion_core.datasets.reading.image_folder import PICTURE_SUFFIXES, PictureFile, read_pictures
from emotion_core.datasets.types import FaceDataset
from emotion_core.errors import DatasetError

#: The CSV files that hold faces with labels, best first.
CSV_NAMES: Final[tuple[str, ...]] = ("fer2013.csv", "icml_face_data.csv", "train.csv")

#: File endings of the archives that are read.
ARCHIVE_SUFFIXES: Final[tuple[str, ...]] = (".zip", ".tar.gz", ".tgz")

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


def is_archive(path: Path) -> bool:
    """Return whether the name of ``path`` is that of an archive."""
    return path.name.lower().endswith(ARCHIVE_SUFFIXES)


@contextmanager
def open_archived_csv(path: Path) -> Iterator[CsvSource]:
    """Open the best FER2013 CSV file inside an archive; errors while it is read are caught too.

    Raises:
        DatasetError: the archive is damaged, truncated or encrypted, or holds no such file.
    """
    open_member = _open_zip_member if _is_zip(path) else _open_tar_member
    try:
        with open_member(path) as source:
            yield source
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def holds_pictures(path: Path) -> bool:
    """Return whether ``path`` is a ZIP file with pictures and without a FER2013 CSV file."""
    if not _is_zip(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            has_csv = any(_file_name(name) in CSV_NAMES for name in archive.namelist())
            return not has_csv and bool(_pictures_in(archive))
    except _DAMAGE:
        return False  # whoever reads it says so


def read_archived_pictures(
    path: Path,
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
            return read_pictures(
                path,
                _pictures_in(archive),
                lambda name: _read_picture(archive, name),
                skip_bad_rows=skip_bad_rows,
                progress=progress,
            )
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: BaseException) -> DatasetError:
    return DatasetError(
        f"{path.name}: expected a whole {' or '.join(ARCHIVE_SUFFIXES)} archive, but it is "
        f"damaged or cannot be read ({error}); fetch it again"
    )


def _is_zip(path: Path) -> bool:
    return path.name.lower().endswith(".zip")


def _pictures_in(archive: zipfile.ZipFile) -> list[PictureFile]:
    """Return the pictures as ``image_folder.list_pictures`` would; hidden ones are passed over."""
    found = []
    for member in archive.infolist():
        parts = PurePosixPath(member.filename).parts
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
        if not hidden and PurePosixPath(member.filename).suffix.lower() in PICTURE_SUFFIXES:
            found.append(PictureFile(member.filename, member.file_size, 0))
    return sorted(found)


def _read_picture(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _LARGEST_PICTURE:
        raise RowError(f"expected at most {_LARGEST_PICTURE >> 20} MB, found more")
    try:
        return archive.read(name)
    except (RuntimeError, *_DAMAGE) as error:  # encrypted, or damaged: the others may be whole
        raise RowError(f"expected a picture, but {error}") from error


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
