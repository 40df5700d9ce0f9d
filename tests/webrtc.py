"""Both ends of a WebRTC connection in one process, without a browser and without Streamlit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import pytest
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.contrib.media import MediaRelay
from streamlit_webrtc.webrtc import WebRtcWorker

from pages.mending.newest_frames import keep_newest_frames_only

Result = TypeVar("Result")

_KINDS = "source_{0}_track sink_{0}_track queued_{0}_frames_callback {0}_processor_factory"
# Arguments that the library's worker insists on and that the app leaves alone.
UNUSED = (
    f"{_KINDS.format('video')} {_KINDS.format('audio')} audio_frame_callback on_audio_ended "
    "player_factory in_recorder_factory out_recorder_factory"
).split()


@contextmanager
def running_loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.AbstractEventLoop]:
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
    asyncio.set_event_loop(loop)  # the library asks for this thread's loop, and would make one
    yield loop
    asyncio.set_event_loop(None)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    for each in loops:
        each.close()


def new_worker(
    loop: asyncio.AbstractEventLoop, session: Any, **settings: Any
) -> WebRtcWorker[Any, Any]:
    """Return what serves one viewer, set up as the pages' streamer does it.

    Args:
        loop: where it works.
        session: its ``on_frame`` and ``on_ended`` are called.
        settings: of the library's worker: ``mode``, and what differs.
    """
    relay = MediaRelay()
    keep_newest_frames_only(relay)
    return WebRtcWorker(
        rtc_configuration=RTCConfiguration(iceServers=[]),
        video_frame_callback=session.on_frame,
        on_video_ended=session.on_ended,
        async_processing=False,
        video_receiver_size=4,
        audio_receiver_size=4,
        sendback_video=True,
        loop=loop,
        relay=relay,
        **dict.fromkeys(UNUSED) | settings,
    )


class Client:
    """What the browser is in the app: sends a camera, if it has one, and receives a video."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, camera: MediaStreamTrack | None = None
    ) -> None:
        self.loop = loop
        self.received: asyncio.Queue[MediaStreamTrack] = asyncio.Queue()
        self.peer = self.run(self._make_peer(camera))

    async def _make_peer(self, camera: MediaStreamTrack | None) -> RTCPeerConnection:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        if camera is None:
            peer.addTransceiver("video", direction="recvonly")
        else:
            peer.addTrack(camera)
        peer.on("track", self.received.put_nowait)
        return peer

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def offer(self) -> RTCSessionDescription:
        async def make() -> RTCSessionDescription:
            await self.peer.setLocalDescription(await self.peer.createOffer())
            return self.peer.localDescription

        return self.run(make())

    def connect(self, worker: WebRtcWorker[Any, Any]) -> None:
        offer = self.offer()
        answer = worker.process_offer(offer.sdp, offer.type, timeout=10)
        self.run(self.peer.setRemoteDescription(answer))

    def close(self) -> None:
        self.run(self.peer.close())

    def watch(self, until: Callable[[np.ndarray], bool], most: int = 600) -> np.ndarray:
        """Return the first received picture (BGR) that fulfils ``until``."""

        async def read() -> np.ndarray:
            track = await self.received.get()
            self.received.put_nowait(track)
            for _ in range(most):
                image = (await track.recv()).to_ndarray(format="bgr24")
                if until(image):
                    return image
            raise AssertionError(f"not one of {most} pictures was what the test waits for")

        return self.run(read())
