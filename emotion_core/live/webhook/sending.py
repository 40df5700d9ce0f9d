"""Sends the events of a live stream to an address, usually on this machine or in its own network.

`Webhook.send` never waits: a thread of its own sends what is queued, and ends when there is nothing
left, so that nobody has to stop it. Every event is one POST request with JSON such as::

    {"rule": "happy above 80% for 2 s", "time": "2026-01-01T12:00:00.250Z",
     "person": 1, "score": 0.8413, "test": false}

Nothing else is sent: no picture, and no scores but the one that the rule asks for. An answer from
200 to 299 counts as taken; redirects are not followed and proxies are not used.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Final

from emotion_core.access.reach.rules import Rule, local_addresses
from emotion_core.errors import WebhookError
from emotion_core.live.webhook.client import UnansweredError, WebhookClient
from emotion_core.sessions.events import TriggerEvent
from emotion_core.system.clock import iso_time

_LOGGER = logging.getLogger(__name__)

#: Seconds before the one attempt that follows a failed one.
RETRY_AFTER: Final = 0.5
#: Events that may wait; more are dropped and counted.
MOST_WAITING: Final = 16


@dataclass(frozen=True)
class WebhookState:
    """What became of the events so far.

    Attributes:
        sent: events that were taken.
        failed: events that were not, after the second attempt.
        dropped: events that were never sent, because too many waited.
        failure: why the last event was not taken, on one line; None when it was.
    """

    sent: int = 0
    failed: int = 0
    dropped: int = 0
    failure: str | None = None


class Webhook:
    """Sends events to one address.

    Args:
        address: such as "http://localhost:8080/event"; http or https.
        rule: which addresses may be reached.

    Raises:
        WebhookError: it is no such address, its name is unknown, or it may not be reached.
    """

    def __init__(self, address: str, rule: Rule = local_addresses) -> None:
        self.address = address
        self._client = WebhookClient(address, rule)
        self._lock = threading.Lock()
        self._waiting: deque[dict[str, Any]] = deque()
        self._sending = False
        self._state = WebhookState()

    @property
    def state(self) -> WebhookState:
        """What became of the events so far; safe to read from any thread."""
        with self._lock:
            return self._state

    def send(self, event: TriggerEvent) -> None:
        """Queue an event; never waits and never raises for what happens to it."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                self._state = replace(self._state, dropped=self._state.dropped + 1)
                return
            self._waiting.append(_content(event, test=False))
            if self._sending:
                return
            self._sending = True
        threading.Thread(target=self._run, name="webhook", daemon=True).start()

    def send_test(self) -> str:
        """Send an event that is marked as a test, once, and return the answer on one line.

        Raises:
            WebhookError: it was not taken.
        """
        event = TriggerEvent(time.monotonic(), time.time(), "a test")
        return self._client.post(_content(event, test=True))

    def close(self) -> None:
        """Send nothing more; what waits is forgotten."""
        with self._lock:
            self._waiting.clear()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._sending = False
                    return
                content = self._waiting.popleft()
            self._deliver(content)

    def _deliver(self, content: dict[str, Any]) -> None:
        failure = None
        try:
            self._post_twice(content)
        except WebhookError as error:
            failure = str(error)
            if failure != self.state.failure:  # the page does not tell everybody
                _LOGGER.warning("An event was not taken: %s", failure)
        except Exception as error:
            failure = f"{self.address} cannot be reached ({type(error).__name__}: {error})"
            _LOGGER.error("An event could not be sent.", exc_info=error)
        with self._lock:
            state, failed = self._state, failure is not None
            self._state = replace(
                state,
                sent=state.sent + (not failed),
                failed=state.failed + failed,
                failure=failure,
            )

    def _post_twice(self, content: dict[str, Any]) -> None:
        try:
            self._client.post(content)
        except UnansweredError:
            time.sleep(RETRY_AFTER)
            self._client.post(content)


def _content(event: TriggerEvent, *, test: bool) -> dict[str, Any]:
    return {
        "rule": event.rule,
        "time": iso_time(event.wall_clock),
        "person": event.person,
        "score": None if event.score is None else round(event.score, 4),
        "test": test,
    }
