"""Locks between processes, which end with their holder however it dies; turns within this one."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from emotion_core.system.progress import WAITING, ShareProgress

_PAUSE: Final = 0.02


class FileLock:
    """A lock on a file, which one process at a time can hold.

    A process that is killed holds nothing any more; a machine that starts anew has no holders.

    Args:
        path: the file, in a folder that is there; it is made, and stays when the lock is given
            back.
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
        deadline = time.monotonic() + patience
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not _lock(handle):
                if time.monotonic() >= deadline:
                    return False
                time.sleep(_PAUSE)
            self._handle = handle
        finally:
            if self._handle != handle:
                os.close(handle)
        return True

    def release(self) -> None:
        """Give the lock back; no harm where it is not held."""
        if self._handle is not None:
            _unlock(self._handle)
            os.close(self._handle)
            self._handle = None

    def discard(self) -> None:
        """Give the lock back and remove its file; no harm where it is not held."""
        if self._handle is not None:
            if sys.platform != "win32":  # before somebody else can take it
                self.path.unlink(missing_ok=True)
            self.release()
            if sys.platform == "win32":  # where nothing open can be removed
                with suppress(OSError):
                    self.path.unlink(missing_ok=True)

    @property
    def stands(self) -> bool:
        """Whether it is held, and on the file that others find at its path."""
        if self._handle is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._handle), self.path.stat())
        except OSError:
            return False

    def __enter__(self) -> FileLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Tell whether some process holds the lock on a file, which need not exist.

    Who looks makes nothing, and is not taken for a holder by others who look at the same moment.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _looks_free(handle)
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _looks_free(handle: int) -> bool:
        # There are no shared locks here: somebody else who looks is gone at the next try.
        for _ in range(3):
            if _lock(handle):
                _unlock(handle)
                return True
            time.sleep(_PAUSE)
        return False

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(handle: int, kind: int = fcntl.LOCK_EX) -> bool:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _looks_free(handle: int) -> bool:
        return _lock(handle, fcntl.LOCK_SH)  # which any number may have; closing gives it back

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


class Turns:
    """Lets so many threads at a time do what takes much memory, in the order of the system.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        self._free = threading.Semaphore(count)

    @contextmanager
    def take(self, progress: ShareProgress | None) -> Iterator[None]:
        """Wait for a turn, and hold it.

        Args:
            progress: called with ``WAITING`` every 0.02 s meanwhile; when it raises, nobody waits.
        """
        while not self._free.acquire(timeout=_PAUSE):
            if progress is not None:
                progress(WAITING)
        try:
            yield
        finally:
            self._free.release()
