"""Under which names a server answers, and to which websites.

A website that somebody has open can send requests to this machine: directly, with its own name in
``Origin``, or by letting its own name lead here (DNS rebinding), which stands in ``Host`` then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

#: What leads to this machine and nowhere else.
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Names:
    """What a server answers to.

    Attributes:
        hosts: names, without a port; ``*`` for any, ``*.example.org`` for all below one.
        origins: websites besides those under its own name, such as ``https://example.org``.
    """

    hosts: Sequence[str] = LOOPBACK
    origins: Sequence[str] = ()

    def is_own(self, host: str | None) -> bool:
        """Tell whether a ``Host`` header names this server."""
        if host is None:
            return False
        name = _name_in(host)
        return name is not None and any(_matches(name, pattern) for pattern in self.hosts)

    def takes(self, origin: str | None, host: str | None) -> bool:
        """Tell whether a request with this ``Origin`` is welcome, where ``Host`` is this server's.

        Programs send none. Another port of the same machine is another origin: any program there
        may serve any page.
        """
        if origin is None:
            return True
        return origin.partition("://")[2] == host or self.is_named(origin)

    def is_named(self, origin: str) -> bool:
        """Tell whether an origin is one of ``origins``."""
        return origin in [each.strip().rstrip("/") for each in self.origins]


def _name_in(host: str) -> str | None:
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # a number in range
        name = parts.hostname
    except ValueError:
        return None
    if name is None or parts.netloc != host or "@" in host:
        return None
    return name.lower().rstrip(".")


def _matches(name: str, pattern: str) -> bool:
    pattern = pattern.strip().lower().rstrip(".")
    if pattern == "*":
        return True
    return name.endswith(pattern[1:]) if pattern.startswith("*.") else name == pattern
