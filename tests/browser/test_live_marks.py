"""Marks by key while a session is recorded."""

from __future__ import annotations

import re
import signal
import time

import httpx
from playwright.sync_api import expect

from emotion_core.access.tokens import add_token
from emotion_core.sessions.edits.marks import read_marks
from emotion_core.sessions.storage import list_sessions
from tests.browser.live_view import START_MS, start
from tests.browser.support import camera_flags, running_server

#: What the page sends leaves it later, as over a slow network.
SLOWLY = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  setTimeout(() => send.call(this, data), window.slowly ?? 0);
};
addEventListener("keydown", (event) => {
  window.pressedAt = (performance.timeOrigin + event.timeStamp) / 1000;
}, true);
"""
LATE = 2.0
#: As in ``pages/live/pressed.js``.
EXCHANGES = 5


def test_a_mark_is_where_the_key_was_pressed_however_late_it_arrives(
    open_browser, one_face_clip, tmp_path
):
    folder = tmp_path / "sessions"
    environment = {"EMOTION_SESSIONS_DIR": str(folder)}
    with running_server(tmp_path / "log.txt", environment=environment) as server:
        page = open_browser(*camera_flags(one_face_clip)).new_page()
        page.add_init_script(SLOWLY)
        page.goto(server.url)
        start(page)
        page.get_by_text("Everyone in view has agreed").click()
        compared: list[bool] = []
        page.on("requestfinished", lambda asked: compared.append("server-time" in asked.url))
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.get_by_text(re.compile(r"\b\d+ frames"))).to_be_visible(timeout=START_MS)
        deadline = time.monotonic() + 60
        while sum(compared) < EXCHANGES:
            assert time.monotonic() < deadline, "the page does not ask for the server's time"
            page.wait_for_timeout(100)
        page.wait_for_timeout(500)  # the last answer is read
        page.evaluate(f"window.slowly = {1000 * LATE}")
        asked = time.monotonic()
        page.keyboard.press("1")
        expect(page.get_by_text(re.compile(r"stimulus \d+:"))).to_be_visible(timeout=START_MS)
        assert time.monotonic() - asked >= LATE
        pressed = page.evaluate("window.pressedAt")
        page.evaluate("window.slowly = 0")
        page.get_by_role("button", name="Stop recording").click()
        expect(page.get_by_role("heading", name="The session just recorded")).to_be_visible()
        (session,) = list_sessions(folder).sessions
    (mark,) = read_marks(session)
    error = session.header.began.timestamp() + mark.start - pressed
    assert abs(error) < LATE / 2
    print(f"the mark is {1000 * error:.0f} ms off")


def test_a_program_records_the_page_marks_and_stops_and_the_app_says_goodbye(
    open_browser, one_face_clip, tmp_path, monkeypatch
):
    environment = {
        "EMOTION_DATA_DIR": str(tmp_path / "data"),
        "EMOTION_SESSIONS_DIR": str(tmp_path / "sessions"),
    }
    for name, folder in environment.items():
        monkeypatch.setenv(name, folder)
    token = add_token("lab", ["live", "record"]).secret
    with (
        running_server(tmp_path / "log.txt", environment=environment) as server,
        httpx.Client(
            base_url=f"{server.url}/api/v1",
            headers={"authorization": f"Bearer {token}"},
            timeout=60,
        ) as client,
    ):
        page = open_browser(*camera_flags(one_face_clip)).new_page()
        page.goto(server.url)
        start(page)
        (stream,) = client.get("/live").json()["streams"]
        recording = f"/live/{stream['id']}/recording"
        begun = client.post(recording, json={"consent": True}).json()
        expect(page.get_by_text("Started by the program lab, not on this page.")).to_be_visible()
        # Start, in the frame of the video, was pressed last: it does not keep the keys.
        expect(page.get_by_role("button", name="stimulus")).to_be_visible()
        page.wait_for_timeout(500)
        page.keyboard.press("1")
        expect(page.get_by_text(re.compile(r"stimulus \d+:"))).to_be_visible(timeout=START_MS)
        client.post(f"/live/{stream['id']}/marks", json={"label": "flip"}).raise_for_status()
        page.get_by_role("button", name="Stop recording").click()
        expect(page.get_by_role("heading", name="The session just recorded")).to_be_visible()
        assert client.delete(recording).status_code == 409
        with client.stream("GET", f"/live/{stream['id']}/events") as answer:
            lines = answer.iter_lines()
            assert any(line == "event: frame" for line in lines)
            server.process.send_signal(signal.SIGTERM)
            assert 'data: {"reason": "The app is ending."}' in lines
        assert server.process.wait(60) is not None
    (session,) = list_sessions(tmp_path / "sessions").sessions
    assert session.id == begun["session"]
    marks = [(mark.label, mark.source) for mark in read_marks(session)]
    assert marks == [("stimulus", "person"), ("flip", "api")]
