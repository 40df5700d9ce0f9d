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


class NotRegularError(OSError):
    """What has a file's name is a pipe, a device or a socket.

    Attributes:
        found: what it is.
    """

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(errno.EINVAL, f"it is {found}", str(path))
        self.found = found


class FileTooLargeError(OSError):
    """A file is larger than it may be.

    Attributes:
        size: in bytes.
    """

    def __init__(self, path: Path, size: int) -> None:
        super().__init__(errno.EFBIG, "it is too large", str(path))
        self.size = size


def open_regular(path: Path) -> BinaryIO:
    """Open a file that somebody names, to read it; nobody writes into a pipe, /dev/zero never ends.

    Raises:
        NotRegularError: it is no file with an end.
        IsADirectoryError: it is a folder.
        OSError: it cannot be opened.
    """
    # Whoever opens a pipe waits for its other side, but for this flag, which Windows lacks.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            if stat.S_ISDIR(mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
            found = "a pipe" if stat.S_ISFIFO(mode) else "a device"
            raise NotRegularError(path, found)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Return the content of a file that somebody names; see ``open_regular``.

    Raises:
        FileTooLargeError: it has more than ``most_bytes``.
        OSError: as there.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(most_bytes + 1) if size <= most_bytes else b""
    if size > most_bytes or len(content) > most_bytes:  # it may grow
        raise FileTooLargeError(path, max(size, len(content)))
    return content


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
