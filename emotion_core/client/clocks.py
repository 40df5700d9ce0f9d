"""Compares this machine's clock with the app's, so that marks of another machine are on time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from emotion_core.client.answers import ClockOffset
from emotion_core.client.connection import Connection
from emotion_core.live.streams.clock import Exchange, offset_of

#: Exchanges at a time; the quickest of them counts.
EXCHANGES: Final = 8
#: Seconds after which clocks are compared anew: they drift.
GOOD_FOR: Final = 60.0


@dataclass(frozen=True)
class _Answer:
    """What the app answers, in seconds of its clock."""

    received: float
    answered: float


class Clocks:
    """Keeps the newest comparison; may be used from several threads.

    Args:
        connection: to the app.
        clock: of this machine, in seconds.
    """

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._clock = clock
        self._lock = threading.Lock()
        self._exchanges: tuple[Exchange, ...] = ()
        self._compared = 0.0

    def now(self) -> float:
        """Return the time of this machine."""
        return self._clock()

    def exchanges(self) -> tuple[Exchange, ...]:
        """Return exchanges of the last minute, made now where there are none.

        Raises:
            ClientError: the app does not answer, or will not.
        """
        with self._lock:
            if not self._exchanges or self._clock() - self._compared > GOOD_FOR:
                # The first one opens the connection, and takes longest.
                self._exchanges = tuple(self._exchange() for _ in range(1 + EXCHANGES))[1:]
                self._compared = self._clock()
            return self._exchanges

    def offset(self) -> ClockOffset:
        """Return how the two clocks lie to each other.

        Raises:
            ClientError: the app does not answer, or will not.
        """
        exchanges = self.exchanges()
        rough = offset_of(exchanges, max(each.answered for each in exchanges))
        return ClockOffset.of(offset_of(exchanges, self._clock() + rough.seconds))

    def to_json(self) -> list[dict[str, Any]]:
        """Return the exchanges as a mark sends them along.

        Raises:
            ClientError: the app does not answer, or will not.
        """
        return [asdict(each) for each in self.exchanges()]

    def _exchange(self) -> Exchange:
        sent = self._clock()
        answer = self._connection.ask("GET", "/live/clock", _Answer, params={"sent": sent})
        return Exchange(sent, answer.received, answer.answered, self._clock())
