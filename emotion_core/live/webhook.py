"""Sends the events of a live stream to an address on this machine or in its own network.

`Webhook.send` never waits: a thread of its own sends what is queued, and ends when there is nothing
left, so that nobody has to stop it. Every event is one POST request with JSON such as::

    {"rule": "happy above 80 % for 2 s", "time": "2026-01-01T12:00:00.250Z",
     "person": 1, "score": 0.8413, "test": false}

Nothing else is sent: no picture, and no scores but the one that the rule asks for. An answer from
200 to 299 counts as taken; redirects are not followed and proxies are not used.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import logging
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException, responses
from typing import Any, Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

from emotion_core.errors import WebhookError
from emotion_core.sessions.events import TriggerEvent
from emotion_core.system.clock import iso_time

_LOGGER = logging.getLogger(__name__)

#: Seconds that one attempt may take.
TIMEOUT: Final = 2.0
#: Seconds before the one attempt that follows a failed one.
RETRY_AFTER: Final = 0.5
#: Events that may wait; more are dropped and counted.
MOST_WAITING: Final = 16

#: Where events may go: this machine, and private networks (RFC 1918, RFC 4193).
LOCAL_NETWORKS: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
    )
)  # fmt: skip

_MOST_ANSWER_BYTES: Final = 65536
_EXAMPLE: Final = "http://localhost:8080/event"

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


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

    Raises:
        WebhookError: it is no such address, its name is unknown, or it is not local.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._parts = _parsed(address)
        _local_addresses(self._parts)
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
        return self._post(_content(event, test=True))

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
            self._post(content)
        except _UnansweredError:
            time.sleep(RETRY_AFTER)
            self._post(content)

    def _post(self, content: dict[str, Any]) -> str:
        """Make one attempt and return the answer on one line.

        The name is looked up every time, and the connection made to what was found and judged: a
        name that comes to mean another machine meanwhile leads nowhere else.

        Raises:
            _UnansweredError: nobody answered, or the server failed; another attempt may succeed.
            WebhookError: it was refused, here or there.
        """
        connection = _Connection(self._parts, _local_addresses(self._parts))
        try:
            status = connection.post(self._parts, json.dumps(content).encode())
        except (OSError, HTTPException) as error:
            raise _UnansweredError(f"{self.address} cannot be reached: {_reason(error)}") from error
        finally:
            connection.close()
        answer = f"{status} {responses.get(status, '')}".strip()
        if 200 <= status < 300:
            return answer
        explanation = {3: "; redirects are not followed", 5: "; look into its log"}
        message = f"{self.address} answered {answer}{explanation.get(status // 100, '')}"
        raise (_UnansweredError if status >= 500 else WebhookError)(message)


class _UnansweredError(WebhookError):
    """Another attempt may succeed."""


class _Connection(HTTPConnection):
    """A connection to an IP address that was judged, in the name of the host that was asked for.

    The addresses are tried in turn: "localhost" often means ::1 first, where few programs listen.

    `HTTPConnection` itself would look the name up once more, and might find another address.
    """

    def __init__(self, parts: SplitResult, addresses: Sequence[_Address]) -> None:
        assert parts.hostname is not None
        self._addresses = addresses
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        port = parts.port or (443 if self._tls else 80)
        super().__init__(parts.hostname, port, timeout=TIMEOUT)

    def connect(self) -> None:
        *others, last = self._addresses
        for address in others:
            with contextlib.suppress(OSError):
                self.sock = self._connected(address)
                break
        else:
            self.sock = self._connected(last)
        if self._tls:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)

    def _connected(self, address: _Address) -> socket.socket:
        time_limit = TIMEOUT / len(self._addresses)
        connected = socket.create_connection((str(address), self.port), time_limit)
        connected.settimeout(TIMEOUT)
        return connected

    def post(self, parts: SplitResult, body: bytes) -> int:
        """Send ``body`` and return the status of the answer, all within ``TIMEOUT``."""
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        started = time.monotonic()
        # A server that answers a byte a second would keep within the socket's own time limit.
        watchdog = threading.Timer(TIMEOUT, self._hang_up)
        watchdog.daemon = True
        watchdog.start()
        try:
            self.request("POST", path, body, {"Content-Type": "application/json"})
            response = self.getresponse()
            with contextlib.suppress(OSError, HTTPException):  # the answer's first line is enough
                response.read(_MOST_ANSWER_BYTES)
        except (OSError, HTTPException):
            if time.monotonic() - started >= TIMEOUT:
                raise TimeoutError from None
            raise
        finally:
            watchdog.cancel()
        return response.status

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError, AttributeError):  # gone already, or not there yet
            self.sock.shutdown(socket.SHUT_RDWR)


def _content(event: TriggerEvent, *, test: bool) -> dict[str, Any]:
    return {
        "rule": event.rule,
        "time": iso_time(event.wall_clock),
        "person": event.person,
        "score": None if event.score is None else round(event.score, 4),
        "test": test,
    }


def _parsed(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        sound = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and parts.username is None
            and address.isascii()
            and address.isprintable()
            and " " not in address
        )
    except ValueError:  # a port that is no number, brackets that do not match
        sound = False
    if not sound:
        raise WebhookError(f"expected an address such as {_EXAMPLE}, found {address[:200]!r}")
    return parts


def _local_addresses(parts: SplitResult) -> list[_Address]:
    """Return the IP addresses of the host, all of them local; at least one.

    Raises:
        WebhookError: the name is unknown, or one of its addresses is not local.
    """
    host = str(parts.hostname)
    found = _addresses(host)
    for address in found:
        if not is_local(address):
            also = "" if str(address) == host else f" ({address})"
            raise WebhookError(
                f"expected an address on this machine or in its private network, found {host}"
                f"{also}; events are sent nowhere else"
            )
    return found


def _addresses(host: str) -> list[_Address]:
    with contextlib.suppress(ValueError):
        return [ipaddress.ip_address(host)]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
    except (OSError, UnicodeError, ValueError) as error:
        reason = "no such name" if isinstance(error, UnicodeError) else _reason(error)
        raise WebhookError(
            f"the name {host} is not known here ({reason}); is it written correctly?"
        ) from error


def is_local(address: _Address) -> bool:
    """Tell whether an IP address belongs to this machine or to a private network."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    judged = mapped or address
    return any(judged in network for network in LOCAL_NETWORKS)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(reason).split())[:200]
