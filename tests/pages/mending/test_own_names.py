"""Names and pages that the app answers to: the real one, over HTTP and websocket."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator

import pytest

from emotion_core.system.storage.folders import PROJECT
from pages.mending.own_names import foreign_name
from tests.browser.support import Server, running_server

OWN = (
    "localhost",
    "localhost:{port}",
    "LocalHost",
    "localhost.",
    "127.0.0.1:{port}",
    "[::1]:{port}",
)
FOREIGN = (
    "evil.example",
    "evil.example:{port}",
    "localhost.evil.example",
    "127.0.0.1.nip.io:{port}",
    "192.168.1.20:{port}",
    "localhost@evil.example",
    "evil.example#localhost",
    "0.0.0.0:{port}",
    "[localhost",
    "localhost:99999",
)
#: A page, a picture or download, and an upload that somebody made; the app's own files and state.
ADDRESSES = ("/", "/photo", "/media/0123.mp4", "/_stcore/health", "/_stcore/host-config")


class Outside:
    """Stands for all of the internet: a proxy that counts who wants to get there."""

    def __init__(self) -> None:
        self.asked = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.asked += 1
            connection.close()


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    outside = Outside()
    yield outside
    outside.socket.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, outside: Outside) -> Iterator[Server]:
    proxy = "http://{}:{}".format(*outside.socket.getsockname())
    environment = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), proxy)
    folder = tmp_path_factory.mktemp("named")
    with running_server(folder / "log.txt", environment=environment | {"no_proxy": ""}) as server:
        yield server


def ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """Return the status and the body of an answer; ``{port}`` in headers is the server's."""
    port = int(server.url.rpartition(":")[2])
    connection = http.client.HTTPConnection("localhost", port, timeout=20)
    connection.putrequest(method, path, skip_host="host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value.format(port=port))
    connection.endheaders()
    answer = connection.getresponse()
    status, body = answer.status, "" if answer.status == 101 else answer.read().decode()
    connection.close()
    return status, body


def open_websocket(server: Server, **headers: str) -> int:
    """Return the status of the answer to a page that wants to connect; 101 lets it."""
    return ask(
        server,
        "/_stcore/stream",
        connection="Upgrade",
        upgrade="websocket",
        sec_websocket_version="13",
        sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ==",
        **headers,
    )[0]


@pytest.mark.parametrize("host", OWN)
def test_it_answers_to_its_own_names(server, host):
    assert ask(server, "/photo", host=host)[0] == 200
    assert ask(server, "/media/0123.mp4", host=host)[0] == 404
    assert open_websocket(server, host=host) == 101
    assert open_websocket(server, host=host, origin=f"http://{host}") == 101


@pytest.mark.parametrize("host", FOREIGN)
def test_another_name_that_leads_here_gets_nothing(server, host):
    for address in ADDRESSES:
        status, body = ask(server, address, host=host)
        assert status == 403
        assert "answers to the names localhost, 127.0.0.1, ::1 only" in body
    assert ask(server, "/_stcore/upload_file/a/b", "DELETE", host=host)[0] == 403
    assert open_websocket(server, host=host) == 403
    assert open_websocket(server, host=host, origin=f"http://{host}") == 403


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost",
        "http://localhost:3000",
        "http://127.0.0.1:{port}",
        "http://localhost:{port}.evil.example",
        "null",
        "http://[localhost",
        "",
    ],
)
def test_a_page_of_another_origin_cannot_connect_or_upload(server, outside, origin):
    host = "localhost:{port}"
    assert open_websocket(server, host=host, origin=origin) == 403
    for method in ("PUT", "DELETE", "POST"):
        status, body = ask(server, "/_stcore/upload_file/a/b", method, host=host, origin=origin)
        assert status == 403
        assert "takes requests from its own pages only, and this one comes from" in body
    assert outside.asked == 0


def test_its_pages_stay_out_of_the_pages_of_others(server):
    port = int(server.url.rpartition(":")[2])
    connection = http.client.HTTPConnection("localhost", port, timeout=20)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_refused_name_is_logged_once_and_what_to_do_said(server):
    for _ in range(3):
        ask(server, "/", host="camera.example")
    message = (
        "This app answers to the names localhost, 127.0.0.1, ::1 only, and was asked for as "
        "'camera.example'. Whoever runs it can add a name: server.allowedHosts in "
        ".streamlit/config.toml; see docs/connection.md."
    )
    assert server.log.read_text().count(message) == 1
    assert "server.allowedHosts" in (PROJECT / "docs" / "connection.md").read_text()


def test_what_is_no_name_is_not_logged(server):
    """The header of a torn request may hold the next one, such as a program's token."""
    for host in ("localhorization: Bearer emo_secret", "emo_secret", "anna@example"):
        assert ask(server, "/", host=host)[0] == 403
    log = server.log.read_text()
    assert "emo_secret" not in log
    assert "anna" not in log
    assert "was asked for as no name" in log


def test_a_name_is_told_without_control_characters():
    assert r"asked for as '\x1b[2Jevil'" in foreign_name("\x1b[2Jevil")
    assert "asked for as no name" in foreign_name(None)


def test_names_and_pages_can_be_added(tmp_path):
    environment = {
        "STREAMLIT_SERVER_ALLOWED_HOSTS": "localhost faces.example",
        "STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS": "https://portal.example",
    }
    with running_server(tmp_path / "log.txt", environment=environment) as server:
        assert ask(server, "/", host="faces.example")[0] == 200
        assert open_websocket(server, host="faces.example", origin="https://faces.example") == 101
        assert open_websocket(server, host="faces.example", origin="https://portal.example") == 101
        assert open_websocket(server, host="faces.example", origin="https://evil.example") == 403
