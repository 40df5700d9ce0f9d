from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.live.lsl import publishing
from emotion_core.live.lsl.library import LslMissingError, is_there, pylsl
from emotion_core.live.lsl.outlets import Origin
from emotion_core.live.lsl.publishing import LslPublisher
from emotion_core.live.session import LiveSession
from emotion_core.live.streams.frames import SharedFrame
from emotion_core.live.streams.registry import LiveStream, StreamRegistry
from emotion_core.sessions.events import TriggerEvent
from emotion_core.system.storage.folders import PROJECT
from tests.live.streams.made import SMOOTHED, snapshot
from tests.live.test_session import FakeReader

pytestmark = pytest.mark.skipif(not is_there(), reason="publishing needs pylsl")

SECONDS = 60


@contextmanager
def video(faces: int = 1) -> Iterator[LiveStream]:
    """Yield a stream with frames of so many faces, thirty a second."""
    session = LiveSession(FakeReader([]))
    card = SimpleNamespace(name="a model", files={"model.tflite": "a checksum"})
    stream = StreamRegistry().add(session, lambda: card)
    over = threading.Event()

    def send() -> None:
        number = 0
        while not over.wait(1 / 30):
            number += 1
            stream.publish(snapshot(number, time=time.monotonic(), faces=faces))

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield stream
    finally:
        over.set()
        sending.join()
        session.on_ended()


@contextmanager
def publishing_of(stream: LiveStream) -> Iterator[LslPublisher]:
    publisher = LslPublisher(stream)
    try:
        yield publisher
    finally:
        publisher.close()
        assert publisher.join(20)
        assert publisher.problem == ""


class Recorder:
    """Another process that reads streams; see `tests.live.lsl.reading`."""

    def __init__(self, stream: LiveStream, *parts: str) -> None:
        self._ids = [Origin(stream.id).name_of(part) for part in parts]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.live.lsl.reading", str(SECONDS), *self._ids],
            cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def wait_until_ready(self) -> None:
        assert self._process.stderr is not None
        while (line := self._process.stderr.readline().strip()) != "ready":
            assert self._process.poll() is None, line

    def found(self) -> list[dict[str, Any]]:
        out, problems = self._process.communicate(timeout=2 * SECONDS)
        assert self._process.returncode == 0, problems
        read = json.loads(out)
        return [read[id_] for id_ in self._ids]


def test_another_process_reads_scores_marks_and_what_they_are() -> None:
    with video(faces=2) as stream, publishing_of(stream) as publisher:
        recorder = Recorder(stream, "person-1", "person-2", "marks")
        recorder.wait_until_ready()
        marked = time.monotonic()
        publisher.mark(marked, "stimulus ü")
        first, second, marks = recorder.found()
        now = pylsl().local_clock()
    for person, found in enumerate((first, second), start=1):
        assert (found["name"], found["type"]) == (f"Expressions, person {person}", "Expression")
        assert found["person"] == str(person)
        assert found["channels"] == [[each, "probability", "Expression"] for each in EMOTIONS]
        moment, scores = found["samples"][0]
        assert scores == pytest.approx(SMOOTHED, abs=1e-6)
        assert now - SECONDS < moment <= now
    assert (marks["name"], marks["type"]) == ("Expression marks", "Markers")
    assert marks["channels"] == [["mark", "text", "Marker"]]
    ((moment, label),) = marks["samples"]
    assert label == ["stimulus ü"]
    # On the same machine both clocks are one; a mark is at its time, whenever it is sent.
    assert moment == pytest.approx(marked + pylsl().local_clock() - time.monotonic(), abs=1e-3)
    for found in (first, second, marks):
        assert found["rate"] == pylsl().IRREGULAR_RATE
        assert found["manufacturer"] == "Emotion dashboard"
        assert found["model"] == "a model"


def test_streams_end_with_the_video_and_come_back_with_the_next() -> None:
    with video() as stream, publishing_of(stream) as publisher:
        assert resolved(stream, "person-1")
        stream.end()
        wait_until(lambda: not resolved(stream, "person-1", seconds=0.5))
        # The thread of `video` sends frames all the time: they are the next video.
        assert resolved(stream, "person-1")
        assert publisher.running


def test_what_is_published_ends_when_it_is_switched_off() -> None:
    with video() as stream:
        with publishing_of(stream):
            assert resolved(stream, "marks")
        assert not resolved(stream, "marks", seconds=0.5)


def test_it_ends_with_the_viewer() -> None:
    with video() as stream:
        publisher = LslPublisher(stream)
        stream.session.publisher = publisher
    gc.collect()
    assert publisher.join(20)
    assert publisher.problem == ""


def test_who_was_seen_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    monkeypatch.setattr(publishing, "MOST_PERSONS", 2)
    monkeypatch.setattr(
        publishing, "scores_outlet", lambda _, person: made.append(person) or Sink(person)
    )
    monkeypatch.setattr(publishing, "push", lambda outlet, *_: outlet)
    outlets = publishing._Outlets(Origin("x"))
    frames = [snapshot(1, faces=1), snapshot(2, faces=3), snapshot(3, faces=1)]
    for state in frames:
        outlets.take(SharedFrame(state, 0.0).message)
    assert made == [1, 2, 3, 1]


class Sink:
    def __init__(self, person: int) -> None:
        self.person = person


def test_a_face_that_is_nobodys_yet_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    pushed: list[Any] = []
    monkeypatch.setattr(publishing, "push", lambda *sample: pushed.append(sample))
    state = snapshot()
    nobodys = replace(state, tracks=tuple(replace(face, person=None) for face in state.tracks))
    publishing._Outlets(Origin("x")).take(SharedFrame(nobodys, 0.0).message)
    assert pushed == []


def test_what_goes_wrong_is_said_and_ends_it(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("could not create stream outlet.")

    monkeypatch.setattr(publishing, "marks_outlet", fail)
    with video() as stream:
        publisher = LslPublisher(stream)
        assert publisher.join(20)
        assert not publisher.running
    assert publisher.problem == (
        "The Lab Streaming Layer takes nothing any more (could not create stream outlet.)."
    )
    assert "Live values are no longer published." in caplog.text


@pytest.mark.parametrize(
    ("person", "label"), [(None, "nobody for 3 s"), (2, "nobody for 3 s, person 2")]
)
def test_an_event_says_whom_it_is_about(person: int | None, label: str) -> None:
    assert TriggerEvent(0, 0, "nobody for 3 s", person).label == label


def resolved(stream: LiveStream, part: str, seconds: float = SECONDS) -> bool:
    name = Origin(stream.id).name_of(part)
    return bool(pylsl().resolve_byprop("source_id", name, timeout=seconds))


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_without_pylsl_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pylsl", None)
    pylsl.cache_clear()
    try:
        with pytest.raises(LslMissingError) as caught:
            pylsl()
    finally:
        pylsl.cache_clear()
    assert str(caught.value) == (
        "expected pylsl to publish on the Lab Streaming Layer, found none; run “pip install -r "
        "requirements-lsl.txt”, then start the app again"
    )
