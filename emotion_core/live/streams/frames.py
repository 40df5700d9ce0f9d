"""A frame on its way to the readers of a stream."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import msgspec

from emotion_core.emotions import EMOTIONS
from emotion_core.live.reader import LiveFace
from emotion_core.live.snapshot import LiveSnapshot
from emotion_core.live.streams.messages import BoxMessage, FaceMessage, FrameMessage

# Digits of scores and of seconds: millionths, shorter than a float written out.
_DIGITS: Final = 6


class SharedFrame:
    """A frame that all readers of a stream share; turned into JSON once, when the first asks.

    Args:
        snapshot: of the session right after the frame.
        wall_clock: when the frame came, in seconds since 1970.
    """

    def __init__(self, snapshot: LiveSnapshot, wall_clock: float) -> None:
        self._snapshot = snapshot
        self._wall_clock = wall_clock

    @property
    def time(self) -> float:
        """When it came, in seconds of the session's clock."""
        return self._snapshot.frame_time or 0.0

    @cached_property
    def message(self) -> FrameMessage:
        """What is told of it to a reader that lost nothing."""
        snapshot = self._snapshot
        return FrameMessage(
            frame=snapshot.frames,
            monotonic=round(self.time, _DIGITS),
            wall_clock=round(self._wall_clock, _DIGITS),
            width=snapshot.width,
            height=snapshot.height,
            dropped=0,
            faces=tuple(map(_face, snapshot.tracks)),
        )

    def json(self, dropped: int) -> str:
        """Return the message as JSON on one line, with how many frames its reader lost."""
        head, tail = self._json
        return f"{head}{dropped}{tail}"

    @cached_property
    def _json(self) -> tuple[str, str]:
        text = msgspec.json.encode(self.message).decode()
        head, name, tail = text.partition('"dropped":0')
        return head + name[:-1], tail


def _face(face: LiveFace) -> FaceMessage:
    box = face.box
    return FaceMessage(
        person=face.person,
        box=BoxMessage(box.x, box.y, box.width, box.height, round(float(box.angle), 2)),
        answer=face.smoothed.answer,
        scores=_scores(face.smoothed.scores),
        raw_scores=_scores(face.raw.scores),
    )


def _scores(scores: tuple[float, ...]) -> dict[str, float]:
    rounded = (round(float(score), _DIGITS) for score in scores)
    return dict(zip(EMOTIONS, rounded, strict=True))
