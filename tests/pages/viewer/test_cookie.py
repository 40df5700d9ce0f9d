from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from emotion_core.system.viewer_settings import is_viewer
from pages.viewer.cookie import COOKIE, KnowViewers, viewer_of

ANNA = "a" * 32


async def app(scope: Scope, _: Receive, send: Send) -> None:
    kind = b"text/html; charset=utf-8" if scope["path"] == "/" else b"text/plain"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": b"page"})


def cookies(
    path: str = "/", method: str = "GET", scheme: str = "http", sent: str = ""
) -> list[str]:
    """Return the cookies that the answer to a request brings."""
    messages: list[Message] = []

    async def note(message: Message) -> None:
        messages.append(message)

    async def nothing() -> Message:
        return {"type": "http.request"}

    headers = [(b"cookie", sent.encode())] if sent else []
    scope = {
        "type": "http", "method": method, "path": path, "scheme": scheme, "headers": headers,
    }  # fmt: skip
    asyncio.run(KnowViewers(app)(scope, nothing, note))
    assert messages[-1]["body"] == b"page"
    return [value.decode() for name, value in messages[0]["headers"] if name == b"set-cookie"]


def test_a_page_comes_with_a_secret_that_no_script_reads_and_no_other_site_sends():
    (cookie,) = cookies()
    assert is_viewer(cookie.removeprefix(f"{COOKIE}=")[:32])
    assert cookie[len(COOKIE) + 33 :] == "; Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax"


def test_everybody_gets_another_one():
    assert cookies() != cookies()


def test_whoever_comes_back_keeps_theirs():
    (cookie,) = cookies(sent=f"{COOKIE}={ANNA}")
    assert cookie.startswith(f"{COOKIE}={ANNA};")


def test_only_pages_bring_one():
    assert cookies("/health") == cookies(method="HEAD") == []


def test_over_https_it_goes_nowhere_else():
    (cookie,) = cookies(scheme="https")
    assert cookie.endswith("; Secure")


@pytest.mark.parametrize(
    "header", ["", "a=b", f"{COOKIE}=../../etc", f"{COOKIE}={ANNA}x", "a]b=c; ;", "\x00", "=" * 99]
)
def test_others_cookies_name_nobody(header):
    assert viewer_of(header) is None


def test_it_is_found_among_others():
    assert viewer_of(f"_streamlit_xsrf=2|ab; {COOKIE}={ANNA}; x=y") == ANNA
