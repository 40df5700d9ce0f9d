"""What a viewer records: one recording at a time, which is never lost sight of."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from emotion_core.live.session import LiveSession
from emotion_core.live.streams.recording import ENDED, STOPPED, ViewersRecording
from emotion_core.sessions.storage import delete_session, list_sessions, stop_session
from tests.sessions.recordings import DESCRIPTION


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "sessions"))
    return tmp_path / "sessions"


@pytest.fixture
def session() -> LiveSession:
    return LiveSession(reader=SimpleNamespace(forget_persons=lambda: None))


@pytest.fixture
def recording() -> ViewersRecording:
    return ViewersRecording()


def start(recording, session):
    recording.start(session, DESCRIPTION, with_video=False)


@pytest.mark.parametrize("clicks", [2, 3, 8])
def test_one_stream_has_one_recording(recording, session, folder, clicks):
    """However many clicks, at whatever moment."""
    together = threading.Barrier(clicks)

    def click() -> None:
        together.wait(30)
        start(recording, session)

    threads = [threading.Thread(target=click) for _ in range(clicks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    (found,) = list_sessions(folder).sessions
    assert session.recorder is recording.recorder
    recording.stop(session)
    assert not recording.running
    assert session.recorder is None
    assert (recording.finished, recording.note, recording.problem) == (found.id, "", "")
    delete_session(folder, found.id)
    assert list_sessions(folder).sessions == ()


def test_a_viewer_whose_connection_broke_comes_back_to_the_recording(recording, session):
    start(recording, session)
    another = LiveSession(reader=SimpleNamespace(forget_persons=lambda: None))
    recording.follow(another)
    assert another.recorder is recording.recorder
    another.on_ended()
    assert not recording.running
    recording.follow(another)
    assert recording.note == ENDED
    assert recording.recorder is None


def test_the_end_of_the_video_is_told(recording, session, folder):
    start(recording, session)
    session.on_ended()
    recording.follow(session)
    assert recording.finished == list_sessions(folder).sessions[0].id
    assert recording.note == ENDED
    start(recording, session)
    assert recording.note == ""
    recording.stop(session)


def test_a_recording_stopped_elsewhere_is_told(recording, session, folder):
    start(recording, session)
    stop_session(folder, list_sessions(folder).sessions[0].id)
    recording.follow(session)
    assert recording.note == STOPPED
    assert recording.finished is not None


def test_stop_is_no_harm_where_nothing_is_recorded(recording, session):
    recording.stop(session)
    recording.follow(session)
    assert (recording.finished, recording.note, recording.problem) == (None, "", "")


def test_a_recording_that_cannot_begin_is_told(recording, session, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "file" / "sessions"))
    start(recording, session)
    assert "expected a folder to record in" in recording.problem
    assert recording.recorder is None
    assert session.recorder is None


def test_what_ended_a_recording_is_told(recording, session, monkeypatch):
    monkeypatch.setattr("emotion_core.sessions.recorder.GONE_AFTER", 0.0)
    start(recording, session)
    deadline = time.monotonic() + 30
    while recording.running and time.monotonic() < deadline:
        time.sleep(0.01)
    recording.follow(session)
    assert recording.problem.startswith("No picture came for 0 s: recording ended after 0 s")
    assert recording.note == ""
    assert isinstance(recording.finished, str)
