"""The whole callback of the live page, on one thread; `live_callback.py` starts it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import av
import cv2
from frame_work import Work, serve

from emotion_core.live.parts import FrameReader
from emotion_core.live.reader import LiveFaceReader
from emotion_core.live.session import LiveSession


def callback_work(reader: FrameReader, rate: float) -> Work:
    """Return a session's callback, as if frames came ``rate`` times a second."""
    now = 0.0

    def prepare(image: object) -> av.VideoFrame:
        nonlocal now
        now += 1 / rate
        # Decoded video is YUV.
        return av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")

    def faces(_: av.VideoFrame) -> int:
        if session.snapshot.errors:
            raise SystemExit(f"the session failed: {session.snapshot.last_error}")
        return len(session.snapshot.faces)

    session = LiveSession(reader, clock=lambda: now)
    return Work(prepare, session.on_frame, faces)


def begin() -> tuple[Callable[[float], Work], dict[str, Any]]:
    """Choose one thread; see `frame_work.serve`."""
    cv2.setNumThreads(1)
    return lambda rate: callback_work(LiveFaceReader.load(), rate), {}


if __name__ == "__main__":
    serve(begin)
