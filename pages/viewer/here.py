"""Whether a viewer sits at the machine that runs this app, and may name its files and cameras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import streamlit as st

#: The table in `.streamlit/secrets.toml` and the name in it; true or false.
SECTION: Final = "sources"
OFFERED: Final = "of_the_server"

_FORWARDED: Final = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")


def server_is_offered_here() -> bool:
    """Tell whether this viewer may play the server's files and cameras and what it can reach.

    `.streamlit/secrets.toml` decides; where it says nothing, it takes a viewer on the machine
    itself. Where people have accounts, nobody asks here: see ``person.may``.
    """
    if st.secrets.load_if_toml_exists():
        table = st.secrets.get(SECTION)
        if isinstance(table, Mapping) and OFFERED in table:
            return table[OFFERED] is True
    return on_this_machine(st.get_option("server.address"), st.context.headers)


def on_this_machine(address: str | None, headers: Mapping[str, str]) -> bool:
    """Tell whether the request with these headers, to an app bound to ``address``, is from here.

    An app bound to localhost is reached from elsewhere through a proxy or a tunnel only. Proxies
    add a header, tunnels leave the address that the visitor's browser went to. One that does
    neither looks like a browser on this machine: who has such a one says so in secrets.toml.
    """
    host = urlsplit(f"//{headers.get('Host', '')}").hostname
    forwarded = any(name in headers for name in _FORWARDED)
    return is_loopback(address) and is_loopback(host) and not forwarded


def is_loopback(host: str | None) -> bool:
    """Tell whether a host's name is one that only this machine itself goes by."""
    return host in ("localhost", "127.0.0.1", "::1")
