"""How often each token may ask: a bucket of requests that fills up again (token bucket)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

#: Seconds of its rate that a token may use at once.
BURST_SECONDS: Final = 2.0
_MOST_BUCKETS: Final = 1_000


class Rates:
    """Counts requests of each token.

    Args:
        clock: gives seconds, as ``time.monotonic``.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, key: str, rate: float) -> float:
        """Take a request out of the bucket, and return 0; or seconds until there is one again.

        Args:
            key: of the token.
            rate: requests a second, more than 0.
        """
        now, most = self._clock(), max(1.0, rate * BURST_SECONDS)
        left, then = self._buckets.pop(key, (most, now))
        left = min(most, left + (now - then) * rate)
        allowed = left >= 1.0
        self._buckets[key] = (left - 1.0 if allowed else left, now)
        if len(self._buckets) > _MOST_BUCKETS:  # those that were not asked for longest
            del self._buckets[next(iter(self._buckets))]
        return 0.0 if allowed else (1.0 - left) / rate
