from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
import weakref
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace

import av
import pytest
from aiortc import MediaStreamTrack, VideoStreamTrack
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamError
from streamlit_webrtc.process import VideoProcessTrack

from pages.mending.newest_frames import ProcessedTrack, keep_newest_frames_only, warn_once


@pytest.fixture(autouse=True)
def _warnings_are_new():
    warn_once.cache_clear()


def test_a_relay_that_cannot_be_unbuffered(caplog):
    relay = SimpleNamespace(subscribe=lambda track: track)
    plain = relay.subscribe
    for _ in range(3):
        assert not keep_newest_frames_only(relay)
    assert relay.subscribe is plain
    (warning,) = [each.message for each in caplog.records if each.levelno == logging.WARNING]
    assert "its queue of frames cannot be switched off" in warning


class Counter(MediaStreamTrack):
    """A source that counts its frames in their time stamps, as fast as it is asked to."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(0)
        frame = av.VideoFrame(16, 16, "gray")
        frame.pts, frame.time_base = self.count, Fraction(1, 30)
        self.count += 1
        return frame


@pytest.mark.parametrize("buffered", [{}, {"buffered": False}, {"buffered": True}])
def test_a_slow_reader_gets_the_newest_frame_not_even_a_queue_that_is_asked_for(buffered):
    async def lag_of_slow_reader() -> list[int]:
        relay, source = MediaRelay(), Counter()
        assert keep_newest_frames_only(relay)
        assert keep_newest_frames_only(relay)  # on every rerun of the page
        reader = relay.subscribe(source, **buffered)
        lags = []
        for _ in range(10):
            frame = await reader.recv()
            lags.append(source.count - frame.pts)
            for _ in range(100):  # the source goes on meanwhile
                await asyncio.sleep(0)
        reader.stop()
        source.stop()
        return lags

    lags = asyncio.run(lag_of_slow_reader())
    assert max(lags) <= 3


def test_a_track_that_was_never_played_goes_with_its_last_owner():
    relay = MediaRelay()
    keep_newest_frames_only(relay)
    track = Counter()
    left = weakref.ref(track)
    proxy = relay.subscribe(track)
    del track
    gc.collect()
    assert left() is not None  # its proxy may still be played
    del proxy
    gc.collect()
    assert left() is None


def test_a_track_is_played_and_forgotten_at_its_end():
    async def play() -> weakref.ref[MediaStreamTrack]:
        relay, track = MediaRelay(), VideoStreamTrack()
        keep_newest_frames_only(relay)
        proxy = relay.subscribe(track)
        assert (await proxy.recv()).width == 640
        track.stop()
        with pytest.raises(MediaStreamError):
            await receive_all(proxy)
        assert proxy.readyState == "ended"
        return weakref.ref(track)

    left = asyncio.run(asyncio.wait_for(play(), 20))
    gc.collect()
    assert left() is None


def test_a_track_is_read_on_when_nobody_watches_any_more():
    """A camera's frames are queued: whoever stopped looking would leave them there."""

    async def watch() -> int:
        relay, source = MediaRelay(), Counter()
        keep_newest_frames_only(relay)
        reader = relay.subscribe(source)
        await reader.recv()
        reader.stop()
        with pytest.raises(MediaStreamError):
            await reader.recv()
        seen = source.count
        for _ in range(100):
            await asyncio.sleep(0)
        return source.count - seen

    assert asyncio.run(watch()) > 10


class Processor:
    """Writes the number of a frame's thread down and returns the frame, after a while."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.threads: set[int] = set()
        self.ended = False

    def recv(self, frame: av.VideoFrame) -> av.VideoFrame:
        self.threads.add(threading.get_ident())
        time.sleep(self.seconds)
        processed = av.VideoFrame(16, 16, "gray")
        processed.pts = -1
        processed.opaque = frame.pts
        return processed

    def on_ended(self) -> None:
        self.ended = True


class Camera(Counter):
    """Counts on at a steady rate, whether it is asked or not."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(self.seconds)
        return await super().recv()


def stream(relay: MediaRelay, camera: Camera, processor: Processor) -> MediaStreamTrack:
    """Chain the tracks as streamlit-webrtc does."""
    keep_newest_frames_only(relay)
    return relay.subscribe(VideoProcessTrack(relay.subscribe(camera), processor))


def test_every_frame_comes_back_itself_not_the_one_before():
    async def watch() -> list[tuple[int, int]]:
        camera = Camera(0.02)
        output = stream(MediaRelay(), camera, processor)
        frames = [(await output.recv(), camera.count) for _ in range(10)]
        output.stop()
        return [(frame.opaque, count) for frame, count in frames]

    processor = Processor(0.001)
    times = asyncio.run(watch())
    # It was the newest one of the camera, which has counted on.
    assert min(count - processed for processed, count in times) == 1
    assert len(set(times)) == 10


def test_a_frame_has_the_time_at_which_it_is_sent():
    """A browser shows a frame that is late for its time no sooner when others are not late."""

    async def watch() -> list[av.VideoFrame]:
        output = stream(MediaRelay(), Camera(0.001), Processor(0.1))
        frames = [await output.recv() for _ in range(3)]
        output.stop()
        return frames

    frames = asyncio.run(watch())
    times = [float(frame.pts * frame.time_base) for frame in frames]
    assert times[0] >= 0.1
    assert all(after - before >= 0.1 for before, after in pairwise(times))


def test_the_loop_goes_on_while_a_frame_is_processed_and_what_comes_meanwhile_is_dropped():
    async def watch() -> list[int]:
        camera = Camera(0.005)
        output = stream(MediaRelay(), camera, processor)
        behind = []
        for _ in range(5):
            frame = await output.recv()
            behind.append(camera.count - 1 - frame.opaque)
        output.stop()
        return behind

    processor = Processor(0.1)
    behind = asyncio.run(watch())
    assert processor.threads.isdisjoint({threading.get_ident()})
    assert len(processor.threads) == 1
    # The camera went on, by the 20 frames or so of one processing, and not by those of five.
    assert 1 < max(behind) < 40


def test_the_end_of_the_camera_ends_the_stream_and_its_thread():
    async def watch() -> None:
        camera = Camera(0.001)
        output = stream(MediaRelay(), camera, processor)
        await output.recv()
        threads.extend(frames_threads() - before)
        camera.stop()
        camera.recv = no_more
        with pytest.raises(MediaStreamError):
            await receive_all(output)

    async def no_more() -> av.VideoFrame:
        raise MediaStreamError

    processor, before, threads = Processor(0.001), frames_threads(), []
    asyncio.run(watch())
    (thread,) = threads
    thread.join(5)
    assert not thread.is_alive()
    assert processor.ended


def test_a_stopped_track_sends_nothing():
    async def watch() -> None:
        track = ProcessedTrack(VideoProcessTrack(Camera(0.01), Processor(0)))
        waiting = asyncio.ensure_future(track.recv())
        await asyncio.sleep(0)
        track.stop()
        for receiving in (waiting, track.recv()):
            with pytest.raises(MediaStreamError):
                await receiving

    asyncio.run(watch())


async def receive_all(output: MediaStreamTrack) -> None:
    while True:
        await output.recv()


def frames_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("frames")}
