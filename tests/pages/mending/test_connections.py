"""How soon answers leave, and where a page asks first."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit.web.server.starlette.starlette_server import _bind_socket

from pages.mending.connections import FromMemory, ServerKnown, answer_at_once

PAGE = "<html><head><title>A page</title></head></html>"


def waits_for_confirmation(*, mended: bool) -> bool:
    """Return whether a connection to a port that Streamlit has opened has Nagle's algorithm on."""

    async def connect() -> int:
        if mended:
            answer_at_once()
        accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            own = writer.get_extra_info("socket")
            accepted.set_result(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        port = _bind_socket("127.0.0.1", 0, 10)
        async with await asyncio.start_server(look, sock=port):
            _, writer = await asyncio.open_connection(*port.getsockname())
            no_delay = await accepted
            writer.close()
        return no_delay

    return not asyncio.run(connect())


def test_streamlit_still_needs_it():
    # Once this fails, `answer_at_once` can go.
    assert waits_for_confirmation(mended=False)


def test_answers_leave_at_once():
    assert not waits_for_confirmation(mended=True)


def answer(path: str, accept: str, method: str = "GET") -> httpx.Response:
    """Return what a browser gets that asks for something."""
    routes = [
        Route("/sessions", lambda _: HTMLResponse(PAGE)),
        Route("/text", lambda _: PlainTextResponse(PAGE)),
        Route("/gone", lambda _: HTMLResponse(PAGE, status_code=404)),
    ]
    transport = httpx.ASGITransport(ServerKnown(Starlette(routes=routes)))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers={"accept": accept})

    return asyncio.run(ask())


def test_a_page_is_told_where_its_server_is():
    found = answer("/sessions", "text/html,*/*")
    assert 'BACKEND_BASE_URL: new URL("./", location.href).href' in found.text
    assert found.text.startswith("<html><head><title>A page</title><script>")
    assert int(found.headers["content-length"]) == len(found.content)


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [("/sessions", "*/*", 200), ("/text", "text/html", 200), ("/gone", "text/html", 404)],
)
def test_anything_else_is_left_as_it_is(path, accept, status):
    found = answer(path, accept)
    assert (found.status_code, found.text) == (status, PAGE)


def test_the_head_of_a_page_is_left_as_it_is():
    found = answer("/sessions", "text/html", "HEAD")
    assert int(found.headers["content-length"]) == len(PAGE)


@pytest.mark.parametrize(
    ("path", "sent", "asked", "times"),
    [
        ("/static/a.js", {"cache-control": "public, immutable"}, {}, 1),
        ("/static/a.js", {"cache-control": "public, immutable"}, {"range": "bytes=0-1"}, 2),
        ("/static/a.js", {"cache-control": "public, immutable"}, {"if-none-match": '"x"'}, 2),
        ("/static/a.js", {"cache-control": "public, immutable", "set-cookie": "a=b"}, {}, 2),
        ("/static/a.js", {"cache-control": "no-cache"}, {}, 2),
        ("/media/a.js", {"cache-control": "public, immutable"}, {}, 2),
    ],
)
def test_what_never_changes_is_read_once(path, sent, asked, times):
    seen = []

    def tell(_: Request) -> Response:
        seen.append(path)
        return PlainTextResponse("x" * 70_000, headers=sent)

    transport = httpx.ASGITransport(FromMemory(Starlette(routes=[Route(path, tell)])))

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return [await client.get(path, headers=asked) for _ in range(2)]

    first, second = asyncio.run(ask())
    assert (first.content, first.headers) == (second.content, second.headers)
    assert len(second.content) == 70_000
    assert len(seen) == times
