"""Files and folders written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO, Final

from emotion_core.system.names import fitted
from emotion_core.system.storage.folders import collection_at, is_personal
from emotion_core.system.storage.formats import FORMAT_FILE, FORMATS
from emotion_core.system.storage.temporary import Reservation

_DELETED: Final = re.compile(r"\.deleted-[0-9a-f]{16}")

# In bytes. A temporary name is the final one with something added: were it longer than a file
# system allows, what could be written well could not be written whole.
LONGEST_STEM: Final = 100
_LONGEST_SUFFIX: Final = 16

#: Where folders inherit who may read them, and nothing here changes that.
ON_WINDOWS: Final = os.name == "nt"

#: What the name of a folder's predecessor adds to that of its temporary one.
RETIRED_ENDING: Final = "-old"

# How much of the end of a file is looked at to find its last whole line.
_PIECE: Final = 65_536

# What everybody but the owner may do.
_OTHERS: Final = 0o077
# What systems answer that have no such thing for folders, or for a kind of file.
_NOTHING_TO_WAIT_FOR: Final = (errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF, errno.ENOSYS)


@contextmanager
def replace_file(path: Path, *, lasting: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that replaces it when the block ends without an error.

    A reader sees the old file or the new one, never a half-written one, even after a power cut.
    When the block raises, the temporary file is removed and ``path`` stays as it was.

    Args:
        path: where to; its folder is made.
        lasting: whether the disk has to have it before this returns. Not for what is written anew
            every second: a power cut may leave an empty file then.

    Raises:
        OSError: the folder cannot be written or the disk is full.
    """
    make_folder(path.parent)
    # The real suffix is kept: Keras and OpenCV choose the format by it.
    suffix = fitted(path.suffix, longest=_LONGEST_SUFFIX)
    mode = 0o600 if is_personal(path) else 0o666
    reserved = Reservation(
        path.parent, _hidden(path.stem), suffix, lambda new: new.touch(mode, exist_ok=False)
    )
    try:
        yield reserved.path
        publish(reserved.path, path, lasting=lasting)
    finally:
        reserved.path.unlink(missing_ok=True)
        reserved.end()


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path`` that becomes ``path`` when the block ends well.

    Of two who make the same folder at once, the first one to finish has it.

    Raises:
        FileExistsError: ``path`` exists, and is not an empty folder.
        OSError: the parent cannot be written or the disk is full.
    """
    with beside(path) as temporary:
        yield temporary
        try:
            publish(temporary, path)
        except OSError as error:
            if path.exists():  # which error it is differs between systems
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from error
            raise


@contextmanager
def replace_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path`` that takes its place when the block ends well.

    An existing ``path`` stays until the new folder is complete; when the block raises, nothing
    changes. What an interruption puts aside ``leftovers`` puts back.

    Raises:
        OSError: the parent cannot be written or the disk is full.
    """
    with beside(path) as temporary:
        retired = temporary.with_name(f"{temporary.name}{RETIRED_ENDING}")
        try:
            yield temporary
            to_disk(temporary)  # before the old one goes: the time without either is short
            if path.exists():
                path.replace(retired)
            try:
                publish(temporary, path)
            except OSError:
                if retired.exists():
                    retired.replace(path)
                raise
        finally:
            shutil.rmtree(retired, ignore_errors=True)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Yield a new, hidden folder beside ``path``; what is left of it is removed at the end."""
    make_folder(path.parent)
    mode = 0o700 if is_personal(path) else 0o777
    reserved = Reservation(path.parent, _hidden(path.name), "", lambda new: new.mkdir(mode))
    try:
        yield reserved.path
    finally:
        shutil.rmtree(reserved.path, ignore_errors=True)
        reserved.end()


def publish(temporary: Path, path: Path, *, lasting: bool = True) -> None:
    """Give what is complete its final name, in place of a file or an empty folder of that name.

    Content is on the disk before the name and the name before this returns: after a power cut there
    is the old content or the new one, and not a file of the right length that is full of zeros.
    Personal data can be read by its owner alone then, whatever wrote it.

    Raises:
        OSError: it cannot be moved, or the disk fails.
    """
    if is_personal(path):
        keep_private(temporary)
    if lasting:
        to_disk(temporary)
    _move(temporary, path, lasting=lasting)


def move(path: Path, target: Path) -> None:
    """Give a file or folder that is on the disk another name, where nothing has that name yet.

    Raises:
        OSError: it is gone or cannot be moved, or the disk fails.
    """
    _move(path, target, lasting=True)


def _move(path: Path, target: Path, *, lasting: bool) -> None:
    path.replace(target)
    if lasting:
        for folder in {target.parent, path.parent}:
            _to_disk(folder)


def to_disk(path: Path) -> None:
    """Wait until the disk has a file, or a folder with all that is in it.

    Raises:
        OSError: the disk fails.
    """
    if path.is_dir() and not path.is_symlink():
        for entry in path.iterdir():
            to_disk(entry)
    if not path.is_symlink():
        _to_disk(path)


def _to_disk(path: Path) -> None:
    is_folder = path.is_dir()
    if ON_WINDOWS:
        if is_folder:  # there is no such thing
            return
        flags = os.O_RDWR
    else:
        flags = os.O_RDONLY
    try:
        handle = os.open(path, flags)
    except PermissionError:  # such as a folder that can be written and not listed
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NOTHING_TO_WAIT_FOR:
            raise
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder and those it lies in; those of personal data are open to their owner alone.

    One that holds all things of a kind says of which format it is.

    Raises:
        OSError: it cannot be made.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(0o700 if is_personal(path) else 0o777, exist_ok=True)
    if (kind := collection_at(path)) is not None:
        with replace_file(path / FORMAT_FILE) as temporary:
            temporary.write_text(f"{FORMATS[kind]}\n", encoding="ascii")


def owner_only(path: str, flags: int) -> int:
    """Open a file for what may hold people's faces: an ``opener``, see ``open``.

    Raises:
        OSError: it cannot be opened.
    """
    return os.open(path, flags, 0o600)


def keep_private(path: Path) -> None:
    """Take away what others may do with a file, or with a folder and all that is in it.

    Links are not followed, and on Windows, where folders inherit who may read them, nothing is
    done.

    Raises:
        OSError: it is somebody else's.
    """
    if ON_WINDOWS or path.is_symlink():
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        path.chmod(mode & ~_OTHERS)
    if path.is_dir():
        for entry in path.iterdir():
            keep_private(entry)


def remove(path: Path, *, lasting: bool = True) -> None:
    """Delete a file or a folder with all that is in it.

    It is moved out of sight first, so that nobody ever meets a half-deleted one. What an
    interruption leaves is told by ``is_half_deleted``, and can be removed by anybody. After a power
    cut it is as gone as it was: what people deleted does not come back.

    Args:
        path: what to delete.
        lasting: whether to wait until the disk knows; not for what can be made again.

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
    if lasting:
        _to_disk(path.parent)


def remove_files(paths: Iterable[Path]) -> None:
    """Delete files, as ``remove`` does, but without moving them aside; some may be gone already.

    Raises:
        OSError: one of them cannot be deleted, or the disk fails; those before it are deleted.
    """
    folders = set()
    try:
        for path in paths:
            path.unlink(missing_ok=True)
            folders.add(path.parent)
    finally:
        for folder in filter(Path.is_dir, folders):
            _to_disk(folder)


def is_half_deleted(path: Path) -> bool:
    """Tell whether ``path`` is what ``remove`` has moved aside, or is at work on."""
    return _DELETED.fullmatch(path.name) is not None


def write_json(path: Path, content: Any, *, lasting: bool = True) -> None:
    """Write ``content`` to ``path`` as indented JSON, whole or not at all; see ``replace_file``."""
    with replace_file(path, lasting=lasting) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file, whole or not at all, and take away what a killed process left of one.

    Whoever calls this has locked the file against other writers. It is made where it is missing,
    for its owner's eyes alone.

    Args:
        path: the file, in a folder that is there.
        line: without a line break in it; one is added.

    Raises:
        OSError: it cannot be written, or the disk is full; nothing was added then.
    """
    rest = memoryview(line + b"\n")
    with FileIO(path, "a+", opener=owner_only) as file:
        whole = _whole_length(file)
        file.truncate(whole)
        try:
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(whole)
            raise


def whole_lines(content: bytes) -> bytes:
    """Return lines without an end that was cut in two, or that a power cut left as zeros.

    Zeros with lines after them are kept: what follows is somebody's work.
    """
    content = content.rstrip(b"\0")
    return content[: content.rfind(b"\n") + 1]


def _whole_length(file: FileIO) -> int:
    """Return the bytes of the whole lines in a file; nearly always its end tells."""
    size = file.seek(0, os.SEEK_END)
    start, tail = size, b""
    while start > 0 and not whole_lines(tail):
        length = min(start, _PIECE)
        start -= length
        file.seek(start)
        tail = (file.read(length) or b"") + tail
    return start + len(whole_lines(tail))


def _hidden(name: str) -> str:
    """Return how the name of what becomes ``name`` begins until it is whole."""
    return f".{fitted(name, longest=LONGEST_STEM)}"


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


class FileTooLargeError(OSError):
    """A file is larger than it may be.

    Attributes:
        size: in bytes.
    """

    def __init__(self, path: Path, size: int) -> None:
        super().__init__(errno.EFBIG, "it is too large", str(path))
        self.size = size


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Return the content of somebody's file; see ``open_regular``.

    Raises:
        FileTooLargeError: it has more than ``most_bytes``.
        OSError: as there.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most_bytes:
            raise FileTooLargeError(path, size)
        return file.read(size)  # memory is taken for as much as is asked for
