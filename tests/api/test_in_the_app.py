"""The interface where people meet it: in the running app."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from emotion_core.access.tokens import RIGHTS, NewToken, add_token, revoke_token
from emotion_core.api.addresses import PREFIX
from tests.browser.support import Server, running_server

NAMED = "https://named.example"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    environment = {
        "EMOTION_DATA_DIR": str(folder / "data"),
        "STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS": NAMED,
    }
    with running_server(folder / "log.txt", environment=environment) as server:
        yield server


@pytest.fixture
def made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewToken]:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(folder / "data"))
    yield add_token("test", RIGHTS)
    revoke_token("test")


def ask(server: Server, path: str, made: NewToken | None = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if made is not None:
        named["authorization"] = f"Bearer {made.secret}"
    return httpx.get(f"{server.url}{PREFIX}{path}", headers=named, trust_env=False, timeout=60)


def memory_maps(server: Server) -> str:
    maps = Path(f"/proc/{server.process.pid}/maps")
    if not maps.exists():
        pytest.skip("what a process has loaded stands in Linux's /proc")
    return maps.read_text()


def test_it_is_off_and_not_loaded_until_there_is_a_token(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("/health", "/models", "/docs"):
        answer = ask(server, path, authorization="Bearer emo_guessed")
        assert answer.status_code == 403
        assert answer.json()["detail"].startswith("this interface is off: ")
    library = "pydantic_core"  # of FastAPI, and of nothing else that the app loads
    assert library not in memory_maps(server)
    monkeypatch.setenv("EMOTION_DATA_DIR", str(folder / "data"))
    made = add_token("first", ["live"])
    assert ask(server, "/models", made).status_code == 200
    assert library in memory_maps(server)
    revoke_token("first")
    assert ask(server, "/models", made).status_code == 403


def test_a_page_of_the_app_may_ask(server: Server, made: NewToken) -> None:
    answer = ask(server, "/models", made, origin=server.url)
    assert answer.status_code == 200
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3000", "null", ""])
def test_a_website_gets_nothing_even_with_a_token(
    server: Server, made: NewToken, origin: str
) -> None:
    for path in ("/models", "/health", "/docs"):
        answer = ask(server, path, made, origin=origin)
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"].startswith(
            "expected a request of a program, or of one of the app's own pages, found one of "
        )
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.nip.io:80", "localhost@evil.example"])
def test_a_website_whose_name_leads_here_gets_nothing(
    server: Server, made: NewToken, host: str
) -> None:
    answer = ask(server, "/models", made, host=host, origin=f"http://{host}")
    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("expected one of the names localhost, 127.0.0.1, ")


def test_no_browser_is_told_that_another_website_may_ask(server: Server, made: NewToken) -> None:
    asked = {"access-control-request-method": "GET", "access-control-request-headers": "x"}
    url = f"{server.url}{PREFIX}/models"
    answer = httpx.options(url, headers={"origin": "https://evil.example", **asked})
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]
    answer = httpx.options(url, headers={"origin": NAMED, **asked})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == NAMED
    assert "authorization" in answer.headers["access-control-allow-headers"]
    answer = ask(server, "/models", made, origin=NAMED)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == NAMED
    # A name that leads here is not let in by a website that is named.
    answer = httpx.options(url, headers={"origin": NAMED, "host": "evil.example", **asked})
    assert answer.status_code == 403


def test_its_log_names_nobody(server: Server, made: NewToken, folder: Path) -> None:
    secret = made.secret
    for path in ("/sessions/anna-schmidt", "/nothing?name=anna-schmidt", "/models"):
        ask(server, path, made, user_agent="anna-schmidt")
    log = (folder / "log.txt").read_text()
    for personal in ("anna-schmidt", secret, secret[4:20], made.token.digest):
        assert personal not in log
    assert re.search(r"emo_[\w-]{20}", log) is None


def test_pages_are_served_beside_it(server: Server, made: NewToken) -> None:
    assert "<title>" in httpx.get(f"{server.url}/photo", trust_env=False).text
    answer = ask(server, "/docs", made)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "set-cookie" not in answer.headers
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
