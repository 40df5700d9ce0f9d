"""What is posted to an address, and which addresses are refused."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from emotion_core.errors import WebhookError
from emotion_core.live.webhook import client as webhook_client
from emotion_core.live.webhook.client import WebhookClient
from tests.live.webhook.receiver import resolve_to


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail at any look-up and any connection."""

    def forbidden(*_: object, **__: object) -> None:
        pytest.fail("the network was used")

    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    monkeypatch.setattr(socket, "create_connection", forbidden)


def test_an_answer_that_drips_is_given_up(monkeypatch):
    monkeypatch.setattr(webhook_client, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    while True:
                        connection.sendall(b"H")
                        time.sleep(0.02)
                except OSError:
                    gone.set()

        thread = threading.Thread(target=drip)
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(WebhookError, match=r"no answer within 0\.3 s"):
            WebhookClient(address).post({})
        assert gone.wait(30)
        thread.join()


def test_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(WebhookError, match=f"{address} cannot be reached: nothing listens there"):
        WebhookClient(address).post({})


def test_what_answers_is_no_web_server():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"220 smtp ready\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(WebhookError, match="cannot be reached: 220 smtp ready"):
            WebhookClient(address).post({})
        thread.join()


def test_https_needs_a_server_that_speaks_it(receiver):
    with pytest.raises(WebhookError, match=r"cannot be reached: .*SSL") as error:
        WebhookClient(receiver.address.replace("http:", "https:")).post({})
    assert "\n" not in str(error.value)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    "host",
    [
        "8.8.8.8",
        "172.32.0.1",
        "169.254.169.254",  # where clouds keep their secrets
        "100.64.0.1",
        "0.0.0.0",
        "[2001:4860:4860::8888]",
        "[fe80::1]",
        "[::ffff:8.8.8.8]",
    ],
)
def test_a_public_address_is_refused_without_any_look_up(host):
    with pytest.raises(WebhookError, match="expected an address on this machine or in its private"):
        WebhookClient(f"http://{host}/event")


@pytest.mark.parametrize("addresses", [["93.184.216.34"], ["127.0.0.1", "93.184.216.34"]])
def test_a_name_that_means_a_public_address_is_refused(monkeypatch, addresses):
    resolve_to(monkeypatch, addresses)
    with pytest.raises(WebhookError, match=r"found example\.com \(93\.184\.216\.34\); events can"):
        WebhookClient("http://example.com/event")


def connections(monkeypatch: pytest.MonkeyPatch, port: int) -> list[tuple[str, int]]:
    """Let only 127.0.0.1 answer; return where connections are made to."""
    asked: list[tuple[str, int]] = []

    def create_connection(target: tuple[str, int], timeout: float) -> socket.socket:
        asked.append(target)
        if target != ("127.0.0.1", port):
            raise ConnectionRefusedError
        connection = socket.socket()
        connection.settimeout(timeout)
        connection.connect(target)
        return connection

    monkeypatch.setattr(socket, "create_connection", create_connection)
    return asked


def test_the_address_that_was_judged_is_the_one_connected_to(monkeypatch, receiver):
    asked = connections(monkeypatch, receiver.port)
    resolve_to(monkeypatch, ["127.0.0.1"], ["127.0.0.1"], ["93.184.216.34"])
    WebhookClient(f"http://inside.test:{receiver.port}/").post({})
    assert asked == [("127.0.0.1", receiver.port)]
    assert receiver.requests == [("POST", "/", f"inside.test:{receiver.port}")]


def test_all_addresses_of_a_name_are_tried(monkeypatch, receiver):
    asked = connections(monkeypatch, receiver.port)
    resolve_to(monkeypatch, ["::1", "127.0.0.1", "::1"])
    assert WebhookClient(f"http://localhost:{receiver.port}/").post({}) == "204 No Content"
    assert [host for host, _ in asked] == ["::1", "127.0.0.1"]
    resolve_to(monkeypatch, ["::1"])
    with pytest.raises(WebhookError, match="nothing listens there"):
        WebhookClient(f"http://localhost:{receiver.port}/").post({})


def test_an_unknown_name(monkeypatch):
    def getaddrinfo(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(WebhookError, match=r"the name nowhere cannot be found \(Name or service"):
        WebhookClient("http://nowhere/")


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    "address",
    [
        "",
        "localhost",
        "localhost:8080",
        "ftp://localhost/",
        "file:///etc/passwd",
        "http://",
        "http://:8080/",
        "http://localhost:port/",
        "http://localhost:99999/",
        "http://localhost:0/",
        "http://user:secret@localhost/",
        "http://[::1/",
        "http://localhost/a b",
        "http://localhost/\r\nHost: x",
        "http://localhost/ü",
    ],
)
def test_what_is_no_address(address):
    with pytest.raises(WebhookError, match=r"expected an address such as http://localhost:8080"):
        WebhookClient(address)


def test_a_proxy_is_not_used(monkeypatch, receiver):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert WebhookClient(receiver.address).post({}) == "204 No Content"


def test_the_port_of_an_ipv6_address_is_not_taken_from_it(monkeypatch):
    asked = []

    def create_connection(target: tuple, *_: object) -> None:
        asked.append(target)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create_connection)
    with pytest.raises(WebhookError, match="nothing listens there"):
        WebhookClient("http://[::1]/").post({})
    with pytest.raises(WebhookError, match="nothing listens there"):
        WebhookClient("https://[::1]/").post({})
    assert asked == [("::1", 80), ("::1", 443)]
