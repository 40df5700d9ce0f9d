"""Streams without a camera, for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import av
import numpy as np

from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading
from emotion_core.live.reader import LiveFace
from emotion_core.live.session import LiveSession
from emotion_core.live.snapshot import LiveSnapshot
from emotion_core.live.streams.frames import SharedFrame
from emotion_core.live.streams.registry import STREAMS, LiveStream

RAW = (0.05, 0.01, 0.04, 0.72, 0.05, 0.03, 0.10)
SMOOTHED = (0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1)


def snapshot(number: int = 1, *, time: float = 50.0, faces: int = 1) -> LiveSnapshot:
    """Return the state after a frame of 640x480 that came at ``time`` and took 8 ms."""
    box = Box(-4, 30, 120, 140, 12.5)
    tracks = tuple(
        LiveFace(n, FaceReading(box, RAW), FaceReading(box, SMOOTHED, 0.5), person=n)
        for n in range(1, faces + 1)
    )
    return LiveSnapshot(
        tracks=tracks,
        width=640,
        height=480,
        frames=number,
        frame_time=time,
        last_frame_time=time + 0.008,
    )


def frame(number: int = 1, *, time: float = 50.0, faces: int = 1) -> SharedFrame:
    """Return the same on its way to readers."""
    return SharedFrame(snapshot(number, time=time, faces=faces), 1_700_000_000.25)


def picture(width: int = 64, height: int = 48) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.zeros((height, width, 3), np.uint8), format="bgr24")


class OneFace:
    """Reads one face in every frame."""

    def read(self, *_: Any) -> list[LiveFace]:
        box = Box(10, 10, 20, 20)
        return [LiveFace(1, FaceReading(box, RAW), FaceReading(box, SMOOTHED, 0.5), person=1)]

    def hidden_places(self) -> list[Box]:
        return []

    def reset(self) -> None:
        pass

    def forget_persons(self) -> None:
        pass


class Viewer:
    """Somebody whose video runs: the session, its stream, and a camera that sends when asked."""

    def __init__(self) -> None:
        self.session = LiveSession(OneFace())
        card = SimpleNamespace(name="tiny", files={"model.tflite": "0" * 64})
        self.stream: LiveStream = STREAMS.add(self.session, lambda: card)  # type: ignore[arg-type, return-value]

    def film(self, frames: int = 1) -> None:
        for _ in range(frames):
            self.session.on_frame(picture())

    @contextmanager
    def filming(self, rate: float = 50.0) -> Iterator[None]:
        """Let frames come in another thread, as they do."""
        over = threading.Event()

        def run() -> None:
            while not over.wait(1 / rate):
                self.film()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def wait_until(true: Any, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.005)
