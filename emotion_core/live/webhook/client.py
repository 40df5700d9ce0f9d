"""Posts JSON to an address that may be reached: usually one on this machine or in its network."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException, responses
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from emotion_core.access.reach.connecting import connected
from emotion_core.access.reach.networks import IPAddress
from emotion_core.access.reach.rules import Rule, local_addresses, one_line
from emotion_core.errors import ReachError, WebhookError

#: Seconds that one attempt may take.
TIMEOUT: Final = 2.0

_MOST_ANSWER_BYTES: Final = 65536
_EXAMPLE: Final = "http://localhost:8080/event"


class UnansweredError(WebhookError):
    """Another attempt may succeed."""


class WebhookClient:
    """Posts to one address.

    Args:
        address: such as "http://localhost:8080/event"; http or https.
        rule: which addresses may be reached.

    Raises:
        WebhookError: it is no such address, its name is unknown, or it may not be reached.
    """

    def __init__(self, address: str, rule: Rule = local_addresses) -> None:
        self.address = address
        self._rule = rule
        self._parts = _parsed(address)
        self._judged()

    def post(self, content: Mapping[str, Any]) -> str:
        """Make one attempt and return the answer on one line.

        The name is looked up every time, and the connection made to what was found and judged: a
        name that comes to mean another machine meanwhile leads nowhere else.

        Raises:
            UnansweredError: nobody answered, or the server failed; another attempt may succeed.
            WebhookError: it was refused, here or there.
        """
        connection = _Connection(self._parts, self._judged())
        try:
            status = connection.post(self._parts, json.dumps(content).encode())
        except (OSError, HTTPException) as error:
            raise UnansweredError(f"{self.address} cannot be reached: {_reason(error)}") from error
        finally:
            connection.close()
        answer = f"{status} {responses.get(status, '')}".strip()
        if 200 <= status < 300:
            return answer
        explanation = {3: "; redirects are not followed", 5: "; see its log"}
        message = f"{self.address} answered {answer}{explanation.get(status // 100, '')}"
        raise (UnansweredError if status >= 500 else WebhookError)(message)

    def _judged(self) -> list[IPAddress]:
        try:
            return self._rule(str(self._parts.hostname))
        except ReachError as error:
            raise WebhookError(str(error)) from error


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


class _Connection(HTTPConnection):
    """A connection to an IP address that was judged, in the name of the host that was asked for.

    `HTTPConnection` itself would look the name up once more, and might find another address.
    """

    def __init__(self, parts: SplitResult, addresses: Sequence[IPAddress]) -> None:
        assert parts.hostname is not None
        self._addresses = addresses
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        port = parts.port or (443 if self._tls else 80)
        super().__init__(parts.hostname, port, timeout=TIMEOUT)

    def connect(self) -> None:
        self.sock = connected(self._addresses, self.port, TIMEOUT)
        if self._tls:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)

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


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    return one_line(error)
