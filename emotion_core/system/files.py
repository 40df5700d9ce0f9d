"""Files and folders written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from emotion_core.system.names import fitted

_DELETED: Final = re.compile(r"\.deleted-[0-9a-f]{16}")

# In bytes. A temporary name is the final one with something added: were it longer than a file
# system allows, what could be written well could not be written whole.
_LONGEST_STEM: Final = 100
_LONGEST_SUFFIX: Final = 16


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that replaces it when the block ends without an error.

    A reader sees the old file or the new one, never a half-written one. When the block raises, the
    temporary file is removed and ``path`` stays as it was.

    Raises:
        OSError: the folder cannot be written or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The real suffix is kept: Keras and OpenCV choose the format by it.
    suffix = fitted(path.suffix, longest=_LONGEST_SUFFIX)
    handle, name = tempfile.mkstemp(suffix, _temporary_prefix(path.stem), path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)  # mkstemp makes files that only their owner can read
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path`` that becomes ``path`` when the block ends well.

    Of two who make the same folder at once, the first one to finish has it.

    Raises:
        FileExistsError: ``path`` exists, and is not an empty folder.
        OSError: the parent cannot be written or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=_temporary_prefix(path.name), dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        try:
            temporary.rename(path)
        except OSError as error:
            if path.exists():  # which error it is differs between systems
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from error
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def replace_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path`` that takes its place when the block ends well.

    An existing ``path`` stays until the new folder is complete; when the block raises, nothing
    changes.

    Raises:
        OSError: the parent cannot be written or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=_temporary_prefix(path.name), dir=path.parent))
    retired = temporary.with_name(f"{temporary.name}-old")
    try:
        yield temporary
        temporary.chmod(0o755)
        if path.exists():
            path.replace(retired)
        try:
            temporary.replace(path)
        except OSError:
            if retired.exists():
                retired.replace(path)
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(retired, ignore_errors=True)


def remove(path: Path) -> None:
    """Delete a file or a folder with all that is in it.

    It is moved out of sight first, so that nobody ever meets a half-deleted one. What an
    interruption leaves is told by ``is_half_deleted``, and can be removed by anybody.

    Raises:
        OSError: it is gone, or cannot be moved, which leaves it as it was; or something in it
            cannot be deleted.
    """
    retired = path
    if not is_half_deleted(path):
        retired = path.with_name(f".deleted-{secrets.token_hex(8)}")
        path.replace(retired)
    while os.path.lexists(retired):
        try:
            if retired.is_dir() and not retired.is_symlink():
                shutil.rmtree(retired)
            else:
                retired.unlink()
        except FileNotFoundError:  # somebody else removes it at this moment
            continue


def is_half_deleted(path: Path) -> bool:
    """Tell whether ``path`` is what ``remove`` has moved aside, or is at work on."""
    return _DELETED.fullmatch(path.name) is not None


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` to ``path`` as indented JSON, whole or not at all."""
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _temporary_prefix(name: str) -> str:
    """Return how the name of what becomes ``name`` begins until it is whole: it is hidden."""
    return f".{fitted(name, longest=_LONGEST_STEM)}-"


def open_regular(path: Path) -> BinaryIO:
    """Open somebody's file for reading, if it is one.

    A pipe would be waited for, and a device such as ``/dev/zero``, to which a link may lead, has
    no end.

    Raises:
        OSError: it is a folder, a pipe or a device, or cannot be opened.
    """
    # Which of them there are depends on the system.
    flags = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY"))
    handle = os.open(path, os.O_RDONLY | flags)
    kind = os.fstat(handle).st_mode
    if stat.S_ISREG(kind):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "it is a pipe or a device and no file", str(path))
