"""Remembers on the disk what is slow to get: one cache for all who have such things, and bounded.

An entry is a folder of files. It is written whole or not at all and never changed afterwards, so
any number of processes may read, write and make room at once. Whatever goes wrong here, even that
somebody deletes the folder meanwhile, costs time only: what is damaged or gone is made again.
A mapped array of zeros, as a power cut can leave it, looks as sound as any: each file has a
checksum, which is compared once a process.

Not ``diskcache``: entries are mapped into memory, which takes files of one's own.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import re
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, get_args

from emotion_core.errors import EmotionCoreError
from emotion_core.system.storage.files import is_half_deleted, new_folder, remove
from emotion_core.system.storage.folders import cache_dir
from emotion_core.system.storage.json_reading import checked, read_json

#: What is remembered: the cache has a folder for each kind, and one bound for all of them.
Kind = Literal["datasets", "predictions", "maps", "robustness", "timelines", "session_faces"]

#: Their folders.
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

#: Bytes kept of all kinds together; what was used longest ago goes first. FER2013 takes 85 MB, a
#: model's predictions for it 36 MB.
MOST_BYTES: Final = 2 << 30

_ENTRY: Final = re.compile(r"[0-9a-f]{20}-[0-9a-f]{20}")
_ABANDONED_AFTER_SECONDS: Final = 24 * 60 * 60
_TRIES: Final = 3
_CHECKSUMS: Final = "checksums.json"
_BLOCK: Final = 1 << 20
_SETTLED_AFTER_SECONDS: Final = 2.0
_MOST_COMPARED: Final = 256
#: What the system says where somebody else deletes or makes the same folder at this moment.
_SOMEBODY_IN_BETWEEN: Final = (errno.ENOENT, errno.EEXIST, errno.ENOTEMPTY)

_log = logging.getLogger(__name__)

Thing = TypeVar("Thing")

# What the files of entries were like when this process compared their checksums.
_compared: dict[Path, tuple[tuple[int, int, int], ...]] = {}
_compared_lock = threading.Lock()


@dataclass(frozen=True)
class CacheKey:
    """Names an entry.

    Attributes:
        kind: of what.
        version: another one whenever the same source gives other content.
        source: what the entry is made of, as JSON values.
        state: what the source was like, as JSON values: entries of another state are outdated.
    """

    kind: Kind
    version: int
    source: tuple[Any, ...]
    state: tuple[Any, ...] = ()

    @property
    def folder(self) -> Path:
        """The entry's folder, which need not exist."""
        name = f"{_digest(self.source)}-{_digest((self.version, self.state))}"
        return cache_dir() / self.kind / name


def load(key: CacheKey, read: Callable[[Path], Thing]) -> Thing | None:
    """Return what ``read`` makes of an entry, or None if there is no sound one.

    Args:
        key: names the entry.
        read: called with its folder. That it raises ``OSError``, ``EOFError``, ``ValueError``,
            ``KeyError``, ``TypeError`` or ``EmotionCoreError`` tells that the entry is damaged.
    """
    try:
        _compare_checksums(key.folder)
        found = read(key.folder)
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError, KeyError, TypeError, EmotionCoreError) as error:
        _log.info("cache entry %s is damaged and will be made again: %s", key.folder, error)
        return None
    with suppress(OSError):
        os.utime(key.folder)  # used now: others go first
    return found


def store(
    key: CacheKey, write: Callable[[Path], object], read: Callable[[Path], Thing], *, lost: str
) -> Thing | None:
    """Write an entry, make room for it, and return what ``load`` finds then.

    Args:
        key: names the entry.
        write: called with an empty folder to fill; called again when somebody deletes it.
        read: see ``load``.
        lost: what it means that nothing can be kept; the beginning of a warning in the log.
    """
    problem = None
    try:
        _put(key.folder, write)
    except OSError as error:
        problem = error
    else:
        _make_room(key.folder)
    stored = load(key, read)  # where nothing could be put, maybe that of a faster process
    if problem is not None and stored is None:
        _log.warning("%s: %s", lost, problem)
    return stored


def forget(kind: Kind, source: tuple[Any, ...]) -> None:
    """Remove all entries made of a source, whatever its state was: it is deleted itself.

    Args:
        kind: of what.
        source: what they are made of, as in their keys.
    """
    begin = f"{_digest(source)}-"
    for path in _listed(cache_dir() / kind):
        if path.name.startswith(begin):
            _forget(path)


def drop(folder: Path) -> None:
    """Remove an entry by its folder: whoever wants it makes it again.

    Where it is in use, and the system keeps what is, it stays.
    """
    _forget(folder)


def _put(folder: Path, write: Callable[[Path], object]) -> None:
    for left in reversed(range(_TRIES)):
        try:
            with new_folder(folder) as temporary:
                write(temporary)
                _write_checksums(temporary)
                if folder.exists():  # damaged, or of another process and as good
                    remove(folder, lasting=False)
            return
        except OSError as error:
            if not left or error.errno not in _SOMEBODY_IN_BETWEEN:
                raise


def _write_checksums(folder: Path) -> None:
    sums = {path.name: _checksum(path) for path in sorted(folder.iterdir())}
    (folder / _CHECKSUMS).write_text(json.dumps(sums) + "\n", encoding="utf-8")


def _compare_checksums(folder: Path) -> None:
    """Raise ValueError for an entry whose files are not what was written.

    Entries of earlier versions have no checksums, so nobody knows whether they are sound.
    """
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    try:
        sums = checked(read_json(folder / _CHECKSUMS), dict[str, int])
    except FileNotFoundError as error:
        raise ValueError("it has no checksums") from error
    found = [(folder / name).stat() for name in sums]
    state = tuple((each.st_ino, each.st_size, each.st_mtime_ns) for each in found)
    with _compared_lock:
        if _compared.get(folder) == state:
            return
    for name, expected in sums.items():
        if _checksum(folder / name) != expected:
            raise ValueError(f"{name} has another checksum")
    # A file that is changed at this very moment may keep its time.
    newest = max((each.st_mtime for each in found), default=0.0)
    if time.time() - newest > _SETTLED_AFTER_SECONDS:
        with _compared_lock:
            _compared[folder] = state
            while len(_compared) > _MOST_COMPARED:
                del _compared[next(iter(_compared))]


def _checksum(path: Path) -> int:
    """Return the CRC-32 of a file: against accidents, and twice as fast as SHA-256."""
    checksum = 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            checksum = zlib.crc32(block, checksum)
    return checksum


def _make_room(newest: Path) -> None:
    """Remove what is outdated, abandoned, of earlier versions, or too much."""
    source = newest.name.partition("-")[0]
    used: dict[Path, tuple[float, int]] = {}
    for kind in KINDS:
        for path in _listed(cache_dir() / kind):
            if path == newest:
                continue
            is_entry = _ENTRY.fullmatch(path.name) is not None
            outdated = is_entry and path.parent == newest.parent and path.name.startswith(source)
            if outdated or _is_left_over(path):
                _forget(path)
            elif is_entry:
                with suppress(OSError):  # another process has just removed it
                    used[path] = path.stat().st_mtime, _size(path)
    with suppress(OSError):
        room = MOST_BYTES - _size(newest)
        for path in sorted(used, key=used.__getitem__, reverse=True):
            room -= used[path][1]
            if room < 0:
                _forget(path)


def _is_left_over(path: Path) -> bool:
    """Tell what killed processes and earlier versions of this app left from what is others'."""
    if is_half_deleted(path):
        return True
    if path.name.startswith("."):
        try:
            age = time.time() - path.stat().st_mtime
        except OSError:  # its process has just finished
            return False
        return bool(_ENTRY.match(path.name, 1)) and age > _ABANDONED_AFTER_SECONDS
    return bool(_ENTRY.match(path.name)) and not _ENTRY.fullmatch(path.name)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # none was made yet, or somebody deletes it at this moment
        return []


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.name != _CHECKSUMS)


def _forget(path: Path) -> None:
    with suppress(OSError):  # gone already; or in use, where the system keeps what is
        remove(path, lasting=False)


def _digest(content: tuple[Any, ...]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:20]
