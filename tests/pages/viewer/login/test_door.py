"""What somebody gets who is not logged in, is no more, or only says so."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from streamlit import config
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from emotion_core.access.people.attempts import Attempts
from emotion_core.access.people.logins import kept_secret
from emotion_core.access.people.passwords import (
    account_of,
    add_account,
    change_password,
    remove_account,
)
from pages.mending.logins import runs
from pages.viewer.cookie import COOKIE
from pages.viewer.login import passwords
from pages.viewer.login.door import Door

HOST = "http://faces.example"
PAGE = {"accept": "text/html"}
GOOD = "correct horse"


async def everything(_: Request) -> PlainTextResponse:
    return PlainTextResponse("inside")


async def connects(websocket: WebSocket) -> None:
    await websocket.accept(subprotocol="streamlit")
    await websocket.send_text(websocket.headers["sec-websocket-protocol"])


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Secrets of its own, read anew when ``write`` is called."""
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    path = tmp_path / "secrets.toml"
    before = {name: st.get_option(name) for name in ("secrets.files", "server.cookieSecret")}
    config.set_option("secrets.files", [str(path)])
    st.secrets._reset()
    yield path
    for name, value in before.items():
        config.set_option(name, value)
    st.secrets._reset()


@pytest.fixture
def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "Attempts", lambda: Attempts(lambda: 1000.0))


class Browser:
    """Asks an app, and keeps cookies; without a network."""

    def __init__(self, app: Starlette, host: str = HOST, address: str = "192.0.2.1") -> None:
        self._app = app
        transport = httpx.ASGITransport(app, client=(address, 50_000))
        self._client = httpx.AsyncClient(transport=transport, base_url=host)

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def request(self, method: str, address: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._client.request(method, address, **more))

    def get(self, address: str, **more: Any) -> httpx.Response:
        return self.request("GET", address, **more)

    def put(self, address: str) -> httpx.Response:
        return self.request("PUT", address)

    def post(self, address: str, **more: Any) -> httpx.Response:
        return self.request("POST", address, **more)

    def connect(self, *protocols: str) -> str | None:
        """Open a websocket; return the protocols that the app was shown, None if it refused."""
        headers = {
            "host": "faces.example",
            "origin": HOST,
            "cookie": cookies_of(self),
            "sec-websocket-protocol": ",".join(protocols),
        }
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "websocket", "path": "/_stcore/stream", "headers": raw, "query_string": b"",
            "subprotocols": list(protocols), "scheme": "ws",
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self._app(scope, receive, send))
        refused = sent[0]["type"] == "websocket.close"
        return None if refused else str(sent[1]["text"])


@pytest.fixture
def app(secrets: Path) -> Starlette:  # noqa: ARG001 - none of this machine's
    routes = [
        WebSocketRoute("/_stcore/stream", connects),
        Route("/{path:path}", everything, methods=["GET", "HEAD", "PUT", "DELETE"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Door)])


def browser(app: Starlette, address: str = "192.0.2.1") -> Browser:
    return Browser(app, address=address)


def log_in(
    client: Browser, name: str = "ana", password: str = GOOD, origin: str | None = HOST
) -> Any:
    headers = {} if origin is None else {"origin": origin}
    return client.post("/auth/password", data={"name": name, "password": password}, headers=headers)


ADDRESSES = (
    ("GET", "/sessions"),
    ("GET", "/media/abc.mp4"),
    ("GET", "/_stcore/metrics"),
    ("GET", "/_stcore/host-config"),
    ("GET", "/component/x/index.html"),
    ("PUT", "/_stcore/upload_file/s/f"),
    ("DELETE", "/_stcore/upload_file/s/f"),
    ("GET", "/app/static/x"),
    ("GET", "/_stcore/bidi-components/x"),
    ("GET", "/auth/login/../../media/abc.mp4"),
    ("GET", "/anything/at/all"),
)


def test_without_accounts_all_is_as_before(app: Starlette) -> None:
    client = browser(app)
    assert client.get("/sessions", headers=PAGE).text == "inside"
    assert client.connect("streamlit", "x") == "streamlit,x"
    answer = client.get("/login", headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "./")
    assert log_in(client).headers["location"] == "../"


def test_nobody_gets_anything_without_a_login(app: Starlette) -> None:
    add_account("ana", GOOD, "member")
    client = browser(app)
    for method, address in ADDRESSES:
        answer = client.request(method, address)
        assert (answer.status_code, answer.text) == (401, "401: log in first\n"), address
    assert client.connect("streamlit", "x") is None
    for open_to_all in ("/_stcore/health", "/static/js/index.js"):
        assert client.get(open_to_all).text == "inside"


def test_whoever_asks_for_a_page_is_taken_to_the_login_and_back(app: Starlette) -> None:
    add_account("ana", GOOD, "member")
    client = browser(app)
    answer = client.get("/sessions?chosen_session=a%20b&x=1", headers=PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"] == ("login?next=sessions%3Fchosen_session%3Da%2520b%26x%3D1")
    page = client.get(f"/{answer.headers['location']}")
    assert page.status_code == 200
    assert 'action="auth/password"' in page.text
    entered = log_in(client)
    assert (entered.status_code, entered.headers["location"]) == (303, "../")
    back = client.get("/", headers=PAGE)
    assert back.headers["location"] == "./sessions?chosen_session=a%20b&x=1"
    assert client.get("/", headers=PAGE).text == "inside"
    assert client.get("/login", headers=PAGE).headers["location"] == "./"


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example", "../x", "/x", "a?b\\c", "x?\nset-cookie"],
)
def test_nobody_is_sent_elsewhere_after_logging_in(app: Starlette, elsewhere: str) -> None:
    add_account("ana", GOOD, "member")
    client = browser(app)
    client.get("/login", params={"next": elsewhere})
    assert "emotion_dashboard_next" not in client.cookies
    log_in(client)
    answer = client.get(
        "/", headers={**PAGE, "cookie": f"{cookies_of(client)}; emotion_dashboard_next=//evil.ex"}
    )
    assert answer.headers["location"] == "./"


def cookies_of(client: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def test_a_login_opens_all_and_logging_out_ends_it_also_for_a_copy(app: Starlette) -> None:
    add_account("ana", GOOD, "member")
    client, thief = browser(app), browser(app)
    log_in(client)
    copy = cookies_of(client)
    for method, address in ADDRESSES:
        assert client.request(method, address).text == "inside"
    assert client.connect("streamlit") is not None
    assert thief.get("/sessions", headers={"cookie": copy}).text == "inside"
    out = client.get("/auth/logout", headers=PAGE)
    assert (out.status_code, out.headers["location"]) == (303, "../login")
    assert "_streamlit_user" not in client.cookies
    assert client.get("/sessions").status_code == 401
    assert thief.get("/sessions", headers={"cookie": copy}).status_code == 401


def signed(claims: dict[str, Any], secret: str) -> str:
    value = create_signed_value(secret, "_streamlit_user", json.dumps(claims)).decode()
    return f"_streamlit_user={value}"


def test_cookies_that_are_forged_or_signed_by_another_secret_or_for_another_name(
    app: Starlette,
) -> None:
    account = add_account("ana", GOOD, "admin")
    claims = {
        "is_logged_in": True, "provider": "_password", "iss": "password", "sub": "ana",
        "stamp": account.stamp, "origin": HOST, "nonce": "1",
    }  # fmt: skip
    client = browser(app)
    right = signed(claims, kept_secret())
    assert client.get("/x", headers={"cookie": right}).text == "inside"
    value, _, signature = right.rpartition(".")
    for wrong in (
        signed(claims, "another secret of the same length, or so"),
        f"{value}.{signature[::-1]}",
        right.replace("_streamlit_user=", "_streamlit_user_tokens="),
        "_streamlit_user=" + json.dumps(claims).replace('"', "'"),
        "_streamlit_user=",
        signed({**claims, "origin": "http://other.example"}, kept_secret()),
        signed({**claims, "stamp": "0" * 32}, kept_secret()),
        signed({**claims, "sub": "ben"}, kept_secret()),
        signed({**claims, "is_logged_in": False}, kept_secret()),
    ):
        assert client.get("/x", headers={"cookie": wrong}).status_code == 401, wrong
    # Of another of the app's names a page could connect, and would then show nothing.
    assert (
        client.get("/x", headers={"cookie": right, "origin": "http://b.example"}).status_code == 401
    )


def test_somebody_who_is_removed_or_has_another_password_is_out(app: Starlette) -> None:
    add_account("ana", GOOD, "member")
    client = browser(app)
    log_in(client)
    change_password("ana", "battery staple")
    assert client.get("/x").status_code == 401
    log_in(client, password="battery staple")
    assert client.get("/x").text == "inside"
    remove_account("ana")
    assert client.get("/x").status_code == 401
    answer = client.get("/sessions", headers=PAGE)
    assert answer.headers["location"] == "login?next=sessions"


def test_passwords_come_from_the_apps_own_page_only(app: Starlette) -> None:
    add_account("ana", GOOD, "member")
    client = browser(app)
    for origin in (None, "http://evil.example", "null", "http://faces.example.evil"):
        assert log_in(client, origin=origin).status_code == 403
        assert "_streamlit_user" not in client.cookies
    assert client.get("/auth/password").headers["location"] == "../login"
    large = client.post("/auth/password", content=b"x" * 20_000, headers={"origin": HOST})
    assert large.status_code == 413


@pytest.mark.usefixtures("no_time_passes")
def test_wrong_ones_wait_longer_and_the_page_says_how_long(app: Starlette) -> None:
    add_account("ana", GOOD, "member")
    client = browser(app)
    for _ in range(3):
        wrong = log_in(client, password="guess <b>")
        assert wrong.status_code == 401
        assert "Wrong name or password." in wrong.text
        assert 'value="ana"' in wrong.text
        assert "guess" not in wrong.text
    waits = log_in(client)  # the right one as well
    assert waits.status_code == 429
    assert int(waits.headers["retry-after"]) == 1
    assert "Too many tries. Wait 1 second, then try again." in waits.text
    elsewhere = browser(app, "198.51.100.7")
    assert log_in(elsewhere).status_code == 303


@pytest.mark.usefixtures("no_time_passes")
def test_in_a_browser_that_was_in_before_nobody_waits_for_others_guesses(app: Starlette) -> None:
    add_account("ana", GOOD, "member")
    ana, guesser = browser(app), browser(app)
    ana.cookies.set(COOKIE, "a" * 32)
    assert log_in(ana).status_code == 303
    ana.get("/auth/logout")
    assert [log_in(guesser, password="guess").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert log_in(ana).status_code == 303
    assert log_in(guesser).status_code == 429


def test_names_are_shown_as_they_are_typed(app: Starlette) -> None:
    add_account("ana", GOOD, "member")
    answer = log_in(browser(app), name='"><script>alert(1)</script>')
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_by_https_cookies_are_sent_by_https_alone(app: Starlette) -> None:
    add_account("ana", GOOD, "member")
    client = Browser(app, "https://faces.example")
    answer = log_in(client, origin="https://faces.example")
    kept = answer.headers.get_list("set-cookie")
    assert len(kept) == 2
    assert all("Secure" in each and "HttpOnly" in each for each in kept)
    plain = log_in(browser(app)).headers.get_list("set-cookie")
    assert not any("Secure" in each for each in plain)


def test_settings_that_cannot_be_read_let_nobody_in(app: Starlette, secrets: Path) -> None:
    client = browser(app)
    secrets.write_text("[people\n")
    st.secrets._reset()
    answer = client.get("/sessions", headers=PAGE)
    assert answer.status_code == 503
    assert "cannot read who may come in, so it lets nobody in" in answer.text
    assert str(secrets) not in answer.text
    secrets.write_text('[people]\nadmin = ["ana"]\n')
    st.secrets._reset()
    assert client.get("/sessions", headers=PAGE).text == "inside"  # no accounts, so no rules
    add_account("ana", GOOD, "admin")
    log_in(client)
    assert client.get("/sessions", headers=PAGE).status_code == 503


def test_a_session_and_its_uploads_are_its_persons_own(
    app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, ben = (add_account(name, GOOD, "member").person for name in ("ana", "ben"))
    monkeypatch.setattr(runs, "_standings", {"of ana": ana, "of ben": ben})
    client = browser(app)
    log_in(client)

    assert client.connect("streamlit", "xsrf", "of ana") == "streamlit,xsrf,of ana"
    assert client.connect("streamlit", "xsrf", "of ben") == "streamlit,xsrf"
    assert client.connect("streamlit", "xsrf", "of nobody yet") == "streamlit,xsrf,of nobody yet"
    assert client.put("/_stcore/upload_file/of ana/f").text == "inside"
    assert client.put("/_stcore/upload_file/of ben/f").status_code == 403


def test_only_so_many_passwords_wait_to_be_compared(
    app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_account("ana", GOOD, "member")
    monkeypatch.setattr("pages.viewer.login.passwords._MOST_WAITING", 0)
    answer = log_in(browser(app))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Many people log in at this moment. Try again in a few seconds." in answer.text
    assert account_of("ana", GOOD)
