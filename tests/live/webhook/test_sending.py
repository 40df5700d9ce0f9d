from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from emotion_core.errors import WebhookError
from emotion_core.live.webhook import client as webhook_client
from emotion_core.live.webhook import sending as webhook_module
from emotion_core.live.webhook.client import WebhookClient
from emotion_core.live.webhook.sending import MOST_WAITING, Webhook, WebhookState
from emotion_core.sessions.events import TriggerEvent
from tests.live.webhook.receiver import resolve_to

EVENT = TriggerEvent(
    time=5.0, wall_clock=1_767_268_800.25, rule="happy above 80% for 2 s", person=1, score=0.84126
)
SENT = {
    "rule": "happy above 80% for 2 s",
    "time": "2026-01-01T12:00:00.250Z",
    "person": 1,
    "score": 0.8413,
    "test": False,
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_module, "RETRY_AFTER", 0.01)


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
    monkeypatch.setattr(webhook_client, "TIMEOUT", 0.2)
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


def test_a_name_that_comes_to_mean_a_public_address_leads_nowhere(monkeypatch, receiver):
    resolve_to(monkeypatch, ["127.0.0.1"], ["93.184.216.34"])
    webhook = Webhook(f"http://rebound.test:{receiver.port}/")
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("it was connected to"))
    webhook.send(EVENT)
    assert "found rebound.test (93.184.216.34)" in str(settled(webhook).failure)
    assert receiver.requests == []


def test_an_unforeseen_error_is_told_and_ends_nothing(monkeypatch, receiver, caplog):
    webhook = Webhook(receiver.address)
    monkeypatch.setattr(WebhookClient, "post", lambda *_: 1 / 0)
    webhook.send(EVENT)
    assert "ZeroDivisionError: division by zero" in str(settled(webhook).failure)
    assert len(caplog.records) == 1
    monkeypatch.undo()
    webhook.send(EVENT)
    assert settled(webhook).sent == 1
