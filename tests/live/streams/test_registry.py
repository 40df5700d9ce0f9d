from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from emotion_core.errors import NoStreamError, StreamError
from emotion_core.live.session import LiveSession
from emotion_core.live.streams import registry
from emotion_core.live.streams.recording import consent
from emotion_core.live.streams.registry import ENDED, STREAMS, StreamRegistry
from emotion_core.sessions.storage import find_session
from emotion_core.system.processes.siblings import Place
from tests.live.streams.made import OneFace, Viewer, picture, wait_until


@pytest.fixture
def viewer() -> Viewer:
    return Viewer()


def test_a_stream_runs_from_its_first_frame_to_its_end(viewer: Viewer) -> None:
    stream = viewer.stream
    assert not stream.running
    with pytest.raises(
        NoStreamError,
        match=f"expected the id of a live stream that runs, found '{stream.id}'; press Start on "
        "the page Live camera, and ask for the list of streams",
    ):
        STREAMS.find(stream.id)
    viewer.film()
    assert stream in STREAMS.running()
    assert STREAMS.find(stream.id) is stream
    assert stream.started is not None
    viewer.session.on_ended()
    assert stream not in STREAMS.running()
    assert stream.started is None
    viewer.film()
    assert STREAMS.find(stream.id) is stream


def test_a_session_has_one_stream_however_often_the_page_runs(viewer: Viewer) -> None:
    assert STREAMS.add(viewer.session, lambda: viewer.stream.card) is viewer.stream


def test_a_stream_that_stands_still_does_not_run(
    viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer.film()
    monkeypatch.setattr(registry, "GONE_AFTER", 0.0)
    assert not viewer.stream.running


def test_readers_get_each_frame_and_the_end(viewer: Viewer) -> None:
    viewer.film()
    with viewer.stream.read() as reader:
        viewer.film(2)
        got = [reader.next(30), reader.next(30)]
        assert [each.message.frame for each in got if each] == [2, 3]
        (face,) = got[0].message.faces  # type: ignore[union-attr]
        assert (face.person, face.answer) == (1, "uncertain")
        viewer.session.on_ended()
        assert reader.next(30) is None
        assert reader.ended == ENDED


def test_a_frame_that_could_not_be_read_is_no_frame_without_faces(viewer: Viewer) -> None:
    def fail(*_: object) -> list[object]:
        raise ValueError("broken")

    viewer.film()
    with viewer.stream.read() as reader:
        viewer.session._reader.read = fail  # type: ignore[method-assign]
        viewer.film()
        del viewer.session._reader.read
        viewer.film()
        delivery = reader.next(30)
        assert delivery is not None
        assert delivery.message.frame == 3


def test_what_a_program_follows_does_not_keep_a_viewer_alive() -> None:
    session = LiveSession(OneFace())
    streams = StreamRegistry()
    stream = streams.add(session, lambda: None)  # type: ignore[arg-type, return-value]
    session.on_frame(picture())
    gone = weakref.ref(session)
    with stream.read() as reader:
        del session  # without a word of its end, as where a connection breaks
        gc.collect()
        assert gone() is None
        wait_until(lambda: reader.ended == ENDED)
        with pytest.raises(NoStreamError):
            _ = stream.session
    id_ = stream.id
    del stream
    gc.collect()
    with pytest.raises(NoStreamError):
        streams.find(id_)


def test_all_readers_of_all_streams_are_counted_and_sent_away() -> None:
    streams = StreamRegistry()
    viewers = [LiveSession(OneFace()) for _ in range(2)]
    found = [streams.add(each, lambda: None) for each in viewers]  # type: ignore[arg-type, return-value]
    readers = [stream.read() for stream in found for _ in range(2)]
    assert streams.readers() == 4
    streams.end("The app is ending.")
    wait_until(lambda: [each.ended for each in readers] == ["The app is ending."] * 4)
    assert streams.readers() == 0


def test_a_program_records_with_what_everyone_agreed_to(
    viewer: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path))
    stream = viewer.stream
    viewer.film()
    not_recorded = (
        f"{stream.id}: expected a stream that is being recorded, but it is not; start a recording "
        "first"
    )
    with pytest.raises(StreamError, match=not_recorded):
        stream.stop_recording("lab")
    session = stream.start_recording("lab", purpose="a study")
    assert (stream.recorded, stream.recording.by) == (session, "lab")
    with pytest.raises(
        StreamError,
        match=f"{stream.id}: expected a stream that is not recorded, but it is already; stop that "
        "recording first, or go on with it",
    ):
        stream.start_recording("another")
    viewer.film(5)
    assert stream.stop_recording("another") == session
    assert stream.recorded is None
    header = find_session(tmp_path, session).header
    assert header.frames == 5
    assert header.description.consent == f"{consent()} Confirmed by the program lab."
    assert (header.description.model_name, header.description.purpose) == ("tiny", "a study")
    assert stream.recording.note == "The program another stopped the recording."


def test_a_program_can_record_anew_after_the_video_ended(
    viewer: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path))
    viewer.film()
    first = viewer.stream.start_recording("lab")
    viewer.session.on_ended()
    viewer.film()
    assert viewer.stream.recorded is None
    assert viewer.stream.start_recording("lab") != first
    viewer.stream.stop_recording("lab")


def test_a_stream_of_another_process_is_told_so(monkeypatch):
    monkeypatch.setattr(registry, "_PLACE", Place(1, ("127.0.0.1:8501", "127.0.0.1:8502")))
    monkeypatch.setattr(registry, "_PREFIX", "1-")
    with pytest.raises(NoStreamError) as raised:
        StreamRegistry().find("2-0123")
    assert str(raised.value) == (
        "expected the id of a live stream that runs in process 1, found one of process 2, which "
        "did not get this request: it has ended, or the request did not come through "
        "deploy/Caddyfile; ask for the list of streams"
    )
    for id_ in ("1-0123", "3-0123", "0123"):
        with pytest.raises(
            NoStreamError, match="expected the id of a live stream that runs, found"
        ):
            StreamRegistry().find(id_)
