from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emotion_core.errors import SessionError, StreamError
from emotion_core.live.streams.marks import mark_stream
from emotion_core.sessions.edits.marks import add_mark, read_marks
from tests.live.streams.made import Viewer


@pytest.fixture
def viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Viewer]:
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path))
    viewer = Viewer()
    viewer.film()
    viewer.stream.start_recording("lab")
    viewer.film()
    yield viewer
    viewer.session.on_ended()
    viewer.stream.recording.follow(viewer.session)


def test_a_mark_of_a_program_stands_among_those_of_the_page(viewer: Viewer) -> None:
    recorder = viewer.stream.recorder
    by_hand = add_mark(recorder, 0.0, "stimulus")
    now = time.monotonic()
    made = mark_stream(viewer.stream, " stimulus ", now, now=now, seconds=2.5, person=1)
    assert made.start == pytest.approx(recorder.seconds_at(now))
    assert (made.source, made.label, made.seconds, made.person) == ("api", "stimulus", 2.5, 1)
    assert made.color == by_hand.color
    assert read_marks(recorder) == (by_hand, made)


def test_a_mark_goes_out_beside_the_scores(viewer: Viewer) -> None:
    published: list[tuple[float, str]] = []

    class Publisher:
        def mark(self, moment: float, label: str) -> None:
            published.append((moment, label))

        def close(self) -> None:
            pass

    viewer.session.publisher = Publisher()
    now = time.monotonic()
    mark_stream(viewer.stream, "stimulus", now, now=now)
    assert published == [(now, "stimulus")]


@pytest.mark.parametrize("away", [-3600.0, 60.0])
def test_a_time_outside_the_recording_is_refused(viewer: Viewer, away: float) -> None:
    now = time.monotonic()
    with pytest.raises(
        StreamError,
        match=r"expected a time within the recording, which began \d+\.\d s ago, found "
        rf"{-away:.1f} s ago; send a time of the clock that was named, or none for this moment",
    ):
        mark_stream(viewer.stream, "stimulus", now + away, now=now)
    assert read_marks(viewer.stream.recorder) == ()


def test_what_is_about_to_be_shown_may_be_marked(viewer: Viewer) -> None:
    now = time.monotonic()
    made = mark_stream(viewer.stream, "flip", now + 1, now=now)
    assert made.start > viewer.stream.recorder.seconds_at(now)


def test_a_label_is_checked_as_on_the_page(viewer: Viewer) -> None:
    now = time.monotonic()
    with pytest.raises(SessionError, match="a mark's label"):
        mark_stream(viewer.stream, "   ", now, now=now)


def test_without_a_recording_there_is_nothing_to_mark(viewer: Viewer) -> None:
    viewer.stream.stop_recording("lab")
    now = time.monotonic()
    with pytest.raises(StreamError, match="expected a stream that is being recorded, but it is"):
        mark_stream(viewer.stream, "stimulus", now, now=now)
