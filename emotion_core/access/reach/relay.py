"""Connects in place of a program that would look names up, and follow redirects, by itself.

FFmpeg is told to go to a port of this machine, and to nowhere else. Whatever it asks for there,
at first or because a server sent it on, is looked up and judged here, and the connection made to
the very address that was judged:

- of HTTP and HTTPS the relay is the proxy (RFC 9110, 7.3.2 and 9.3.6);
- of RTSP, which knows none, it is the other end of one connection, to one target. A server that
  would send a player on to another address says so in a header, ``Location``. That header is made
  unreadable, for FFmpeg would go there directly. Behind RTSPS the relay does the encryption.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from emotion_core.access.reach.connecting import connected
from emotion_core.access.reach.rules import Rule
from emotion_core.errors import ReachError

#: Seconds within which whoever is asked has to answer.
SECONDS: Final = 4.0

_MOST_HEAD: Final = 65536
_PIECE: Final = 65536
# Connections of one program at a time; a player has one or two.
_MOST_AT_ONCE: Final = 8
_LOOK_UP_SECONDS: Final = 1.0
# FFmpeg leaves out carriage returns wherever they stand.
_LOCATION: Final = re.compile(b"\r*".join(map(re.escape, (b"%c" % byte for byte in b"location:"))), re.I)
_BEGUN: Final = re.compile(
    b"(?:l(?:\r|$)*" + b"(?:".join([b"", *(b"%c(?:\r)*" % byte for byte in b"ocation")]) + b")?" * 7
    + b")$", re.I,
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """Where an RTSP connection goes.

    Attributes:
        host: a name or an address.
        port: of TCP.
        encrypted: whether it is RTSPS. Whose certificate it is, is not asked: cameras make their
            own.
    """

    host: str
    port: int
    encrypted: bool = False
