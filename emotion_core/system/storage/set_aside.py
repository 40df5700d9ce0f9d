"""What somebody has deleted and may still take back: hidden for a while, then gone.

It has the kind of name that ``leftovers`` removes, and a lock of this process beside it: as long as
this process lives it is there, and if the process is killed it goes when the next one starts.
"""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Final

from emotion_core.quantities import counted
from emotion_core.system.names import fitted
from emotion_core.system.storage.files import LONGEST_STEM, move, remove
from emotion_core.system.storage.temporary import Reservation

#: Seconds for which something can be taken back; whoever deleted it may have had a reason.
KEPT_SECONDS: Final = 600.0
#: The same in words.
KEPT_FOR: Final = counted(round(KEPT_SECONDS / 60), "minute")


class SetAside:
    """A file or folder that looks deleted, until it is taken back or gone for good.

    It is gone after ``KEPT_SECONDS``, with this object, and with this process.

    Args:
        path: what is to be deleted.
        seconds: how long it can be taken back.

    Attributes:
        path: where it was, and comes to lie again.

    Raises:
        OSError: it is gone, or cannot be moved.
    """

    def __init__(self, path: Path, seconds: float = KEPT_SECONDS) -> None:
        self.path = path
        hidden = f".{fitted(path.name, longest=LONGEST_STEM)}"
        self._reserved = Reservation(path.parent, hidden, "", lambda new: move(path, new))
        self._end = weakref.finalize(self, _remove, self._reserved)
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    @property
    def there(self) -> bool:
        """Whether it can still be taken back."""
        return self._end.alive

    def take_back(self) -> None:
        """Put it where it was.

        Raises:
            FileNotFoundError: it is gone for good.
            OSError: it cannot be moved, and can still be taken back.
        """
        if self._end.detach() is None:
            raise FileNotFoundError(self.path)
        try:
            move(self._reserved.path, self.path)
        except OSError:
            self._end = weakref.finalize(self, _remove, self._reserved)
            raise
        self._timer.cancel()
        self._reserved.end()

    def forget(self) -> None:
        """Delete it for good; may be called again."""
        self._timer.cancel()
        self._end()


def _remove(reserved: Reservation) -> None:
    with suppress(OSError):  # in use, where the system keeps what is: at the next start
        remove(reserved.path)
        reserved.end()
