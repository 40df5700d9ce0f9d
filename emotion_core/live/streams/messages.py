"""What a program is told of each frame of a live stream.

This module imports nothing large: programs elsewhere read such messages with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Names of the two server-sent events: one for each frame, and the last one of a stream.
FRAME_EVENT: Final = "frame"
END_EVENT: Final = "end"


@dataclass(frozen=True)
class BoxMessage:
    """Where a face is, in pixels of the frame as it is shown; see `emotion_core.faces.boxes.Box`.

    Attributes:
        x: left border; may be negative.
        y: upper border; may be negative.
        width: at least 1.
        height: at least 1.
        angle: by how many degrees to turn the frame against the clock to see the face upright.
    """

    x: int
    y: int
    width: int
    height: int
    angle: float


@dataclass(frozen=True)
class FaceMessage:
    """One face of a frame.

    Attributes:
        person: the same when they come back; None in the first half second of a face.
        box: where it is.
        answer: what the page shows: one of ``EMOTIONS``, or "uncertain".
        scores: smoothed, 0..1 for each of ``EMOTIONS``; they add up to 1.
        raw_scores: the newest as the model gave them, up to a quarter of a second old.
    """

    person: int | None
    box: BoxMessage
    answer: str
    scores: dict[str, float]
    raw_scores: dict[str, float]


@dataclass(frozen=True)
class FrameMessage:
    """One frame of a stream, as one reader is told of it.

    Attributes:
        frame: counts this viewer's frames, from 1; rises, with gaps where frames could not be
            read or this reader was not given them.
        monotonic: when the frame came, in seconds of the app's own clock: never set, its zero is
            arbitrary. The clock that `emotion_core.live.streams.clock` compares others with.
        wall_clock: the same in seconds since 1970.
        width: of the frame in pixels.
        height: of the frame in pixels.
        dropped: frames that this reader lost since its last message because it was too slow;
            those that it did not ask for by its rate do not count.
        faces: from left to right.
    """

    frame: int
    monotonic: float
    wall_clock: float
    width: int
    height: int
    dropped: int
    faces: tuple[FaceMessage, ...]


@dataclass(frozen=True)
class EndMessage:
    """The last message of a stream.

    Attributes:
        reason: why there is no more, in a sentence to show.
    """

    reason: str
