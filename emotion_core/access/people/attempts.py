"""Tries at passwords: each wrong one makes the next wait longer, and never longer than a minute.

So nobody guesses a password, and nobody is kept out for good by somebody who tries.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from emotion_core.access.people.passwords import key_of

#: Seconds that anybody waits at most: 1,440 guesses a day.
LONGEST_WAIT: Final = 60.0
# Half of the wrong ones are forgotten in so many seconds without one.
_HALF_LIFE: Final = 1800.0
# Wrong tries before the first wait: with one name from one address, with one name from anywhere,
# and from one address, behind which there may be a whole school.
_FREE_PAIR: Final = 3
_FREE_NAME: Final = 20
_FREE_ADDRESS: Final = 40
_MOST_KEPT: Final = 20_000

Key = tuple[str, ...]


class Attempts:
    """Counts tries of each name and from each address.

    Args:
        clock: gives seconds, as ``time.monotonic``.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[Key, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, name: str, address: str, browser: str = "") -> float:
        """Count a try and return 0; or seconds until there may be one, which then does not count.

        Args:
            name: whose password it is meant to be.
            address: where the try comes from.
            browser: a hash of its secret, where this name's owner has logged in with it before:
                what others try elsewhere then keeps nobody waiting there.
        """
        now = self._clock()
        with self._lock:
            keys = list(_keys(name, address, browser))
            wait = max(self._left(key, free, now) for key, free in keys)
            if wait > 0:
                return wait
            # Before it is known to be wrong: a hundred at once count as a hundred.
            for key, _ in keys:
                self._counts[key] = self._count(key, now) + 1, now
                self._counts.move_to_end(key)
            while len(self._counts) > _MOST_KEPT:
                self._counts.popitem(last=False)
        return 0.0

    def succeeded(self, name: str, address: str, browser: str = "") -> None:
        """Let a right password count as no try; what others tried of this name still counts."""
        with self._lock:
            for key, _ in _keys(name, address, browser):
                count, then = self._counts.get(key, (0.0, 0.0))
                if key[0] in ("pair", "browser") or count <= 1:
                    self._counts.pop(key, None)
                else:
                    self._counts[key] = count - 1, then

    def _left(self, key: Key, free: int, now: float) -> float:
        count, then = self._counts.get(key, (0.0, now))
        beyond = min(round(self._count(key, now)) - free, 30)
        # Also of a flood of tries that were let in before the first was known to be wrong.
        return 0.0 if beyond < 0 or not count else then + min(2**beyond, LONGEST_WAIT) - now

    def _count(self, key: Key, now: float) -> float:
        count, then = self._counts.get(key, (0.0, now))
        return float(count * 0.5 ** ((now - then) / _HALF_LIFE))


def _keys(name: str, address: str, browser: str) -> Iterator[tuple[Key, int]]:
    name, address = key_of(name), _network(address)
    if browser:
        yield ("browser", name, browser), _FREE_PAIR
    else:
        yield ("pair", name, address), _FREE_PAIR
        yield ("name", name), _FREE_NAME
        yield ("address", address), _FREE_ADDRESS


def _network(address: str) -> str:
    """Return what stands for an address: of IPv6, one household has all that begin alike."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network(f"{found}/64", strict=False))
