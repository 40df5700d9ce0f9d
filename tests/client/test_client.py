"""Marks, recordings, pictures and clocks, with a real interface."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
import skimage.data
import skimage.io

from emotion_core.client import Client, RefusedError
from emotion_core.client.clocks import EXCHANGES, GOOD_FOR, Clocks
from emotion_core.client.connection import Connection
from emotion_core.emotions import EMOTIONS
from emotion_core.sessions.edits.marks import read_marks
from emotion_core.sessions.storage import find_session, sessions_dir
from tests.client.conftest import asking, connected
from tests.live.streams.made import Viewer, wait_until

#: Of another machine: its clock has another zero.
ELSEWHERE = 4321.0


def test_a_block_is_recorded_with_its_marks(client: Client, viewer: Viewer) -> None:
    wait_until(lambda: viewer.stream.running)
    with client.recording(consent=True, purpose="a pilot") as id_:
        assert client.streams()[0].recording == id_
        before = time.monotonic()
        mark = client.mark("stimulus", seconds=0.5, person=1)
        earlier = client.mark("earlier", at=before)
        recorder = viewer.stream.recorder
        wait_until(lambda: recorder.frames > 3)
    assert (mark.session, mark.label, mark.seconds, mark.person) == (id_, "stimulus", 0.5, 1)
    assert earlier.start <= mark.start
    assert 0 <= mark.uncertainty < 1
    assert earlier.start == pytest.approx(
        recorder.seconds_at(before), abs=2 * earlier.uncertainty + 1e-3
    )
    session = find_session(sessions_dir(), id_)
    assert (session.state, session.header.description.purpose) == ("complete", "a pilot")
    assert [each.source for each in read_marks(session)] == ["api", "api"]
    assert client.streams()[0].recording is None


def test_a_recording_ends_when_the_block_fails(client: Client, viewer: Viewer) -> None:
    wait_until(lambda: viewer.stream.running)
    with pytest.raises(ZeroDivisionError), client.recording(consent=True):
        _ = 1 / 0
    assert viewer.stream.recorded is None


def test_nobody_is_recorded_who_has_not_agreed(client: Client, viewer: Viewer) -> None:
    wait_until(lambda: viewer.stream.running)
    with pytest.raises(RefusedError) as caught:
        client.start_recording(consent=False)
    assert "Everyone in view has agreed to be recorded." in str(caught.value)
    assert viewer.stream.recorded is None


def test_a_mark_without_a_recording_is_told(client: Client, viewer: Viewer) -> None:
    wait_until(lambda: viewer.stream.running)
    with pytest.raises(RefusedError) as caught:
        client.mark("stimulus")
    assert caught.value.status == 409
    assert "start a recording first" in str(caught.value)


def test_a_mark_of_another_machine_lies_where_it_belongs(
    url: str, token: str, viewer: Viewer
) -> None:
    def own_clock() -> float:
        return time.monotonic() - ELSEWHERE

    with Client(url, token) as client:
        client._clocks = Clocks(client._connection, own_clock)
        wait_until(lambda: viewer.stream.running)
        with client.recording(consent=True):
            shown, moment = own_clock(), time.monotonic()
            time.sleep(0.2)  # it is sent later than it happened
            mark = client.mark("stimulus", at=shown)
            start = viewer.stream.recorder.seconds_at(moment)
        offset = client.compare_clocks()
    assert mark.start == pytest.approx(start, abs=mark.uncertainty + 1e-3)
    assert offset.seconds == pytest.approx(ELSEWHERE, abs=offset.uncertainty + 1e-3)
    assert offset.here(moment) == pytest.approx(shown, abs=offset.uncertainty + 1e-3)


def test_clocks_are_compared_now_and_then() -> None:
    asked: list[httpx.Request] = []
    now = 50.0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal now
        asked.append(request)
        now += 0.01  # on the way there
        there = now + 7
        now += 0.03  # and back
        return httpx.Response(200, json={"sent": 0, "received": there, "answered": there})

    clocks = Clocks(connected(answer), lambda: now)
    offset = clocks.offset()
    assert len(asked) == 1 + EXCHANGES
    # Half of the way there and back is all that anybody can say.
    assert offset.uncertainty == pytest.approx(0.02, abs=1e-3)
    assert abs(offset.seconds - 7) <= offset.uncertainty + 1e-9
    clocks.offset()
    assert len(asked) == 1 + EXCHANGES
    now += GOOD_FOR + 1
    clocks.offset()
    assert len(asked) == 2 * (1 + EXCHANGES)


def test_pictures_are_read(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "Eileen Collins.png"
    skimage.io.imsave(path, skimage.data.astronaut())
    wall = tmp_path / "wall.png"
    skimage.io.imsave(wall, np.full((64, 64, 3), 128, np.uint8), check_contrast=False)
    first, second, third = client.analyze(path, wall.read_bytes(), str(path), quick=True)
    assert (first.file, first.width, first.height) == ("Eileen Collins.png", 512, 512)
    assert (second.file, second.faces) == ("picture", ())
    assert third.faces == first.faces
    (face,) = first.faces
    assert (face.face, face.answer) == (1, "happy")
    assert list(face.scores) == list(EMOTIONS)
    (once,) = client.analyze(path, careful=False)
    assert (first.view, once.view) == ("mirrored", "single")


def test_what_is_no_picture_is_told(client: Client) -> None:
    with pytest.raises(RefusedError) as caught:
        client.analyze(b"nothing")
    assert caught.value.status == 422


def test_several_threads_may_use_one_client() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"streams": []})

    with asking(answer) as client, ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: client.streams(), range(50))) == [()] * 50


def test_a_closed_client_says_so(url: str, token: str) -> None:
    connection = Connection(url, token)
    connection.close()
    with pytest.raises(RuntimeError, match="closed"):
        connection.order("GET", "/live")
