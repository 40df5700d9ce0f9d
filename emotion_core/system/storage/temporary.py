"""Temporary files and folders: each has a lock beside it, held by the process that it is for.

What a killed process leaves is told by its lock, which nobody holds any more, and removed by
``leftovers``. There is no other maker of them, so that nothing is left that nobody knows of.
"""

from __future__ import annotations

import errno
import re
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from emotion_core.system.storage.locks import FileLock

#: How the names of folders in the system's folder for temporary files begin.
PREFIX: Final = "emotion-"

#: What the name of a lock adds to that of what it is for.
LOCK_ENDING: Final = ".lock"

#: In a name: what makes it the only one.
TOKEN: Final = re.compile(r"-[0-9a-f]{8}(?=\.|$)")

_TRIES: Final = 100
_NO_LOCKS_HERE: Final = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


class Reservation:
    """A new name in a folder, which is this process's as long as it lives.

    Args:
        parent: the folder, which is there.
        beginning: of the name.
        ending: of the name, such as ``.csv``.
        make: makes what has the name, and raises ``FileExistsError`` where something has it.

    Attributes:
        path: what has the name.

    Raises:
        OSError: nothing can be made there.
    """

    def __init__(
        self, parent: Path, beginning: str, ending: str, make: Callable[[Path], object]
    ) -> None:
        for left in reversed(range(_TRIES)):
            self.path = parent / f"{beginning}-{secrets.token_hex(4)}{ending}"
            self._lock = FileLock(self.path.with_name(self.path.name + LOCK_ENDING))
            try:
                if self._locked():
                    make(self.path)
                    return
            except FileExistsError:
                if not left:
                    raise
            except BaseException:
                self._lock.discard()
                raise
            self._lock.discard()
        raise FileExistsError(f"no name is free in {parent}")

    def _locked(self) -> bool:
        """Take the lock; False where somebody swept its file away before it was held."""
        try:
            return self._lock.acquire() and self._lock.stands
        except OSError as error:
            if error.errno not in _NO_LOCKS_HERE:
                raise
            # What a network's file system leaves after a crash goes by its age.
            self._lock.path.unlink(missing_ok=True)
            return True

    def end(self) -> None:
        """Give the name back; what has it is removed before, or has another name by now."""
        self._lock.discard()


class TemporaryFolder:
    """A folder that only its owner can look into, gone with this object or with its process.

    Args:
        purpose: a word for its name.

    Attributes:
        path: where it is.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, purpose: str) -> None:
        parent = Path(tempfile.gettempdir())
        reserved = Reservation(
            parent, f"{PREFIX}{purpose}", "", lambda path: path.mkdir(mode=0o700)
        )
        self.path = reserved.path
        self._end = weakref.finalize(self, _remove, reserved)

    def remove(self) -> None:
        """Remove it with all that is in it; may be called again."""
        self._end()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.remove()


def _remove(reserved: Reservation) -> None:
    shutil.rmtree(reserved.path, ignore_errors=True)
    with suppress(OSError):
        reserved.end()
