"""The interface as the app mounts it: judges each request, and loads the rest for the first one.

FastAPI and what it needs take memory and time; who uses no interface pays for none.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import threading
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from emotion_core.access.gate import Gate, too_large
from emotion_core.access.names import Names
from emotion_core.access.refusals import MEDIA_TYPE, Refusal, RefusedError
from emotion_core.api.addresses import CALLER, LARGE, OPEN, PREFIX
from emotion_core.api.watching.counting import ANSWERED
from emotion_core.errors import FormatError
from emotion_core.system.logs.lines import in_request
from emotion_core.system.storage.folders import without_places
from emotion_core.system.storage.persons import at_home

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOG: Final = logging.getLogger(__name__)

# Of websockets: the close code for what a server does not allow.
_POLICY_VIOLATION: Final = 1008


class Beside:
    """Hands what is asked of the interface to it, and everything else to the app.

    It stands before all else that the app does with requests: the interface judges them by itself,
    and what is done to pages, such as cookies and compression, is not done to its answers.

    Args:
        app: what answers the rest.
        interface: what answers under ``PREFIX``.
    """

    def __init__(self, app: ASGIApp, interface: ASGIApp) -> None:
        self.app = app
        self._interface = interface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or a websocket."""
        own = scope["type"] in ("http", "websocket") and f"{scope['path']}/".startswith(
            f"{PREFIX}/"
        )
        if own:
            scope = {**scope, "root_path": f"{scope.get('root_path', '')}{PREFIX}"}
        await (self._interface if own else self.app)(scope, receive, send)


class Interface:
    """An ASGI application: everything under ``PREFIX``.

    Args:
        names: returns what it answers to; asked at every request.
        load: returns the application behind it, once; in a thread, for that takes a second.
    """

    def __init__(
        self, names: Callable[[], Names], load: Callable[[], ASGIApp] | None = None
    ) -> None:
        self._names = names
        self._gate = Gate(names)
        self._load = load or _load
        self._loading = threading.Lock()
        self._application: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or a websocket, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            return
        headers = _headers(scope)
        path = scope["path"].removeprefix(scope.get("root_path", "")).rstrip("/")
        method = scope.get("method", "GET")
        cross = _cross_origin_headers(headers, self._names())
        if cross and method == "OPTIONS":
            await _send_plain(send, 204, {**cross, **_PREFLIGHT})
            return
        id_ = secrets.token_hex(8)
        send = _with_headers(send, {**(cross or _OWN_PAGES), **_ALWAYS, "x-request-id": id_})
        most_bytes = LARGE.get((method, path))
        found = self._gate.admit(headers, is_open=path in OPEN, most_bytes=most_bytes)
        if isinstance(found, Refusal):
            await refuse(found, scope, send)
            return
        scope[CALLER] = found
        application = self._application
        if application is None:
            try:
                application = await asyncio.to_thread(self._loaded)
            except FormatError as error:
                await refuse(Refusal(503, without_places(str(error))), scope, send)
                return
        most = most_bytes or (found.token.most_bytes if found.token else 0)
        limited = _Limited(receive, send, most, scope)
        try:
            # What it asks for is looked for in the home of who made its token.
            with at_home(found.person), in_request(id_):
                await application(scope, limited.receive, limited.send)
        except RefusedError as error:
            await limited.refuse(error.refusal)
        except Exception as error:  # noqa: BLE001 - its sender was told; a message may be personal
            with in_request(id_):
                _LOG.error("%s", _where(error))

    def _loaded(self) -> ASGIApp:
        with self._loading:
            application = self._application or self._load()
            self._application = application
        return application


class _Limited:
    """Counts what a request sends, which need not be what it said: its length may be unknown."""

    def __init__(self, receive: Receive, send: Send, most_bytes: int, scope: Scope) -> None:
        self._receive = receive
        self._send = send
        self._most = most_bytes
        self._scope = scope
        self._read = 0
        self._began = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            if self._read > self._most:
                raise RefusedError(too_large(self._most))
        return message

    async def send(self, message: Message) -> None:
        self._began = True
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        if not self._began:
            await refuse(refusal, self._scope, self._send)


def _where(error: BaseException) -> str:
    """Return what kind of error it was, and the lines that led to it; none of the values."""
    calls = "".join(
        f"\n  {frame.filename}, line {frame.lineno}, in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    )
    return f"a request ended in {type(error).__name__}:{calls}"


def _load() -> ASGIApp:
    # A program may be the first that comes.
    from emotion_core.belongings.migrations import prepare

    prepare()
    from emotion_core.api.application import application

    return application()


async def refuse(refusal: Refusal, scope: Scope, send: Send) -> None:
    """Answer with a problem, or close a websocket before it is open."""
    if scope["type"] == "websocket":
        await send(
            {"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refusal.detail[:120]}
        )
        return
    body = json.dumps(refusal.to_json()).encode()
    await _send_plain(send, refusal.status, {"content-type": MEDIA_TYPE, **refusal.headers}, body)


# Answers may hold what a network made of faces: nobody on the way keeps one, and no browser takes
# one for something else.
_ALWAYS: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'",
}
_OWN_PAGES: Final = {"cross-origin-resource-policy": "same-origin"}
_PREFLIGHT: Final = {
    "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": "authorization, content-type, last-event-id",
    "access-control-max-age": "600",
}


def _cross_origin_headers(headers: dict[str, str], names: Names) -> dict[str, str]:
    """Return what lets the page of a website that is named read the answer; of no other one."""
    origin = headers.get("origin")
    if origin is None or not names.is_named(origin) or not names.is_own(headers.get("host")):
        return {}
    return {"access-control-allow-origin": origin, "vary": "origin"}


def _headers(scope: Scope) -> dict[str, str]:
    """Return a request's headers; of those that come twice, both, as HTTP joins them."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


async def _send_plain(send: Send, status: int, headers: dict[str, str], body: bytes = b"") -> None:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    if body:
        pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    added = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            ANSWERED[message["status"]] += 1
            known = {name.lower() for name, _ in message["headers"]}
            new = [pair for pair in added if pair[0] not in known]
            message = {**message, "headers": [*message["headers"], *new]}
        await send(message)

    return sending
