from __future__ import annotations

import time

import httpx

from tests.api.conftest import MakeToken, client_of
from tests.live.streams.made import Viewer, wait_until


def test_the_streams_that_run_are_listed(client: httpx.Client, viewer: Viewer) -> None:
    wait_until(lambda: viewer.stream.running)
    found = client.get("/live")
    assert found.status_code == 200
    (stream,) = [each for each in found.json()["streams"] if each["id"] == viewer.stream.id]
    assert stream["started"].endswith("Z")
    assert {name: stream[name] for name in ("width", "height", "faces", "readers")} == {
        "width": 64,
        "height": 48,
        "faces": 1,
        "readers": 0,
    }
    assert stream["recording"] is None
    one = client.get(f"/live/{viewer.stream.id}").json()
    assert {**one, "frames_per_second": 0} == {**stream, "frames_per_second": 0}


def test_a_stream_that_does_not_run_is_not_found(client: httpx.Client) -> None:
    for path in ("/live/0123", "/live/0123/events"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.json()["detail"] == (
            "expected the id of a live stream that runs, found '0123'; press Start on the page "
            "Live camera, and ask for the list of streams"
        )


def test_clocks_are_compared(client: httpx.Client) -> None:
    before = time.monotonic()
    answer = client.get("/live/clock", params={"sent": 12.5}).json()
    assert answer["sent"] == 12.5
    assert before <= answer["received"] <= answer["answered"] <= time.monotonic()


def test_another_right_does_not_show_who_streams(served: str, make_token: MakeToken) -> None:
    with client_of(served, make_token("analyze")) as client:
        for path in ("/live", "/live/clock", "/live/0123", "/live/0123/events"):
            answer = client.get(path)
            assert answer.status_code == 403
            assert answer.json()["detail"] == (
                "expected a token that may live, found one that may analyze; make another"
            )
