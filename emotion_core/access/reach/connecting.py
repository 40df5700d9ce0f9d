"""Connections to addresses that were judged."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence

from emotion_core.access.reach.networks import IPAddress


def connected(addresses: Sequence[IPAddress], port: int, seconds: float) -> socket.socket:
    """Connect to the first of these addresses that answers.

    They are tried in turn: "localhost" often means ::1 first, where few programs listen.

    Args:
        addresses: as a `Rule` returned them, at least one.
        port: of TCP.
        seconds: for all tries together; it is also the time limit of what is returned.

    Raises:
        OSError: none answers.
    """
    *others, last = addresses
    for address in others:
        with contextlib.suppress(OSError):
            return _connected(address, port, seconds, len(addresses))
    return _connected(last, port, seconds, len(addresses))


def _connected(address: IPAddress, port: int, seconds: float, tries: int) -> socket.socket:
    opened = socket.create_connection((str(address), port), seconds / tries)
    opened.settimeout(seconds)
    return opened
