from __future__ import annotations

import ipaddress
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from emotion_core.errors import WebhookError
from emotion_core.live import webhook as webhook_module
from emotion_core.live.webhook import MOST_WAITING, Webhook, WebhookState, is_local
from emotion_core.sessions.events import TriggerEvent

EVENT = TriggerEvent(
    time=5.0, wall_clock=1_767_268_800.25, rule="happy above 80 % for 2 s", person=1, score=0.84126
)
SENT = {
    "rule": "happy above 80 % for 2 s",
    "time": "2026-01-01T12:00:00.250Z",
    "person": 1,
    "score": 0.8413,
    "test": False,
}


class Receiver:
    """A server on this machine that keeps what it gets and answers with ``statuses`` in turn."""

    def __init__(self) -> None:
        self.statuses = [204]
        self.received: list[dict] = []
        self.requests: list[tuple[str, str, str]] = []
        self.before_answer: Callable[[], object] = lambda: None
        self.location = ""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.requests.append((self.command, self.path, self.headers["Host"]))
                assert self.headers["Content-Type"] == "application/json"
                length = int(self.headers["Content-Length"])
                receiver.received.append(json.loads(self.rfile.read(length)))
                number = min(len(receiver.received), len(receiver.statuses)) - 1
                receiver.before_answer()
                self.send_response(receiver.statuses[number])
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                receiver.requests.append((self.command, self.path, self.headers["Host"]))
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}/event?room=1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_module, "RETRY_AFTER", 0.01)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail at any look-up and any connection."""

    def forbidden(*_: object, **__: object) -> None:
        pytest.fail("the network was used")

    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    monkeypatch.setattr(socket, "create_connection", forbidden)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Let names resolve to the first list of addresses, then to the next, and so on."""
    remaining = list(answers)

    def getaddrinfo(*_: object, **__: object) -> list[tuple]:
        addresses = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        return [(0, 0, 0, "", (address, 0)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def wait_until(true: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def settled(webhook: Webhook) -> WebhookState:
    """Wait until the webhook's thread has ended, and return what became of the events."""
    wait_until(lambda: not senders())
    return webhook.state


def senders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "webhook"]


def test_an_event_arrives_as_json(receiver):
    webhook = Webhook(receiver.address)
    webhook.send(EVENT)
    assert settled(webhook) == WebhookState(sent=1)
    assert receiver.received == [SENT]
    assert receiver.requests == [("POST", "/event?room=1", f"127.0.0.1:{receiver.port}")]


def test_events_arrive_in_their_order(receiver):
    webhook = Webhook(receiver.address)
    for number in range(10):
        webhook.send(TriggerEvent(0.0, float(number), "no face for 10 s"))
    assert settled(webhook).sent == 10
    assert [content["time"][17:19] for content in receiver.received] == [
        f"{number:02d}" for number in range(10)
    ]
    assert receiver.received[0]["person"] is receiver.received[0]["score"] is None


def test_no_thread_without_anything_to_send(receiver):
    webhook = Webhook(receiver.address)
    assert senders() == []
    for _ in range(3):
        webhook.send(EVENT)
        settled(webhook)
        assert senders() == []
    assert len(receiver.received) == 3


def test_a_name_of_this_machine_will_do(receiver):
    assert Webhook(f"http://localhost:{receiver.port}").send_test() == "204 No Content"
    assert receiver.requests == [("POST", "/", f"localhost:{receiver.port}")]


def test_a_test_is_marked_as_one_and_answers(receiver):
    receiver.statuses = [201]
    webhook = Webhook(receiver.address)
    assert webhook.send_test() == "201 Created"
    (content,) = receiver.received
    assert (content["test"], content["rule"], content["person"]) == (True, "a test", None)
    assert webhook.state == WebhookState()  # it is no event


@pytest.mark.parametrize(
    ("statuses", "tries", "state"),
    [
        ([503, 200], 2, WebhookState(sent=1)),
        ([500, 500, 200], 2, WebhookState(failed=1, failure="answered 500 Internal Server Error")),
        ([404, 200], 1, WebhookState(failed=1, failure="answered 404 Not Found")),
    ],
)
def test_a_server_that_fails_is_tried_once_more(receiver, statuses, tries, state):
    receiver.statuses = statuses
    webhook = Webhook(receiver.address)
    webhook.send(EVENT)
    found = settled(webhook)
    assert (found.sent, found.failed) == (state.sent, state.failed)
    assert (state.failure or "") in (found.failure or "")
    assert len(receiver.received) == tries


def test_a_success_ends_the_failure(receiver):
    receiver.statuses = [400, 200]
    webhook = Webhook(receiver.address)
    webhook.send(EVENT)
    assert settled(webhook).failure == f"{receiver.address} answered 400 Bad Request"
    webhook.send(EVENT)
    assert settled(webhook) == WebhookState(sent=1, failed=1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(receiver, status):
    receiver.statuses = [status]
    receiver.location = f"http://127.0.0.1:{receiver.port}/elsewhere"
    with pytest.raises(WebhookError, match=f"answered {status} .*; redirects are not followed"):
        Webhook(receiver.address).send_test()
    assert len(receiver.requests) == 1


def test_a_slow_server_is_given_up_and_never_waited_for(receiver, monkeypatch):
    monkeypatch.setattr(webhook_module, "TIMEOUT", 0.2)
    released = threading.Event()
    receiver.before_answer = lambda: released.wait(30)
    webhook = Webhook(receiver.address)
    # One thread: were `send` to wait for an answer, nobody would release it.
    for _ in range(MOST_WAITING + 11):
        webhook.send(EVENT)
    assert webhook.state.dropped >= 10  # one may be on its way
    wait_until(lambda: webhook.state.failed)
    assert webhook.state.failure == (
        f"{receiver.address} cannot be reached: no answer within 0.2 s"
    )
    webhook.close()
    assert settled(webhook).failed < MOST_WAITING
    released.set()


def test_an_answer_that_drips_is_given_up(monkeypatch):
    monkeypatch.setattr(webhook_module, "TIMEOUT", 0.3)
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
            Webhook(address).send_test()
        assert gone.wait(30)
        thread.join()


def test_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(WebhookError, match=f"{address} cannot be reached: nothing listens there"):
        Webhook(address).send_test()


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
            Webhook(address).send_test()
        thread.join()


def test_https_needs_a_server_that_speaks_it(receiver):
    with pytest.raises(WebhookError, match=r"cannot be reached: .*SSL") as error:
        Webhook(receiver.address.replace("http:", "https:")).send_test()
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
        Webhook(f"http://{host}/event")


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("10.255.0.1", True),
        ("172.16.0.1", True),
        ("172.31.255.255", True),
        ("192.168.1.20", True),
        ("::1", True),
        ("fd12:3456::1", True),
        ("::ffff:192.168.1.20", True),
        ("11.0.0.1", False),
        ("192.169.0.1", False),
        ("224.0.0.1", False),
        ("::", False),
    ],
)
def test_what_counts_as_local(address, local):
    assert is_local(ipaddress.ip_address(address)) is local


@pytest.mark.parametrize("addresses", [["93.184.216.34"], ["127.0.0.1", "93.184.216.34"]])
def test_a_name_that_means_a_public_address_is_refused(monkeypatch, addresses):
    resolve_to(monkeypatch, addresses)
    with pytest.raises(WebhookError, match=r"found example\.com \(93\.184\.216\.34\); events are"):
        Webhook("http://example.com/event")


def test_a_name_that_comes_to_mean_a_public_address_leads_nowhere(monkeypatch, receiver):
    resolve_to(monkeypatch, ["127.0.0.1"], ["93.184.216.34"])
    webhook = Webhook(f"http://rebound.test:{receiver.port}/")
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("it was connected to"))
    webhook.send(EVENT)
    assert "found rebound.test (93.184.216.34)" in str(settled(webhook).failure)
    assert receiver.requests == []


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
    Webhook(f"http://inside.test:{receiver.port}/").send_test()
    assert asked == [("127.0.0.1", receiver.port)]
    assert receiver.requests == [("POST", "/", f"inside.test:{receiver.port}")]


def test_all_addresses_of_a_name_are_tried(monkeypatch, receiver):
    asked = connections(monkeypatch, receiver.port)
    resolve_to(monkeypatch, ["::1", "127.0.0.1", "::1"])
    assert Webhook(f"http://localhost:{receiver.port}/").send_test() == "204 No Content"
    assert [host for host, _ in asked] == ["::1", "127.0.0.1"]
    resolve_to(monkeypatch, ["::1"])
    with pytest.raises(WebhookError, match="nothing listens there"):
        Webhook(f"http://localhost:{receiver.port}/").send_test()


def test_an_unknown_name(monkeypatch):
    def getaddrinfo(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(WebhookError, match=r"the name nowhere is not known here \(Name or service"):
        Webhook("http://nowhere/")


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
        Webhook(address)


def test_a_proxy_is_not_used(monkeypatch, receiver):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert Webhook(receiver.address).send_test() == "204 No Content"


def test_the_port_of_an_ipv6_address_is_not_taken_from_it(monkeypatch):
    asked = []

    def create_connection(target: tuple, *_: object) -> None:
        asked.append(target)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create_connection)
    with pytest.raises(WebhookError, match="nothing listens there"):
        Webhook("http://[::1]/").send_test()
    with pytest.raises(WebhookError, match="nothing listens there"):
        Webhook("https://[::1]/").send_test()
    assert asked == [("::1", 80), ("::1", 443)]


def test_an_unforeseen_error_is_told_and_ends_nothing(monkeypatch, receiver, caplog):
    webhook = Webhook(receiver.address)
    monkeypatch.setattr(Webhook, "_post", lambda *_: 1 / 0)
    webhook.send(EVENT)
    assert "ZeroDivisionError: division by zero" in str(settled(webhook).failure)
    assert len(caplog.records) == 1
    monkeypatch.undo()
    webhook.send(EVENT)
    assert settled(webhook).sent == 1
