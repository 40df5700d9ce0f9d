"""A source on its way to the browser, without Streamlit around it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamError
from streamlit_webrtc import WebRtcMode
from streamlit_webrtc.webrtc import WebRtcWorker

from emotion_core.errors import SourceLostError
from emotion_core.source_reader import SourceReader
from emotion_core.video_sources import VideoFile, VideoSource
from pages.shared.newest_frames import keep_newest_frames_only
from pages.shared.source_stream import SourcePlayer, SourceTrack
from tests.source_videos import write_video
from tests.test_webrtc_loopback import Client


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


class Viewer(Client):
    """Receives a video and sends none."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop, None)

    async def make_peer(self, _: None) -> RTCPeerConnection:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peer.addTransceiver("video", direction="recvonly")
        peer.on("track", self.received.put_nowait)
        return peer


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
    """Run an event loop in a thread; loops that the library leaves open are closed afterwards."""
    loops: list[asyncio.AbstractEventLoop] = []
    make = asyncio.new_event_loop

    def make_and_note() -> asyncio.AbstractEventLoop:
        loops.append(make())
        return loops[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", make_and_note)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.set_event_loop(loop)
    yield loop
    asyncio.set_event_loop(None)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    for each in loops:
        each.close()


@pytest.mark.parametrize("how", ["stopped here", "closed there", "at its end"])
def test_a_film_arrives_and_nothing_is_left(loop, tmp_path, how):
    session = Session()
    source = film(tmp_path, 40 if how == "at its end" else 1000)
    relay = MediaRelay()
    keep_newest_frames_only(relay)
    kinds = "source_{0}_track sink_{0}_track queued_{0}_frames_callback {0}_processor_factory"
    names = f"{kinds.format('video')} {kinds.format('audio')} audio_frame_callback"
    names += " on_audio_ended in_recorder_factory out_recorder_factory"
    worker: WebRtcWorker = WebRtcWorker(
        mode=WebRtcMode.RECVONLY,
        rtc_configuration=RTCConfiguration(iceServers=[]),
        player_factory=lambda: SourcePlayer(source, loop=False),
        video_frame_callback=session.on_frame,
        on_video_ended=session.on_ended,
        async_processing=False,
        video_receiver_size=4,
        audio_receiver_size=4,
        sendback_video=True,
        sendback_audio=True,
        loop=loop,
        relay=relay,
        **dict.fromkeys(names.split()),
    )
    viewer = Viewer(loop)
    try:
        viewer.connect(worker)
        image = viewer.watch(lambda image: image.mean() > 40)
        assert image.shape == (240, 320, 3)
        assert session.frames > 3
        if how == "stopped here":
            worker.stop()
        elif how == "closed there":
            viewer.run(viewer.peer.close())
        assert session.ended.wait(30)
        wait_until(lambda: not source_threads())
    finally:
        worker.stop()
        viewer.run(viewer.peer.close())
    wait_until(lambda: not [each for each in threading.enumerate() if "async_media" in each.name])
