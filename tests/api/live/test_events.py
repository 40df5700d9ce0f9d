from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice, pairwise
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from emotion_core.access.tokens import add_token, revoke_token
from emotion_core.api.live import events
from emotion_core.live.streams.messages import FrameMessage
from emotion_core.live.streams.registry import ENDED, STREAMS
from emotion_core.system.storage.json_reading import checked
from tests.api.conftest import MakeToken, client_of
from tests.api.live.following import events_of
from tests.live.streams.made import Viewer, wait_until


@contextmanager
def following(client: httpx.Client, viewer: Viewer, **query: float) -> Iterator[httpx.Response]:
    wait_until(lambda: viewer.stream.running)
    with client.stream("GET", f"/live/{viewer.stream.id}/events", params=query) as answer:
        yield answer


@contextmanager
def connected(
    served: str, viewer: Viewer, token: str | None, query: str = "", **options: object
) -> Iterator[ClientConnection]:
    wait_until(lambda: viewer.stream.running)
    address = f"{served.replace('http', 'ws', 1)}/live/{viewer.stream.id}/socket{query}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with connect(address, additional_headers=headers, proxy=None, **options) as socket:  # type: ignore[arg-type]
        yield socket


def closing(websocket: ClientConnection) -> tuple[int, str]:
    """Return the code and the reason with which the server closes."""
    try:
        while True:
            websocket.recv(30)
    except ConnectionClosed as closed:
        return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (0, "")


def no_reader_is_left(viewer: Viewer) -> None:
    wait_until(lambda: viewer.stream.readers == 0)
    wait_until(lambda: all(each.name != "live-stream-feed" for each in threading.enumerate()))


def test_a_program_follows_a_stream_to_its_end(client: httpx.Client, viewer: Viewer) -> None:
    with following(client, viewer) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        coming = events_of(answer)
        got = [checked(data, FrameMessage) for name, data in islice(coming, 10) if name == "frame"]
        assert [b.frame - a.frame for a, b in pairwise(got)] == [1] * 9
        assert {each.dropped for each in got} == {0}
        assert got[0].faces[0].answer == "uncertain"
        viewer.session.on_ended()
        *_, last = coming
        assert last == ("end", {"reason": ENDED})
    no_reader_is_left(viewer)


def test_a_rate_gives_fewer_frames_and_none_of_them_lost(
    client: httpx.Client, viewer: Viewer
) -> None:
    with following(client, viewer, rate=10) as answer:
        got = [data for _, data in islice(events_of(answer), 6)]
    steps = [b["monotonic"] - a["monotonic"] for a, b in pairwise(got)]
    assert sum(steps) / len(steps) > 0.07
    assert {each["dropped"] for each in got} == {0}


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "many", "1e9"])
def test_a_rate_that_is_none_is_refused(client: httpx.Client, viewer: Viewer, rate: str) -> None:
    answer = client.get(f"/live/{viewer.stream.id}/events", params={"rate": rate})
    assert answer.status_code == 422
    assert "query.rate" in answer.json()["detail"]


def test_who_leaves_is_forgotten_though_no_frame_comes(
    client: httpx.Client, viewer: Viewer
) -> None:
    with following(client, viewer) as answer:
        coming = events_of(answer)
        next(coming)
        assert viewer.stream.readers == 1
        viewer.stream.publish = lambda _: None  # type: ignore[method-assign]
    no_reader_is_left(viewer)


def test_a_reader_that_reads_nothing_slows_nobody(
    client: httpx.Client, served: str, token: str, viewer: Viewer
) -> None:
    wait_until(lambda: viewer.stream.running)
    where = urlsplit(served)
    with socket.create_connection((where.hostname or "", where.port or 0)) as dead:
        dead.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        dead.sendall(
            f"GET {where.path}/live/{viewer.stream.id}/events HTTP/1.1\r\nHost: {where.netloc}\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        wait_until(lambda: viewer.stream.readers == 1)
        viewer.film(4000)  # more than a network holds
        with following(client, viewer) as answer:
            got = [data for _, data in islice(events_of(answer), 10)]
        assert [b["frame"] - a["frame"] for a, b in pairwise(got)] == [1] * 9
        wait_until(lambda: viewer.stream.readers == 1)
    no_reader_is_left(viewer)


def test_a_slow_reader_is_told_what_it_lost(
    client: httpx.Client, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, goes_on = events.format_sse_event, threading.Event()

    def slowly(**told: str) -> bytes:
        assert goes_on.wait(60)
        return written(**told)

    with following(client, viewer) as answer:
        coming = events_of(answer)
        _, first = next(coming)
        monkeypatch.setattr(events, "format_sse_event", slowly)
        with viewer.stream.read() as quick:  # it joins last, so it has each frame last
            viewer.film(200)
            while not (seen := quick.next(30)) or seen.message.frame < first["frame"] + 200:
                pass
        goes_on.set()
        got = [first]
        while got[-1]["frame"] < first["frame"] + 200:
            got.append(next(coming)[1])
    assert any(each["dropped"] for each in got)
    for before, after in pairwise(got):
        assert after["frame"] - before["frame"] == after["dropped"] + 1


def test_more_readers_than_allowed_are_refused(
    client: httpx.Client, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_READERS", STREAMS.readers() + 1)
    with following(client, viewer):
        answer = client.get(f"/live/{viewer.stream.id}/events")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert answer.json()["detail"] == (
            f"expected at most {events.MOST_READERS} readers at a time, found as many already; "
            "close one and try again"
        )


def test_a_revoked_token_ends_what_it_follows(served: str, viewer: Viewer) -> None:
    add_token("another", ["live"])
    mine = add_token("soon revoked", ["live"]).secret
    with client_of(served, mine) as client, following(client, viewer) as answer:
        coming = events_of(answer)
        next(coming)
        with connected(served, viewer, mine) as websocket:
            websocket.recv(30)
            revoke_token("soon revoked")
            *_, last = coming
            assert last == ("end", {"reason": "The token was revoked."})
            assert closing(websocket) == (1008, "The token was revoked.")
    no_reader_is_left(viewer)


def test_a_connection_without_frames_is_kept_open(
    client: httpx.Client, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEEP_ALIVE", 0.0)
    monkeypatch.setattr(events, "TOKEN_EVERY", 0.01)
    with following(client, viewer) as answer:
        viewer.stream.publish = lambda _: None  # type: ignore[method-assign]
        lines = answer.iter_lines()
        signs = [line for line in islice(lines, 60) if line == ": ping"]
        assert len(signs) > 1
        del viewer.stream.publish  # type: ignore[method-assign]


# --- the websocket --------------------------------------------------------------------------------


def test_a_websocket_sends_the_same_and_closes_at_the_end(
    served: str, token: str, viewer: Viewer
) -> None:
    with connected(served, viewer, token) as websocket:
        got = [checked(json.loads(websocket.recv(30)), FrameMessage) for _ in range(10)]
        assert [b.frame - a.frame for a, b in pairwise(got)] == [1] * 9
        viewer.session.on_ended()
        assert closing(websocket) == (1000, ENDED)
    no_reader_is_left(viewer)


def test_who_closes_a_websocket_is_forgotten_though_no_frame_comes(
    served: str, token: str, viewer: Viewer
) -> None:
    with connected(served, viewer, token) as websocket:
        websocket.recv(30)
        viewer.stream.publish = lambda _: None  # type: ignore[method-assign]
    no_reader_is_left(viewer)


def test_with_a_window_nothing_comes_that_was_not_asked_for(
    served: str, token: str, viewer: Viewer
) -> None:
    with connected(served, viewer, token, "?window=1") as websocket:
        first = json.loads(websocket.recv(30))
        viewer.film(50)
        with pytest.raises(TimeoutError):
            websocket.recv(0.3)
        websocket.send("next")
        second = json.loads(websocket.recv(30))
        # The newest: what came meanwhile is lost, and told.
        assert second["frame"] >= first["frame"] + 50
        assert second["dropped"] == second["frame"] - first["frame"] - 1


def test_who_asks_for_nothing_is_told_of_the_end_all_the_same(
    served: str, token: str, viewer: Viewer
) -> None:
    with connected(served, viewer, token, "?window=1") as websocket:
        websocket.recv(30)
        viewer.film(5)
        viewer.session.on_ended()
        assert closing(websocket) == (1000, ENDED)
    no_reader_is_left(viewer)


# --- who comes in ---------------------------------------------------------------------------------


def test_a_browser_names_its_token_as_a_protocol(served: str, token: str, viewer: Viewer) -> None:
    names = [events.PROTOCOL, f"token.{token}"]
    with connected(served, viewer, None, subprotocols=names) as websocket:
        # The one that is no secret is answered.
        assert websocket.subprotocol == events.PROTOCOL
        assert json.loads(websocket.recv(30))["width"] == 64


def refused(served: str, viewer: Viewer, token: str | None, **options: object) -> int:
    with (
        pytest.raises(InvalidStatus) as refused,
        connected(served, viewer, token, **options),  # type: ignore[arg-type]
    ):
        pass
    return refused.value.response.status_code


def test_who_has_no_token_opens_no_websocket(
    served: str, token: str, make_token: MakeToken, viewer: Viewer
) -> None:
    assert refused(served, viewer, None) == 403
    assert refused(served, viewer, "emo_guessed") == 403
    assert refused(served, viewer, None, subprotocols=[events.PROTOCOL, "token.guessed"]) == 403
    # Addresses are written into logs.
    assert refused(served, viewer, None, query=f"?token={token}") == 403
    assert refused(served, viewer, make_token("analyze")) == 403
    assert viewer.stream.readers == 0


def test_a_token_in_the_address_lets_nobody_follow(served: str, token: str, viewer: Viewer) -> None:
    with client_of(served) as client:
        for query in ("token", "access_token", "authorization"):
            answer = client.get(f"/live/{viewer.stream.id}/events", params={query: token})
            assert answer.status_code == 401
            assert token not in answer.text


def test_another_websites_page_opens_no_websocket(served: str, token: str, viewer: Viewer) -> None:
    names = [events.PROTOCOL, f"token.{token}"]
    for origin in ("https://evil.example", "http://localhost:1", "null"):
        assert refused(served, viewer, None, subprotocols=names, origin=origin) == 403
    own = served.removesuffix("/api/v1")
    with connected(served, viewer, None, subprotocols=names, origin=own) as websocket:
        websocket.recv(30)


def test_a_name_that_leads_here_opens_nothing(
    served: str, token: str, viewer: Viewer, client: httpx.Client
) -> None:
    """DNS rebinding: the page's own name, in Origin and in Host alike."""
    where = urlsplit(served)
    evil = f"evil.example:{where.port}"
    answer = client.get(
        f"/live/{viewer.stream.id}/events", headers={"host": evil, "origin": f"http://{evil}"}
    )
    assert answer.status_code == 403
    with (
        pytest.raises(InvalidStatus) as refusal,
        socket.create_connection(("localhost", where.port or 0)) as connection,
        connect(
            f"ws://{evil}{where.path}/live/{viewer.stream.id}/socket",
            sock=connection,
            additional_headers={"Authorization": f"Bearer {token}"},
            proxy=None,
        ),
    ):
        pass
    assert refusal.value.response.status_code == 403
