"""Files at addresses, such as ``s3://bucket/videos``: listed, brought here and sent there.

PyArrow reads S3, Google Cloud Storage, Azure, HDFS and ``file://``; what else there is, fsspec does
where it is installed. Who may read and write what is up to the machine, as for their own programs.
An address is taken letter by letter: nothing in it is quoted.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from emotion_core.errors import SourceError

_ADDRESS: Final = re.compile(r"(?P<root>[a-z][a-z0-9+.-]+://[^/]*)(?P<path>/.*)?")
# Where a file has its name once it is whole, and folders are none.
_OBJECT_STORES: Final = ("s3", "gcs", "abfs")
# Where a file has its name as soon as somebody begins to write it.
_BEGUN: Final = ".part"


def is_address(text: str) -> bool:
    """Tell an address from a path."""
    return _ADDRESS.fullmatch(text) is not None


def name_of(address: str) -> str:
    """Return what the file, or folder, at an address is called."""
    return address.rstrip("/").rpartition("/")[2]


def beside(address: str, name: str) -> str:
    """Return the address of what is called so in the same folder."""
    return f"{address.rstrip('/').rpartition('/')[0]}/{name}"


def size_and_time(address: str) -> tuple[int, float] | None:
    """Return the bytes of a file, and when it was changed, in seconds since 1970; None of no file.

    Raises:
        SourceError: nobody answers there.
    """
    with _told(address):
        system, path = _system(address)
        info = system.get_file_info(path)
        return (info.size, info.mtime_ns / 1e9) if info.is_file else None


def no_file(address: str) -> SourceError:
    """Return how it is told that there is no file at an address."""
    return SourceError(
        f"{address}: expected a video file, found none; check whether the address is right"
    )


def files_below(address: str, *, deep: bool = True) -> list[str]:
    """Return the addresses of all files in a folder, and below it; none where there is no folder.

    Raises:
        SourceError: nobody answers there.
    """
    from pyarrow.fs import FileSelector

    with _told(address):
        system, path = _system(address)
        found = system.get_file_info(FileSelector(path, allow_not_found=True, recursive=deep))
        folder = address.rstrip("/")
        paths = (info.path for info in found if info.is_file)
        return sorted(f"{folder}{each.removeprefix(path.rstrip('/'))}" for each in paths)


def fetch(address: str, target: Path) -> None:
    """Bring a file here.

    Raises:
        SourceError: it is not there, or nobody answers.
        OSError: there is no room here.
    """
    with _told(address):
        system, path = _system(address)
        with system.open_input_stream(path, compression=None) as source, target.open("wb") as file:
            while content := source.read(1 << 22):
                file.write(content)


def send(path: Path, address: str) -> None:
    """Write a file to an address, whole or not at all.

    Raises:
        SourceError: it cannot be written there.
    """
    with _told(address, "a place to write to"):
        system, place = _system(address)
        folder, _, name = place.rpartition("/")
        to = place
        if system.type_name not in _OBJECT_STORES:
            system.create_dir(folder, recursive=True)
            to = f"{folder}/.{name}-{time.monotonic_ns():x}{_BEGUN}"
        with path.open("rb") as file, system.open_output_stream(to, compression=None) as target:
            while content := file.read(1 << 22):
                target.write(content)
        if to != place:
            system.move(to, place)


def forget(address: str) -> None:
    """Delete a file, or a folder with all that is in it; no harm where there is none.

    Raises:
        SourceError: nobody answers there.
    """
    with _told(address):
        system, path = _system(address)
        with suppress(FileNotFoundError):
            if system.get_file_info(path).is_file:
                system.delete_file(path)
            else:
                system.delete_dir(path)


def _system(address: str) -> tuple[Any, str]:
    """Return what reads and writes an address, and its path there."""
    parts = _ADDRESS.fullmatch(address)
    assert parts is not None
    system, root = _opened(parts["root"])
    return system, f"{root}{parts['path'] or ''}"


@lru_cache(maxsize=64)
def _opened(root: str) -> tuple[Any, str]:
    """Connect to a bucket or a machine, once."""
    from pyarrow.fs import FileSystem, FSSpecHandler, PyFileSystem

    scheme, _, authority = root.partition("://")
    try:
        system, path = FileSystem.from_uri(f"{scheme}://{quote(authority, safe=':@')}/")
    except ValueError:  # PyArrow does not know it
        import fsspec

        return PyFileSystem(FSSpecHandler(fsspec.filesystem(scheme))), authority
    return system, path.rstrip("/")


@contextmanager
def _told(address: str, expected: str = "a file or folder that can be read") -> Iterator[None]:
    """Tell what goes wrong on one line."""
    try:
        yield
    except SourceError:
        raise
    except (OSError, ValueError, ImportError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise SourceError(
            f"{address}: expected {expected}, found that it is not ({reason}); check the address "
            "and what this machine may do there"
        ) from error
