"""Lets the app answer only to its own names, and only to its own pages."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit import cli_util
from streamlit.web.server.server_util import get_display_address, get_url
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from emotion_core.access.names import Names

_LOG: Final = logging.getLogger(__name__)

#: Methods that change nothing; browsers do not let another page see the answer to them.
_SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")

_NAME: Final = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")

#: So many names are told in the log; whoever asks chooses them.
_MOST_TOLD: Final = 20


class OwnNamesOnly:
    """Refuses, with 403, what comes by a name or from a page that is not the app's own.

    Streamlit looks at ``server.allowedHosts`` when a page connects, not when a picture, a download
    or an upload is asked for; and takes a page of any other server on this machine for its own,
    and for any page at all asks an outside address what this machine's own one is.

    Args:
        app: what answers the rest.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host"), headers.get("origin")
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        if not is_host_allowed(host):
            problem = foreign_name(host)
            self._tell(host)
        elif changes and origin is not None and not is_own_origin(origin, host):
            problem = (
                f"This app takes requests from its own pages only, and this one comes from "
                f"{origin}. Whoever runs the app can allow it: server.corsAllowedOrigins in "
                ".streamlit/config.toml."
            )
        else:
            if scope["type"] == "websocket" and (origin or "").partition("://")[2] != host:
                # Judged here. Of the app's own pages it stays: logins are compared with it.
                scope = _without_origin(scope)
            await self.app(scope, receive, _sending_to_own_pages(send))
            return
        refusal = (
            WebSocketClose(code=1008)
            if scope["type"] == "websocket"
            else PlainTextResponse(f"403: {problem}\n", status_code=403)
        )
        await refusal(scope, receive, send)

    def _tell(self, host: str | None) -> None:
        """Log a name that was refused, once."""
        # A torn request may have anything in its place, such as a token; those have a _.
        name = host if host is not None and _NAME.fullmatch(host) else None
        if str(name) not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(str(name))
            _LOG.warning("%s", foreign_name(name))


def own_names() -> Names:
    """Return what the interface for other programs answers to: what the app does."""
    hosts, origins = (
        st.get_option(f"server.{name}") for name in ("allowedHosts", "corsAllowedOrigins")
    )
    return Names(hosts or ("*",), origins)


def foreign_name(host: str | None) -> str:
    """Return why a name is refused, and what to do; one line without control characters."""
    name = "no name" if host is None else ascii(host[:255])
    own = ", ".join(st.get_option("server.allowedHosts"))
    return (
        f"This app answers to the names {own} only, and was asked for as {name}. Whoever runs "
        "it can add a name: server.allowedHosts in .streamlit/config.toml; see docs/connection.md."
    )


def is_own_origin(origin: str, host: str | None) -> bool:
    """Tell whether a page of this origin belongs to the app, asked for as ``host``.

    Another port of the same machine is another origin: any program there may serve any page.
    """
    if not st.get_option("server.enableCORS"):  # whoever runs the app takes every page
        return True
    allowed = [each.strip().rstrip("/") for each in st.get_option("server.corsAllowedOrigins")]
    return origin.partition("://")[2] == host or origin in allowed


def _without_origin(scope: Scope) -> Scope:
    headers = [(name, value) for name, value in scope["headers"] if name != b"origin"]
    return {**scope, "headers": headers}


def _sending_to_own_pages(send: Send) -> Send:
    """Let browsers show what is sent in pages of the app only, not within those of others."""
    allowed = [each.strip() for each in st.get_option("server.corsAllowedOrigins")]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = " ".join(["frame-ancestors 'self'", *allowed])
            if not allowed and st.get_option("server.enableCORS"):
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
        await send(message)

    return sending


@asynccontextmanager
async def open_browser(_: st.App) -> AsyncIterator[None]:
    """Open the app in a browser when it starts, as Streamlit does for apps that are scripts."""
    if not st.get_option("server.headless"):
        address = st.get_option("browser.serverAddress")
        if address == "localhost":  # nobody has said otherwise
            address = get_display_address(st.get_option("server.address") or address)
        cli_util.open_browser(get_url(address))
    yield
