"""Removes what killed processes left half written, half deleted, or in temporary folders.

Nothing is removed that a living process holds: it has the lock beside each (``temporary``). Earlier
versions had no locks there: what looks like theirs goes once nobody has touched it for a day.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from emotion_core.system.names import fitted
from emotion_core.system.storage.files import (
    LONGEST_STEM,
    RETIRED_ENDING,
    is_half_deleted,
    move,
    remove,
)
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.temporary import LOCK_ENDING, PREFIX, TOKEN

#: Folders deep that anything is looked for: ``own_data/NAME/SPLIT/CLASS``.
_DEEPEST: Final = 4

_ABANDONED_AFTER_SECONDS: Final = 24 * 60 * 60

_TOKEN_LENGTH: Final = len("-01234567")
# A word or a date is nobody's token: theirs nearly always mix letters with digits.
_EARLIER_TOKEN: Final = r"-(?=[0-9_]*[a-z])(?=[a-z]*[0-9_])[0-9a-z_]{8}"
_EARLIER: Final = re.compile(rf"\..+?{_EARLIER_TOKEN}(?:\.[^.]*|{RETIRED_ENDING})?")
_EARLIER_FOLDER: Final = re.compile(rf"{PREFIX}(?:import|upload)-[0-9a-z_]{{8}}")


def sweep(folder: Path) -> None:
    """Remove what killed processes left in a folder of this app and the folders in it.

    A folder that was about to be replaced and is put aside gets its name back.
    """
    _sweep(folder, _DEEPEST)


def sweep_beside(path: Path) -> None:
    """Remove what killed processes left of a file or folder that they were about to write.

    For a folder of somebody's own, where others may lie that are none of our business.
    """
    begins = f".{fitted(path.name, longest=LONGEST_STEM)}-"
    for name in _names(path.parent):
        if name.startswith(begins) and name.endswith(LOCK_ENDING):
            _sweep_unheld(path.parent / name)


def sweep_temporary() -> None:
    """Remove this user's temporary folders that belong to no living process."""
    parent = Path(tempfile.gettempdir())
    for name in _names(parent):
        path = parent / name
        if not name.startswith(PREFIX):
            continue
        if name.endswith(LOCK_ENDING):
            _sweep_unheld(path)
        elif _EARLIER_FOLDER.fullmatch(name) and not _lock_of(path).exists():
            _sweep_abandoned(path)


def _sweep(folder: Path, deepest: int) -> None:
    for name in _names(folder):
        path = folder / name
        if is_half_deleted(path):
            _remove(path)
        elif name.startswith(".") and name.endswith(LOCK_ENDING):
            _sweep_unheld(path)
        elif _EARLIER.fullmatch(name):
            if not _lock_of(path).exists():
                _sweep_abandoned(path)
        elif deepest > 0 and not name.startswith(".") and _is_folder(path):
            _sweep(path, deepest - 1)


def _sweep_unheld(lock_path: Path) -> None:
    path = lock_path.with_name(lock_path.name.removesuffix(LOCK_ENDING))
    if TOKEN.search(path.name) is None:  # somebody's own lock
        return
    lock = FileLock(lock_path)
    with suppress(OSError):  # somebody else's, or swept by another process
        if lock.acquire():
            try:
                if lock.stands:
                    _forget(path)
            finally:
                lock.discard()


def _sweep_abandoned(path: Path) -> None:
    with suppress(OSError):
        status = path.lstat()
        ours = not hasattr(os, "getuid") or status.st_uid == os.getuid()
        if ours and time.time() - status.st_mtime > _ABANDONED_AFTER_SECONDS:
            _forget(path.with_name(path.name.removesuffix(RETIRED_ENDING)))


def _forget(path: Path) -> None:
    """Remove what is half written; what it was about to replace gets its name back."""
    retired = path.with_name(f"{path.name}{RETIRED_ENDING}")
    if os.path.lexists(retired):
        name = path.name[1:-_TOKEN_LENGTH]
        if len(name.encode("utf-8", "surrogatepass")) >= LONGEST_STEM - 3:
            return  # its name may be longer, and it may be the only one
        if os.path.lexists(path.with_name(name)):
            _remove(retired)
        else:
            move(retired, path.with_name(name))
    if os.path.lexists(path):
        _remove(path)


def _remove(path: Path) -> None:
    with suppress(OSError):  # in use, where the system keeps what is: at the next start
        remove(path)


def _lock_of(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(RETIRED_ENDING) + LOCK_ENDING)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are all that is needed
    except OSError:  # it is not there, or closed
        return []
