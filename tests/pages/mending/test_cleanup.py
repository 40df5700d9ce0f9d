from __future__ import annotations

import asyncio
import gc
import itertools
import logging

import pytest
from aiortc import VideoStreamTrack
from aiortc.contrib.media import MediaRelay
from streamlit.runtime import RuntimeState

from pages.mending import cleanup


class TestTracks:
    def test_a_track_that_was_never_played_goes_with_its_last_owner(self):
        relay = MediaRelay()
        early = VideoStreamTrack()
        relay.subscribe(early)
        cleanup.let_tracks_go(relay)
        late = VideoStreamTrack()
        proxy = relay.subscribe(late)
        assert set(relay._MediaRelay__proxies) == {early, late}
        del early, late
        gc.collect()
        assert len(relay._MediaRelay__proxies) == 1  # whose proxy may still be played
        del proxy
        gc.collect()
        assert len(relay._MediaRelay__proxies) == 0

    def test_a_track_is_played_and_forgotten_at_its_end(self):
        async def play() -> None:
            relay = MediaRelay()
            cleanup.let_tracks_go(relay)
            track = VideoStreamTrack()
            proxy = relay.subscribe(track)
            assert (await proxy.recv()).width == 640
            track.stop()
            while len(relay._MediaRelay__proxies):
                await asyncio.sleep(0.01)

        asyncio.run(asyncio.wait_for(play(), 20))

    @pytest.mark.parametrize(("tracks", "warnings"), [({}, 0), ([], 1), (None, 1)])
    def test_another_library_is_told_and_left_alone(self, caplog, tracks, warnings):
        relay = type("Relay", (), {cleanup._TRACKS: tracks})()
        with caplog.at_level(logging.WARNING):
            cleanup.let_tracks_go(relay)
        assert len(caplog.records) == warnings


class Server:
    """Stands in for Streamlit's runtime."""

    def __init__(self, *connected: str) -> None:
        self.connected = set(connected)
        self.closed: list[str] = []

    @property
    def state(self) -> RuntimeState:
        if self.connected:
            return RuntimeState.ONE_OR_MORE_SESSIONS_CONNECTED
        return RuntimeState.NO_SESSIONS_CONNECTED

    def is_active_session(self, session: str) -> bool:
        return session in self.connected

    def close_session(self, session: str) -> None:
        self.closed.append(session)


@pytest.mark.parametrize(
    ("connected", "closed", "collections"),
    [
        ((), ["viewer"], 1),
        (("somebody else",), ["viewer"], 0),  # whose video must not be held up
        (("viewer",), [], 0),
    ],
)
def test_who_has_left_and_not_come_back_is_forgotten(monkeypatch, connected, closed, collections):
    server, collected = Server(*connected), []

    async def leave() -> None:
        monkeypatch.setattr(cleanup, "get_global_event_loop", asyncio.get_running_loop)
        cleanup._left("viewer")
        await asyncio.sleep(0.1)

    monkeypatch.setattr(cleanup, "SECONDS_TO_COME_BACK", 0)
    monkeypatch.setattr(cleanup, "_SECONDS_TO_STOP", 0)
    monkeypatch.setattr(cleanup, "get_global_relay", MediaRelay)
    monkeypatch.setattr(cleanup.runtime, "get_instance", lambda: server)
    monkeypatch.setattr(cleanup, "collect_all", lambda: collected.append(1))
    monkeypatch.setattr(cleanup, "_sessions_closed", itertools.count(1))
    asyncio.run(leave())
    assert server.closed == closed
    assert len(collected) == collections


def test_a_server_that_ends_needs_no_cleaning(monkeypatch):
    loop = asyncio.new_event_loop()
    loop.close()
    monkeypatch.setattr(cleanup, "get_global_event_loop", lambda: loop)
    cleanup._left("viewer")
