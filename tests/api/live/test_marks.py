from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from emotion_core.sessions.edits.marks import read_marks
from tests.api.conftest import MakeToken, client_of
from tests.live.streams.made import Viewer, wait_until

#: Of another machine: its clock has another zero.
ELSEWHERE = 123_456.0


@pytest.fixture
def address(viewer: Viewer) -> str:
    wait_until(lambda: viewer.stream.running)
    viewer.stream.start_recording("lab")
    return f"/live/{viewer.stream.id}/marks"


def start_of(viewer: Viewer, moment: float) -> float:
    return viewer.stream.recorder.seconds_at(moment)


def test_a_mark_lands_in_the_session(client: httpx.Client, viewer: Viewer, address: str) -> None:
    before = time.monotonic()
    answer = client.post(address, json={"label": "stimulus", "seconds": 1.5, "person": 1})
    after = time.monotonic()
    assert answer.status_code == 201
    (mark,) = read_marks(viewer.stream.recorder)
    assert answer.json() == {
        "id": mark.id,
        "session": viewer.stream.recorded,
        "label": "stimulus",
        "start": mark.start,
        "seconds": 1.5,
        "person": 1,
        "uncertainty": 0.0,
    }
    assert (mark.source, mark.label, mark.seconds, mark.person) == ("api", "stimulus", 1.5, 1)
    assert start_of(viewer, before) <= mark.start <= start_of(viewer, after)


def test_a_mark_of_another_machine_lies_where_it_belongs(
    client: httpx.Client, viewer: Viewer, address: str
) -> None:
    def own_clock() -> float:
        return time.monotonic() - ELSEWHERE

    exchanges = []
    for _ in range(8):
        answered = client.get("/live/clock", params={"sent": own_clock()}).json()
        exchanges.append({**answered, "back": own_clock()})
    moment = time.monotonic()
    shown = own_clock()
    time.sleep(0.2)  # it is sent later than it happened
    answer = client.post(
        address, json={"label": "flip", "time": shown, "clock": "own", "exchanges": exchanges}
    ).json()
    # However busy this machine is, the answer says by how much it may be wrong.
    assert answer["start"] == pytest.approx(start_of(viewer, moment), abs=answer["uncertainty"])
    assert 0 < answer["uncertainty"] < 5


@pytest.mark.parametrize(("clock", "now"), [("unix", time.time), ("app", time.monotonic)])
def test_a_time_of_a_clock_of_this_machine(
    client: httpx.Client, viewer: Viewer, address: str, clock: str, now: Any
) -> None:
    moment, shown = time.monotonic(), now()
    time.sleep(0.2)
    answer = client.post(address, json={"label": "flip", "time": shown, "clock": clock}).json()
    assert answer["start"] == pytest.approx(start_of(viewer, moment), abs=0.05)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({}, "body.label: Field required"),
        ({"label": ""}, "body.label"),
        ({"label": "x" * 61}, "body.label"),
        ({"label": " \n "}, "a mark's label"),
        ({"label": "x", "seconds": -1}, "body.seconds"),
        ({"label": "x", "person": 0}, "body.person"),
        ({"label": "x", "color": "red"}, "body.color"),
        ({"label": "x", "time": 1, "clock": "own"}, "expected `exchanges` with the clock `own`"),
        ({"label": "x", "time": 1, "clock": "sun"}, "body.clock"),
        (
            {
                "label": "x",
                "time": 1,
                "clock": "own",
                "exchanges": [{"sent": 5, "received": 1, "answered": 1, "back": 4}],
            },
            "expected an exchange of clocks within 10 s",
        ),
        (
            {
                "label": "x",
                "clock": "own",
                "exchanges": [{"sent": 5, "received": 1, "answered": 1, "back": 6}],
            },
            "expected a `time` with the clock `own`, found none",
        ),
    ],
)
def test_what_is_no_mark(
    client: httpx.Client, viewer: Viewer, address: str, wrong: dict[str, Any], told: str
) -> None:
    answer = client.post(address, json=wrong)
    assert answer.status_code == 422
    assert told in answer.json()["detail"]
    assert read_marks(viewer.stream.recorder) == ()


def test_a_time_outside_the_recording(client: httpx.Client, address: str) -> None:
    answer = client.post(address, json={"label": "x", "time": time.time() - 3600})
    assert answer.status_code == 409
    assert "expected a time within the recording, which began" in answer.json()["detail"]


def test_without_a_recording(client: httpx.Client, viewer: Viewer, address: str) -> None:
    viewer.stream.stop_recording("lab")
    answer = client.post(address, json={"label": "x"})
    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        f"{viewer.stream.id}: expected a stream that is being recorded, but it is not; start a "
        "recording first"
    )


def test_another_right_makes_no_mark(
    served: str, make_token: MakeToken, viewer: Viewer, address: str
) -> None:
    with client_of(served, make_token("record")) as client:
        assert client.post(address, json={"label": "x"}).status_code == 403
    assert read_marks(viewer.stream.recorder) == ()
