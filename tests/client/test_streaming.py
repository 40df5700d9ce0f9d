from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from emotion_core.access.tokens import revoke_token
from emotion_core.client import Client, ClientError, FrameMessage, RefusedError, UnreachableError
from emotion_core.client.streaming import frames
from emotion_core.emotions import EMOTIONS
from tests.api.conftest import MakeToken
from tests.client.conftest import Answer, Pauses, connected
from tests.live.streams.made import SMOOTHED, Viewer, frame, wait_until

STREAM = {
    "id": "s1", "viewer": 1, "started": "2026-01-01T00:00:00Z", "width": 640, "height": 480,
    "frames_per_second": 30.0, "faces": 1, "readers": 0, "recording": None,
}  # fmt: skip
END = b'event: end\ndata: {"reason": "The video has ended."}\n\n'


def event(number: int) -> bytes:
    return f"event: frame\ndata: {frame(number).json(0)}\n\n".encode()


class App:
    """Answers as the app does: each call for events with the next of its texts.

    A number instead of a text is the status of a refusal, an exception is raised.
    """

    def __init__(self, *answers: bytes | int | Exception, streams: int = 1) -> None:
        self.answers = list(answers)
        self.streams = streams
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        self.asked.append(path)
        if path == "/live":
            listed = [STREAM | {"id": f"s{n}"} for n in range(1, 1 + self.streams)]
            return httpx.Response(200, json={"streams": listed})
        if not path.endswith("/events"):
            return httpx.Response(404, json={"detail": "it has ended"})
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return httpx.Response(answer, json={"detail": "not now"})
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        return httpx.Response(200, content=answer, headers=headers)


def followed(
    app: Answer, pauses: Pauses | None = None, **options: object
) -> Iterator[FrameMessage]:
    pauses = pauses or Pauses()
    arguments = {"stream": None, "rate": None, "patience": 30.0, **options}
    return frames(connected(app), **arguments, pause=pauses, clock=pauses.clock)  # type: ignore[arg-type]


def numbers(found: Iterator[FrameMessage]) -> list[int]:
    return [each.frame for each in found]


def test_frames_are_values_and_the_end_is_the_end() -> None:
    (first, second) = followed(App(b": here\n\n" + event(1) + event(2) + END))
    assert (first, second.frame) == (frame(1).message, 2)


def test_a_broken_connection_is_made_again() -> None:
    pauses = Pauses()
    app = App(
        event(1), event(2), httpx.ReadError("gone"), httpx.ConnectError("nobody"), 503, 429,
        event(3) + END,
    )  # fmt: skip
    assert numbers(followed(app, pauses)) == [1, 2, 3]
    # Longer from try to try, and short again after a frame.
    assert pauses.taken == [0.2, 0.2, 0.4, 0.8, 1.6, 3.2]


def test_whoever_waits_for_a_stream_gets_it() -> None:
    app = App(event(1) + END, streams=0)
    pauses = Pauses()

    def begin(seconds: float) -> None:
        pauses(seconds)
        app.streams = len(pauses.taken) // 3

    found = frames(connected(app), None, None, 30.0, pause=begin, clock=pauses.clock)
    assert numbers(found) == [1]


def test_patience_ends() -> None:
    pauses = Pauses()
    with pytest.raises(ClientError) as caught:
        list(followed(App(streams=0), pauses, patience=3.0))
    assert str(caught.value) == (
        "expected a live stream, found none; open the page Live camera and press Start"
    )
    assert 1.0 < sum(pauses.taken) <= 3.0


def test_a_connection_that_is_always_closed_at_once_ends_as_well() -> None:
    pauses = Pauses()
    with pytest.raises(UnreachableError) as caught:
        list(followed(App(b": here\n\n"), pauses, patience=3.0))
    assert "found that the connection was closed; try again" in str(caught.value)


def test_hours_of_frames_take_no_patience() -> None:
    pauses = Pauses()
    found = []
    for each in followed(App(event(1), event(2), event(3) + END), pauses):
        found.append(each.frame)
        pauses(3600)
    assert found == [1, 2, 3]


def test_a_viewer_who_is_back_under_another_id_is_found() -> None:
    app = App(404, event(1) + END)
    assert numbers(followed(app)) == [1]
    assert app.asked.count("/live") == 2
    named = App(404, event(1) + END)
    assert numbers(followed(named, stream="s1")) == [1]
    assert "/live" not in named.asked


@pytest.mark.parametrize("status", [401, 403, 422])
def test_a_refusal_that_stays_is_told_at_once(status: int) -> None:
    pauses = Pauses()
    with pytest.raises(RefusedError):
        list(followed(App(status), pauses))
    assert pauses.taken == []


def test_of_several_streams_one_has_to_be_named() -> None:
    with pytest.raises(ClientError) as caught:
        list(followed(App(streams=2)))
    assert str(caught.value) == "expected one live stream, found 2; name one of s1, s2"


@pytest.mark.parametrize("data", ["{", '{"frame": 1}', "[]"])
def test_what_is_no_frame_is_told(data: str) -> None:
    with pytest.raises(ClientError) as caught:
        list(followed(App(f"event: frame\ndata: {data}\n\n".encode())))
    assert "use the client of the app's version" in str(caught.value)


def test_a_later_version_may_say_more() -> None:
    told = json.loads(frame(1).json(0)) | {"temperature": 36.6}
    told["faces"][0]["mask"] = False
    (found,) = followed(App(f"event: frame\ndata: {json.dumps(told)}\n\n".encode() + END))
    assert found == frame(1).message


def test_a_real_stream_is_followed_and_ends(client: Client, viewer: Viewer) -> None:
    wait_until(lambda: viewer.stream.running)
    (stream,) = client.streams()
    assert (stream.id, stream.faces, stream.recording) == (viewer.stream.id, 1, None)
    found = []
    for each in client.live():
        found.append(each)
        if len(found) == 5:
            viewer.session.on_ended()
            break
    assert [each.frame for each in found] == list(range(found[0].frame, found[0].frame + 5))
    (face,) = found[0].faces
    assert face.scores == dict(zip(EMOTIONS, SMOOTHED, strict=True))
    assert abs(found[0].monotonic - time.monotonic()) < 60


def test_leaving_the_loop_closes_the_connection(client: Client, viewer: Viewer) -> None:
    wait_until(lambda: viewer.stream.running)
    following = client.live(rate=20)
    next(following)
    assert viewer.stream.readers == 1
    following.close()
    wait_until(lambda: viewer.stream.readers == 0)


def test_it_ends_when_the_video_does(client: Client, viewer: Viewer) -> None:
    wait_until(lambda: viewer.stream.running)
    found = []
    reading = threading.Thread(target=lambda: found.extend(client.live(viewer.stream.id)))
    reading.start()
    wait_until(lambda: viewer.stream.readers == 1)
    viewer.stream._feed.end("The video has ended.")
    reading.join(30)
    assert not reading.is_alive()


def test_a_token_that_is_revoked_meanwhile_is_told(
    url: str, make_token: MakeToken, viewer: Viewer
) -> None:
    make_token("admin")
    wait_until(lambda: viewer.stream.running)
    with Client(url, make_token("live", name="short")) as client:
        following = client.live()
        next(following)
        revoke_token("short")
        with pytest.raises(RefusedError) as caught:
            list(following)
    assert caught.value.status == 401
