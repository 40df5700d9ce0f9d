"""How much somebody may keep: a quota of bytes for all that they record, upload, train and import.

What counts is what lies in their home, whichever process put it there; so all processes agree.
Without accounts there is no quota.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emotion_core.errors import AccessError, NoRoomError
from emotion_core.quantities import byte_size
from emotion_core.system.storage.folders import collection_path
from emotion_core.system.storage.formats import THINGS
from emotion_core.system.storage.persons import at_home, whose
from emotion_core.system.storage.sizes import FolderSizes

#: The share of a quota from which on people are told.
NEAR: Final = 0.8
#: Seconds for which a count is good enough.
COUNTED_FOR: Final = 1.0


_SIZES: Final = FolderSizes()
_counts: Final[dict[str, tuple[float, int]]] = {}
_lock: Final = threading.Lock()


@dataclass(frozen=True)
class Quota:
    """How much somebody has, and may have.

    Attributes:
        used: bytes.
        most: bytes; None: any number.
    """

    used: int
    most: int | None

    @property
    def left(self) -> float:
        """Bytes that may still be written; infinite without a limit."""
        return math.inf if self.most is None else max(0, self.most - self.used)

    @property
    def is_near(self) -> bool:
        """Whether it is time to tell."""
        return self.most is not None and self.used >= NEAR * self.most


def quota_of(person: str | None, *, fresh: bool = False) -> Quota:
    """Return how much somebody has and may have.

    Args:
        person: their id; None: whoever runs the app, who has no quota.
        fresh: count now; otherwise a count of ``COUNTED_FOR`` ago may do.

    Raises:
        AccessError: the settings, or what is known of them, cannot be read.
    """
    if person is None:
        return Quota(0, None)
    # Here, because it needs what checks passwords: nobody without accounts waits for that.
    from emotion_core.access.standing import quota_now

    return Quota(_used(person, fresh=fresh), quota_now(person))


def own_quota(*, fresh: bool = False) -> Quota:
    """Return the same for whoever this code runs for.

    What a server cannot read of its settings keeps nobody from writing: then there is no quota.
    """
    try:
        return quota_of(whose(), fresh=fresh)
    except AccessError:
        return Quota(0, None)


def refuse_beyond(size: int, what: str) -> None:
    """See that there is room for so many bytes more.

    Args:
        size: bytes.
        what: it is to be written, such as the name of a file.

    Raises:
        NoRoomError: that would be more than whoever this code runs for may have.
    """
    quota = own_quota(fresh=True)
    if size > quota.left or quota.left == 0:
        raise no_room(what, size, quota)


def no_room(what: str, size: int, quota: Quota) -> NoRoomError:
    """Return why something is not written."""
    if quota.most == 0:
        return NoRoomError(
            f"{what}: expected somebody who may keep things, found one who may only look; "
            "ask whoever runs the app"
        )
    much = f" ({byte_size(size)})" if size else ""
    return NoRoomError(
        f"{what}: expected room for it{much}, found {byte_size(quota.left)} left of your "
        f"{byte_size(quota.most or 0)}; delete what you no longer need"
    )


class Meter:
    """Counts what is written a piece at a time, and stops it where the room ends.

    Args:
        what: is written, such as the name of a file.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._left = 0.0
        self._asked = -math.inf

    def take(self, size: int) -> None:
        """Count a piece that is about to be written.

        Raises:
            NoRoomError: there is no room for it.
        """
        if size > self._left or time.monotonic() - self._asked > COUNTED_FOR:
            quota = own_quota(fresh=True)
            self._left, self._asked = quota.left, time.monotonic()
            if size > self._left:
                raise no_room(self._what, 0, quota)
        self._left -= size


def _used(person: str, *, fresh: bool) -> int:
    with _lock:
        counted, used = _counts.get(person, (-math.inf, 0))
    if not fresh and time.monotonic() - counted < COUNTED_FOR:
        return used
    used = sum(map(_SIZES.of, _folders_of(person)))
    with _lock:
        _counts[person] = (time.monotonic(), used)
    return used


def _folders_of(person: str) -> list[Path]:
    with at_home(person):
        return [collection_path(kind) for kind in THINGS]
