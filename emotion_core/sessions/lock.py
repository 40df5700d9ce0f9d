"""Which sessions are being recorded: their folders are locked; and how a recording is ended.

The system lets go of a lock when its process ends, however it ends. The time of a file would say
nothing once a clock was set back.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from emotion_core.sessions.header import RECORDING_FILE, STOP_FILE
from emotion_core.system.storage.locks import FileLock, is_held

_ROOM_FOR_HEADER: Final = 8192


class RecordingLock:
    """Held by a recorder on the folder of its session; of one thread at a time.

    Args:
        folder: a new one.
        patience: seconds to wait for somebody who only looks whether the lock is held.

    Raises:
        OSError: the folder cannot be written, or somebody records in it.
    """

    def __init__(self, folder: Path, *, patience: float = 2.0) -> None:
        self._stop = folder / STOP_FILE
        self._path = folder / RECORDING_FILE
        self._lock = FileLock(self._path)
        if not self._lock.acquire(patience):
            raise BlockingIOError(errno.EAGAIN, "somebody records in it")
        try:
            self._path.write_bytes(bytes(_ROOM_FOR_HEADER))
        except OSError:
            self._lock.release()
            raise

    @property
    def asked_to_stop(self) -> bool:
        """Whether somebody wants the recording to end."""
        return self._stop.exists()

    def touch(self) -> None:
        """Note that the recording goes on, for versions of this project that go by the time.

        Raises:
            OSError: the folder was deleted.
        """
        os.utime(self._path)

    def make_room(self) -> None:
        """Leave room on a full disk for the header; the lock is still held."""
        with suppress(OSError):
            os.truncate(self._path, 0)

    def release(self) -> None:
        """Let go of the folder."""
        self._lock.release()
        # What is left behind is locked by nobody, and so says nothing.
        for path in (self._stop, self._path):
            with suppress(OSError):
                path.unlink()


def is_being_recorded(folder: Path) -> bool:
    """Tell whether a recorder of any process writes the session in ``folder``."""
    try:
        return is_held(folder / RECORDING_FILE)
    except OSError:
        return False


def ask_to_stop(folder: Path) -> None:
    """Let the recorder that writes the session in ``folder`` end it; waits for nothing.

    Raises:
        OSError: the folder cannot be written.
    """
    (folder / STOP_FILE).touch(0o600)
    if not is_being_recorded(folder):  # it has ended meanwhile, and nobody else removes this
        (folder / STOP_FILE).unlink(missing_ok=True)
