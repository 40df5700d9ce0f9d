"""Locks between processes: the system lets go of them when their holder dies, however it dies."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final

_PAUSE: Final = 0.02


class FileLock:
    """A lock on a file, which one process at a time can hold.

    A process that is killed holds nothing any more; a machine that starts anew has no holders.

    Args:
        path: the file; it is made, and stays when the lock is given back.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self, patience: float = 0.0) -> bool:
        """Take the lock and return True, or False when another process still has it.

        Args:
            patience: seconds to wait for it.

        Raises:
            OSError: the file cannot be made.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        deadline = time.monotonic() + patience
        while not _lock(handle):
            if time.monotonic() >= deadline:
                os.close(handle)
                return False
            time.sleep(_PAUSE)
        self._handle = handle
        return True

    def release(self) -> None:
        """Give the lock back; no harm where it is not held."""
        if self._handle is not None:
            _unlock(self._handle)
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> FileLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Tell whether some process holds the lock on a file, which need not exist."""
    if not path.exists():
        return False
    with FileLock(path) as lock:
        return not lock.acquire()


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
