"""Streams without video, for tests."""

from __future__ import annotations

from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading
from emotion_core.live.reader import LiveFace
from emotion_core.live.session import LiveSnapshot
from emotion_core.live.streams.frames import SharedFrame

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
