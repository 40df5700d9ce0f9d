"""Where the server keeps who may come in: a folder of its own, in nobody's home."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from emotion_core.errors import AccessError
from emotion_core.system.storage.files import make_folder
from emotion_core.system.storage.folders import base_dir
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.shelf import writing

_LOCK: Final = ".lock"
_PATIENCE: Final = 10.0


def accounts_dir() -> Path:
    """Return the folder of passwords, of who was here and of the cookies' secret.

    Raises:
        NoHomeError: there is no folder to keep things in.
    """
    return base_dir() / "accounts"


@contextmanager
def alone() -> Iterator[Path]:
    """Let one process or thread at a time change something in ``accounts_dir``, and yield that.

    Raises:
        AccessError: the folder cannot be written, or another one does not end.
    """
    folder = accounts_dir()
    with writing(folder, AccessError):
        make_folder(folder)
    with writing(folder, AccessError), FileLock(folder / _LOCK) as lock:
        if not lock.acquire(_PATIENCE):
            raise AccessError(
                f"{folder}: expected to change who may come in, found that another process does "
                "and does not end; try again"
            )
        yield folder
