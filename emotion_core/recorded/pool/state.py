"""A video in the pool, and how far it is."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from emotion_core.recorded.job import VideoJob
from emotion_core.recorded.plan import Plan
from emotion_core.recorded.pool.carrying import AddressedJob

Phase = Literal["waiting", "reading", "finished", "kept", "failed"]
Step = Literal["look", "begin", "read", "finish"]

# Of a video with the boxes, the share of the time that it takes to draw it.
_DRAWING: Final = 0.4
# Of so many files at most the size is asked for beforehand: each asking may go over a network.
_ASKED: Final = 1000


@dataclass
class VideoState:
    """A video in the pool, and how far it is; changed by the pool alone.

    Attributes:
        job: what to do.
        phase: "kept" was finished earlier, with the same model and settings.
        problem: why it failed; of one that is finished, what was wrong with the video; or "".
        frames: recorded, once it is finished.
        seconds: time of the last of them.
        persons: number of different persons.
        number: its place among all, from 0.
        bytes: size of the file: its share of all work, as far as is known beforehand.
        plan: in which segments it is read, once it was opened.
        key: what tells the job from all others, once it was opened.
        left: segments that are still to be given to somebody.
        reached: of each that was given to somebody in this run, how many seconds are read.
        kept_seconds: seconds of the video that were read before.
        began: when it was begun in this run, by `time.monotonic`.
        written: share of the video with the boxes that is written, once all is read.
        held: keeps others from it.
        busy: how many hands are at it.
        next: what is to be done once nobody is at it: see `Worker.answer`.
        finishing: whether it was read to its end, and only the recording may have been missing.
        lost: how often a hand was lost that was at this: what it did, and at which segment.
    """

    job: VideoJob | AddressedJob
    phase: Phase = "waiting"
    problem: str = ""
    frames: int = 0
    seconds: float = 0.0
    persons: int = 0
    number: int = 0
    bytes: int = 1
    plan: Plan | None = None
    key: str = ""
    left: deque[int] = field(default_factory=deque)
    reached: dict[int, float] = field(default_factory=dict)
    kept_seconds: float = 0.0
    began: float = 0.0
    written: float | None = None
    held: ExitStack = field(default_factory=ExitStack)
    busy: int = 0
    next: Step = "look"
    finishing: bool = False
    lost: Counter[tuple[str, int | None]] = field(default_factory=Counter)

    @property
    def over(self) -> bool:
        """Whether nothing more will be done."""
        return self.phase in ("finished", "kept", "failed")

    @property
    def done_seconds(self) -> float:
        """Seconds of the video that are read."""
        return self.kept_seconds + sum(self.reached.values())

    @property
    def share(self) -> float:
        """Which share is done, 0 to 1."""
        if self.over:
            return 1.0
        if self.plan is None or not self.plan.seconds:
            return 0.0
        read = min(1.0, self.done_seconds / self.plan.seconds)
        if not self.job.with_video:
            return read
        return (1 - _DRAWING) * read + _DRAWING * (self.written or 0.0)

    @property
    def kept_share(self) -> float:
        """Which share was done before."""
        if self.plan is None or not self.plan.seconds:
            return 0.0
        kept = min(1.0, self.kept_seconds / self.plan.seconds)
        return (1 - _DRAWING) * kept if self.job.with_video else kept

    @property
    def rate(self) -> float:
        """Frames read a second of time, since it was begun in this run; 0 where not known."""
        if self.plan is None or not self.plan.facts.rate or not self.began:
            return 0.0
        elapsed = time.monotonic() - self.began
        return self.plan.facts.rate * sum(self.reached.values()) / max(elapsed, 1e-3)

    @property
    def seconds_left(self) -> float | None:
        """How long it will still take, if known."""
        own = self.share - self.kept_share
        if own <= 0 or self.over:
            return None
        return (time.monotonic() - self.began) * (1 - self.share) / own


def file_size(job: VideoJob | AddressedJob) -> int:
    """Return the size of a job's video in bytes, 1 at least."""
    return _size(Path(job.path))


def bytes_of(paths: Sequence[Path | str]) -> int:
    """Return how many bytes files have together, about: of many, some are asked."""
    some = paths[:: max(1, len(paths) // _ASKED)]
    return sum(_size(Path(path)) for path in some) * len(paths) // max(1, len(some))


def _size(path: Path) -> int:
    try:
        return max(1, path.stat().st_size)
    except OSError:
        return 1
