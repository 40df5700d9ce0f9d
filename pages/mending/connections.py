"""Lets a page be there sooner: answers leave at once, and the page asks the right place first.

Streamlit opens the port itself, without naming the protocol, and asyncio turns Nagle's algorithm
off only where it is named. What is written in two parts, as every answer of HTTP with its head and
its content, then waits some 40 ms for the confirmation that the other side delays: a page of a
hundred files takes most of a second longer.

Each file is looked for on the disk and read in small parts, by several threads, which takes more
time than all else that the server does for a page: what never changes is kept in memory.

And a page at ``/sessions`` takes that for a folder in which the server may be, asks there, waits a
moment after it is refused, and only then asks at ``/``.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Where the page's own scripts are, by the same rule: beside it. Streamlit's pages have one level.
_SERVER_IS_HERE: Final = (
    b'<script>window.__streamlit = {BACKEND_BASE_URL: new URL("./", location.href).href};</script>'
)
_BEFORE: Final = b"</title>"
#: Bytes of scripts, styles and fonts that are kept; all of Streamlit's are 25 MB.
_MOST_KEPT: Final = 32_000_000


def answer_at_once() -> None:
    """Turn Nagle's algorithm off for all connections of the server that is about to start.

    Called in its event loop, before it listens.
    """
    loop = asyncio.get_running_loop()
    create_server = loop.create_server

    async def create(
        *arguments: Any, sock: socket.socket | None = None, **named: Any
    ) -> asyncio.Server:
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            # Connections have it from the socket that listens.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server: asyncio.Server = await create_server(*arguments, sock=sock, **named)
        return server

    loop.create_server = create  # type: ignore[method-assign, assignment]


class FromMemory:
    """Answers a second time from memory what can never be another: Streamlit's own files.

    Their names tell their content, so they are sent as "immutable".

    Args:
        app: what answers the first time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: dict[str, tuple[Message, bytes]] = {}
        self._room = _MOST_KEPT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if not _asks_for_whole_file(scope):
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if (found := self._kept.get(path)) is not None:
            start, content = found
            await send({**start, "headers": [*start["headers"]]})
            await send({"type": "http.response.body", "body": content})
            return
        begun: Message | None = None
        body = bytearray()

        async def remember(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and _never_changes(message):
                begun = {**message, "headers": [*message["headers"]]}
            elif begun is not None and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body", False) and len(body) <= self._room:
                    self._kept[path] = begun, bytes(body)
                    self._room -= len(body)
            await send(message)

        await self.app(scope, receive, remember)


class ServerKnown:
    """Tells a page where its server is.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; a page gets one line more."""
        if not _asks_for_page(scope):
            await self.app(scope, receive, send)
            return
        # Compressed, it could not be added to; it is 10 KB.
        headers = [each for each in scope["headers"] if each[0] != b"accept-encoding"]
        start: Message | None = None
        body = b""

        async def add(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
                return
            if start is None:
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body", False):
                return
            content = body.replace(_BEFORE, _BEFORE + _SERVER_IS_HERE, 1)
            MutableHeaders(scope=start)["content-length"] = str(len(content))
            await send(start)
            await send({"type": "http.response.body", "body": content})

        await self.app({**scope, "headers": headers}, receive, add)


def _is_page(message: Message) -> bool:
    found = Headers(raw=message["headers"])
    return (
        message["status"] == 200
        and found.get("content-type", "").startswith("text/html")
        and "content-encoding" not in found
    )


def _asks_for_page(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and "text/html" in Headers(scope=scope).get("accept", "")
    )


def _asks_for_whole_file(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or "/static/" not in scope["path"]:
        return False
    headers = Headers(scope=scope)
    return not any(name in headers for name in ("range", "if-none-match", "if-modified-since"))


def _never_changes(message: Message) -> bool:
    found = Headers(raw=message["headers"])
    plain = not any(name in found for name in ("set-cookie", "content-encoding", "vary"))
    return message["status"] == 200 and plain and "immutable" in found.get("cache-control", "")
