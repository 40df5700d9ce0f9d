"""A source on its way to the browser, without Streamlit around it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from aiortc.mediastreams import MediaStreamError
from streamlit_webrtc import WebRtcMode

from emotion_core.errors import SourceLostError
from emotion_core.video.reader import SourceReader
from emotion_core.video.sources import VideoFile, VideoSource
from pages.live.source_stream import SourcePlayer, SourceTrack
from tests.source_videos import write_video
from tests.webrtc import Client, new_worker, running_loop


def source_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "video-source"]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    wait_until(lambda: not source_threads())


def film(folder, frames: int) -> VideoFile:
    return VideoFile.at(write_video(folder / "film.mp4", frames))


class TestTrack:
    def test_it_plays_to_the_end(self, tmp_path):
        async def play() -> list[float]:
            track, times = SourceTrack(SourceReader(film(tmp_path, 10))), []
            while track.readyState == "live":
                with suppress(MediaStreamError):
                    times.append((await track.recv()).time)
            return times

        times = asyncio.run(play())
        assert len(times) >= 5  # a busy machine may miss some
        assert times == sorted(times)

    def test_nobody_watches_and_nothing_starts(self, tmp_path):
        track = SourceTrack(SourceReader(film(tmp_path, 10)))
        assert not source_threads()
        track.stop()

    def test_a_stop_is_noticed_without_a_frame(self, tmp_path):
        async def play() -> None:
            reader = SourceReader(film(tmp_path, 10), opener=never_open)
            track = SourceTrack(reader)
            waiting = asyncio.ensure_future(track.recv())
            await asyncio.sleep(0.1)
            await asyncio.to_thread(track.stop)
            with pytest.raises(MediaStreamError):
                await asyncio.wait_for(waiting, 30)
            answered.set()

        answered = threading.Event()

        def never_open(_: VideoSource) -> None:
            answered.wait(60)
            raise SourceLostError

        asyncio.run(play())

    def test_a_source_that_fails_ends_the_track(self, tmp_path):
        async def play() -> None:
            await SourceTrack(SourceReader(VideoFile.at(tmp_path / "none.mp4"))).recv()

        with pytest.raises(MediaStreamError):
            asyncio.run(play())


class Session:
    """Brightens every frame, and counts."""

    def __init__(self) -> None:
        self.frames = 0
        self.ended = threading.Event()

    def on_frame(self, frame):
        self.frames += 1
        return frame

    def on_ended(self) -> None:
        self.ended.set()


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.AbstractEventLoop]:
    with running_loop(monkeypatch) as loop:
        yield loop


@pytest.mark.parametrize("how", ["stopped here", "closed there", "at its end"])
def test_a_film_arrives_and_nothing_is_left(loop, tmp_path, how):
    session = Session()
    source = film(tmp_path, 40 if how == "at its end" else 1000)
    worker = new_worker(
        loop,
        session,
        mode=WebRtcMode.RECVONLY,
        player_factory=lambda: SourcePlayer(source, loop=False),
        sendback_audio=True,
    )
    viewer = Client(loop)
    try:
        viewer.connect(worker)
        image = viewer.watch(lambda image: image.mean() > 40)
        assert image.shape == (240, 320, 3)
        assert session.frames > 3
        if how == "stopped here":
            worker.stop()
        elif how == "closed there":
            viewer.close()
        assert session.ended.wait(30)
        wait_until(lambda: not source_threads())
    finally:
        worker.stop()
        viewer.close()
    wait_until(lambda: not [each for each in threading.enumerate() if "async_media" in each.name])
