"""Rules on the live page, without a browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion_core.access.reach.rules import Reach
from emotion_core.emotions import EMOTIONS
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading, PersonReading
from emotion_core.live.reader import LiveFace
from emotion_core.live.rules import ExpressionRule, FaceRule
from emotion_core.live.session import LiveSession
from emotion_core.live.streams.recording import ViewersRecording
from emotion_core.live.webhook.sending import Webhook, WebhookState
from emotion_core.quantities import percent
from emotion_core.sessions.events import TriggerEvent
from emotion_core.sessions.header import SessionDescription
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.sessions.storage import list_sessions
from emotion_core.system.storage.folders import PROJECT
from pages.live import recording, webhooks

SMILE = tuple(0.9 if name == "happy" else 0.1 / 6 for name in EMOTIONS)


class SmilingReader:
    """Sees one face that smiles; `present` may be changed."""

    present = True

    def read(self, *_: object) -> list[LiveFace]:
        face = FaceReading(Box(10, 10, 50, 50), SMILE)
        return [LiveFace(3, face, face, person=3)] if self.present else []

    def hidden_places(self) -> list[Box]:
        return []

    def reset(self) -> None:
        pass

    def forget_persons(self) -> None:
        pass


class Live:
    """A live session whose time is made up."""

    def __init__(self) -> None:
        self.reader, self.now = SmilingReader(), 0.0
        self.session = LiveSession(self.reader, clock=lambda: self.now)

    def run_for(self, seconds: float) -> None:
        for _ in range(round(5 * seconds)):
            image = np.full((48, 64, 3), 128, np.uint8)
            self.session.on_frame(av.VideoFrame.from_ndarray(image, format="bgr24"))
            self.now += 0.2


@pytest.fixture
def live() -> Live:
    return Live()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, live: Live) -> AppTest:
    """Only the rules and their events, as on the live page."""
    monkeypatch.setattr(st, "tested_session", live.session, raising=False)
    monkeypatch.setattr(webhooks, "addresses_are_offered", lambda: True)

    def script() -> None:
        import streamlit as st

        from pages.live.rules import show_events, show_rules

        show_rules(st.tested_session)
        show_events(st.tested_session)

    return run(AppTest.from_function(script, default_timeout=30))


def run(element: Any) -> AppTest:
    """Run the page, after what was done to one of its widgets."""
    page = element.run()
    assert not page.exception
    return page


def add(page: AppTest, what: str, score: int | None = None, seconds: float | None = None) -> None:
    run(page.selectbox(key="rule_what").set_value(what))
    if score is not None:
        page.slider(key="rule_score").set_value(score)
    if seconds is not None:
        page.number_input(key="rule_seconds").set_value(seconds)
    run(page.button(key="add_rule").click())


def events_shown(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def texts(page: AppTest) -> str:
    return "\n".join(each.value for each in [*page.markdown, *page.caption, *page.error])


def test_there_are_no_rules_until_somebody_adds_one(page, live):
    live.run_for(20)
    run(page)
    assert live.session.rules == ()
    assert live.session.event_sender is None
    assert events_shown(page) == ""
    assert "No rules yet." in texts(page)


def test_rules_are_added_listed_and_removed(page, live):
    add(page, "happy")
    add(page, "sad", score=50, seconds=3.5)
    add(page, "no face", seconds=10.0)
    add(page, "a face", seconds=1.0)
    expected = (
        ExpressionRule("happy", 0.8, 2.0),
        ExpressionRule("sad", 0.5, 3.5),
        FaceRule(present=False, seconds=10.0),
        FaceRule(present=True, seconds=1.0),
    )
    assert live.session.rules == expected
    for rule in expected:
        assert f"**{rule}**" in texts(page)
    run(page.button(key="remove_rule_1").click())
    assert live.session.rules == (expected[0], *expected[2:])


def test_the_same_rule_twice_is_one(page, live):
    add(page, "happy")
    add(page, "happy")
    assert len(live.session.rules) == 1


def test_rules_are_bounded(page, live):
    for seconds in range(1, 11):
        add(page, "no face", seconds=float(seconds))
    assert len(live.session.rules) == 10
    assert "the maximum" in texts(page)
    assert "add_rule" not in {button.key for button in page.button}


def test_events_are_shown_the_newest_first_and_a_few_only(page, live):
    add(page, "a face", seconds=1.0)
    add(page, "happy", seconds=1.0)
    assert "None yet." in events_shown(page)
    live.run_for(3)
    html = events_shown(run(page))
    assert html.count('class="event"') == 2
    assert "happy above 80% for 1 s</span><span>person 3<" in html
    assert html.index("happy above") < html.index("a face for")
    add(page, "no face", seconds=1.0)
    for present in (False, True) * 4:
        live.reader.present = present
        live.run_for(3)
    html = events_shown(run(page))
    assert html.count('class="event"') == 5


def test_rules_outlive_a_visit_to_another_page(page, live):
    add(page, "happy")
    page.text_input(key="rule_webhook").set_value("http://127.0.0.1:9/")
    run(page)
    elsewhere = page.session_state["live_rules"]
    live.session.rules, live.session.event_sender = (), None  # as after a broken connection
    run(page)
    assert elsewhere == [{"kind": "expression", "emotion": "happy", "threshold": 0.8, "seconds": 2}]
    assert live.session.rules == (ExpressionRule("happy", 0.8, 2.0),)
    assert live.session.event_sender.address == "http://127.0.0.1:9/"


@pytest.fixture
def listener() -> Iterator[SimpleNamespace]:
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response({"/event": 204, "/moved": 302}.get(self.path, 404))
            if self.path == "/moved":
                self.send_header("Location", "/event")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield SimpleNamespace(bodies=bodies, url=f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()
    thread.join()


def send_test(page: AppTest, address: str) -> str:
    """Enter an address and press the button; return what the page says."""
    page.text_input(key="rule_webhook").set_value(address)
    run(page.button(key="send_test").click())
    return texts(page)


def test_a_webhook_can_be_tried(page, live, listener):
    assert ":green[Accepted:] 204 No Content" in send_test(page, f"{listener.url}/event")
    assert b'"test": true' in listener.bodies[0]
    assert live.session.event_sender.address == f"{listener.url}/event"
    text = send_test(page, f"{listener.url}/elsewhere")
    assert ":red[Not accepted:]" in text
    assert "answered 404 Not Found" in text
    assert "Accepted" not in send_test(page, "")
    assert live.session.event_sender is None


def test_a_test_without_an_address_says_what_is_missing(page, live):
    run(page.button(key="send_test").click())
    assert ":red[Enter an address first.]" in texts(page)
    assert live.session.event_sender is None


def test_an_address_elsewhere_is_refused(page, live):
    assert "expected an address on this machine" in send_test(page, "http://8.8.8.8/event")
    assert live.session.event_sender is None
    assert "expected an address such as" in send_test(page, "localhost")


def test_events_reach_the_webhook(page, live, listener):
    add(page, "happy", seconds=1.0)
    send_test(page, f"{listener.url}/event")
    live.run_for(3)
    wait_for(lambda: len(listener.bodies) == 2)
    assert b'"rule": "happy above 80% for 1 s"' in listener.bodies[1]
    assert "Webhook:" not in events_shown(run(page))


def test_what_the_webhook_does_not_take_is_told_on_one_line(page, monkeypatch):
    add(page, "happy")
    send_test(page, "http://127.0.0.1:9/<b>")
    state = WebhookState(failed=3, dropped=2, failure="http://127.0.0.1:9/<b> cannot be reached: x")
    monkeypatch.setattr(Webhook, "state", state)
    html = events_shown(run(page))
    assert "Webhook: 2 not sent: too many were waiting. http://127.0.0.1:9/&lt;b&gt; cannot" in html


@pytest.fixture
def elsewhere(page, monkeypatch) -> AppTest:
    """The page of a viewer who may not name what the server can reach."""
    monkeypatch.setattr(webhooks, "addresses_are_offered", lambda: False)
    return page


def test_with_accounts_what_is_typed_is_judged(page, live, listener, monkeypatch):
    monkeypatch.setattr(webhooks, "rule_of_addresses", lambda: Reach())
    run(page.text_input(key="rule_webhook").set_value(f"{listener.url}/event"))
    assert "which is this machine's own; whoever runs the app can add it" in page.error[0].value
    assert live.session.event_sender is None
    monkeypatch.setattr(webhooks, "rule_of_addresses", lambda: Reach.allowing(["127.0.0.1"]))
    run(page.button(key="send_test").click())
    assert ":green[Accepted:] 204" in texts(page)


def names_offered(page: AppTest) -> list[str]:
    return [
        name for each in page.selectbox if each.key == "rule_webhook_name" for name in each.options
    ]


def test_a_viewer_elsewhere_cannot_type_an_address(elsewhere, live, listener):
    page = elsewhere
    page.session_state["rule_webhook"] = f"{listener.url}/event"
    run(page)
    assert not [each for each in page.text_input if each.key == "rule_webhook"]
    assert not [each for each in page.button if each.key == "send_test"]
    assert names_offered(page) == []
    assert live.session.event_sender is None


def test_a_viewer_elsewhere_chooses_an_address_of_the_secrets(elsewhere, live, listener):
    page = elsewhere
    page.secrets["webhooks"] = {"lamp": f"{listener.url}/event", "number": 3}
    assert names_offered(run(page)) == ["lamp"]
    run(page.button(key="send_test").click())
    assert ":red[Choose a webhook first.]" in texts(page)
    run(page.selectbox(key="rule_webhook_name").set_value("lamp"))
    run(page.button(key="send_test").click())
    assert ":green[Accepted:] yes" in texts(page)
    assert "first.]" not in texts(page)
    assert len(listener.bodies) == 1
    page.session_state["rule_webhook_name"] = f"{listener.url}/elsewhere"
    assert live.session.event_sender.address == f"{listener.url}/event"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://127.0.0.1:9/event", "nothing listens there"),
        ("http://8.8.8.8/event", "events cannot be sent anywhere else"),
        ("{url}/elsewhere", "answered 404 Not Found"),
        ("{url}/moved", "answered 302 Found; redirects are not followed"),
        ("https://127.0.0.1:{port}/event", "cannot be reached"),
    ],
)
def test_failures_tell_a_viewer_elsewhere_nothing(elsewhere, listener, caplog, address, reason):
    page = elsewhere
    port = listener.url.rpartition(":")[2]
    page.secrets["webhooks"] = {"lamp": address.format(url=listener.url, port=port)}
    add(page, "happy")
    run(page.selectbox(key="rule_webhook_name").set_value("lamp"))
    run(page.button(key="send_test").click())
    said = texts(page) + events_shown(page)
    assert "the event was not accepted; the app's log says why." in said
    assert reason in caplog.text
    assert reason not in said
    assert "127.0.0.1" not in said


def wait_for(true: Callable[[], bool]) -> None:
    finished = threading.Event()
    for _ in range(3000):
        if true():
            return
        finished.wait(0.01)
    raise AssertionError("it did not happen")


def test_a_session_tells_its_events(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path))
    recorder = SessionRecorder.start(
        tmp_path, SessionDescription("agreed", "tiny", "0" * 64, (64, 48)), clock=lambda: 0.0
    )
    face = FaceReading(Box(10, 10, 50, 50), SMILE)
    for number in range(40):
        recorder.record(number / 10, [PersonReading(1, 1, face)], np.zeros((48, 64, 3), np.uint8))
    recorder.record_event(TriggerEvent(2.0, 1.8e9, "happy above 80% for 2 s", 1, 0.9))
    recorder.stop()
    page = run(AppTest.from_file(str(PROJECT / "pages/sessions.py"), default_timeout=30))
    assert "happy above 80% for 2 s" in page.get("bidi_component")[0].proto.json
    page.session_state["part"] = "Marks"
    run(page)
    (table,) = page.dataframe
    assert len(table.value) == 1
    assert table.value.loc[0, ["at", "label", "person", "score"]].tolist() == [
        2.0,
        "happy above 80% for 2 s",
        "1",
        percent(0.9),
    ]
    page.session_state["part"] = "Files"
    run(page)
    assert "Events" in {each.label for each in page.get("download_button")}


def test_what_a_recording_says_about_its_rules(page, live, monkeypatch, tmp_path):
    add(page, "happy")
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path))
    monkeypatch.setattr(st, "session_state", {})
    card = SimpleNamespace(name="tiny", files={})
    recording._start(ViewersRecording(), live.session, lambda: card)
    live.session.recorder.stop()
    (session,) = list_sessions(tmp_path).sessions
    assert session.header.description.settings["rules"] == [
        ExpressionRule("happy", 0.8, 2.0).to_json()
    ]
