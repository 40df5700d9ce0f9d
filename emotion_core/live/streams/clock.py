"""What time it is on another machine: clocks compared as NTP does.

The caller notes when it asks, the app when the question came and when it answered, the caller when
the answer was back. The way there and the way back are taken to be equally long; so the error is
half of both at most, and the quickest of several exchanges is the one to trust (RFC 5905,
sections 8 and 10).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from emotion_core.errors import StreamError

#: Exchanges that are looked at, at most.
MOST_EXCHANGES: Final = 64
#: How far two clocks may drift apart in a second: 100 millionths, twice what quartzes are sold for.
DRIFT: Final = 1e-4
#: Seconds that an answer may have taken: more is no comparison of clocks.
_LONGEST: Final = 10.0


@dataclass(frozen=True)
class Exchange:
    """A question and its answer; seconds of the caller's clock and of the app's.

    Attributes:
        sent: when the caller asked, on its clock.
        received: when the app had the question, on the app's.
        answered: when the app answered, on the app's.
        back: when the caller had the answer, on its clock.

    Raises:
        StreamError: these are no times of one exchange.
    """

    sent: float
    received: float
    answered: float
    back: float

    def __post_init__(self) -> None:
        times = self.sent, self.received, self.answered, self.back
        if not all(map(math.isfinite, times)) or not 0 <= self.round_trip <= _LONGEST:
            raise StreamError(
                "expected an exchange of clocks within "
                f"{_LONGEST:g} s, each time in seconds, found {times}; take them in the order "
                "sent, received, answered, back"
            )
        if self.answered < self.received:
            raise StreamError(
                "expected an exchange answered after it was received, found "
                f"{self.answered} before {self.received}; send both as the app gave them"
            )

    @property
    def offset(self) -> float:
        """Seconds to add to the caller's clock to have the app's."""
        return ((self.received - self.sent) + (self.answered - self.back)) / 2

    @property
    def round_trip(self) -> float:
        """Seconds on the way, there and back."""
        return (self.back - self.sent) - (self.answered - self.received)


@dataclass(frozen=True)
class Offset:
    """How a caller's clock lies to the app's.

    Attributes:
        seconds: to add to the caller's clock to have the app's.
        uncertainty: by how many seconds that may be wrong, at most.
    """

    seconds: float
    uncertainty: float


def offset_of(exchanges: Sequence[Exchange], now: float) -> Offset:
    """Return how a caller's clock lies to the app's.

    Args:
        exchanges: one to ``MOST_EXCHANGES``.
        now: seconds of the app's clock.

    Raises:
        StreamError: there is none, or too many.
    """
    if not 1 <= len(exchanges) <= MOST_EXCHANGES:
        raise StreamError(
            f"expected 1 to {MOST_EXCHANGES} exchanges of clocks, found {len(exchanges)}; ask "
            "GET /live/clock a few times and send the last ones"
        )
    best = min(exchanges, key=lambda each: _uncertainty(each, now))
    return Offset(best.offset, _uncertainty(best, now))


def _uncertainty(exchange: Exchange, now: float) -> float:
    return exchange.round_trip / 2 + DRIFT * abs(now - exchange.answered)
