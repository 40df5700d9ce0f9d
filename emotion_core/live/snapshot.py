"""The state of a live stream after a frame, for whoever looks from another thread."""

from __future__ import annotations

from dataclasses import dataclass, field

from emotion_core.faces.readings import FaceReading
from emotion_core.live.reader import LiveFace
from emotion_core.live.timing import StreamFigures
from emotion_core.sessions.events import TriggerEvent


@dataclass(frozen=True)
class LiveSnapshot:
    """The state of a live stream after its newest frame; times are seconds of the session's clock.

    Attributes:
        faces: Smoothed readings of the newest frame, from left to right as the video shows them.
        tracks: The same faces with their numbers and raw scores, in the same order.
        width: Width of the newest frame in pixels, 0 before the first frame.
        height: Height of the newest frame in pixels, 0 before the first frame.
        frames: Frames seen since the session was made, over all its streams.
        stream: How the stream keeps up.
        errors: Frames that could not be analysed and went back unchanged.
        last_error: What went wrong last, on one line; None when nothing did.
        last_error_time: When that was.
        frame_time: When the newest frame came; None while no stream runs.
        last_frame_time: When the newest frame was finished; None while no stream runs.
        events: What the rules made of this stream so far, the newest last; a few at most.
    """

    faces: tuple[FaceReading, ...] = ()
    tracks: tuple[LiveFace, ...] = ()
    width: int = 0
    height: int = 0
    frames: int = 0
    stream: StreamFigures = field(default_factory=StreamFigures)
    errors: int = 0
    last_error: str | None = None
    last_error_time: float | None = None
    frame_time: float | None = None
    last_frame_time: float | None = None
    events: tuple[TriggerEvent, ...] = ()
