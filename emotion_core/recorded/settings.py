"""What may be chosen when a recorded video is read."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from emotion_core.errors import SourceError
from emotion_core.faces.finding.detectors import yunet_is_named
from emotion_core.faces.finding.finders import BLAZEFACE, FINDERS, HAAR, available_finders

#: Side of the smallest face to find, as a share of the picture's shorter side: smaller than on live
#: video, for what is found late is followed back.
SMALLEST_RECORDED_FACE: Final = 1 / 12
#: Seconds between two frames that are still followed where only some are recorded: faces that move
#: further than they are wide between two frames are lost.
LONGEST_STEP: Final = 0.1


#: What finds faces where the environment names its file, besides `FINDERS`.
YUNET: Final = "yunet"


def usual_video_finder() -> str:
    """Return the name of the finder for videos when nobody chooses: BlazeFace where it is.

    YuNet goes before it if the environment names its file, as everywhere.
    """
    if yunet_is_named():
        return YUNET
    return BLAZEFACE if BLAZEFACE in available_finders() else HAAR


@dataclass(frozen=True)
class RecordedSettings:
    """How a video is read.

    Attributes:
        every: seconds between two frames that are recorded; None records each.
        start: time in the video, in seconds, of the first frame to record.
        end: time before which the last frame lies; None is the end of the video.
        people: how many people there are at most: those seen longest are recorded; None is all.
        finder: what finds the faces, one of `FINDERS` or `YUNET`.
        smoothing_seconds: time constant of the scores, to either side, 0 to 0.25; 0 shows every
            reading as it is. A quarter of a second to either side steadies as half a second before
            does on the live page, and shows a change when it happens.
        smallest_face: side of the smallest face to find, 0.05 to 1 of the picture's shorter side.

    Raises:
        SourceError: a value is out of its range.
    """

    every: float | None = None
    start: float = 0.0
    end: float | None = None
    people: int | None = None
    finder: str = field(default_factory=usual_video_finder)
    smoothing_seconds: float = 0.25
    smallest_face: float = SMALLEST_RECORDED_FACE

    def __post_init__(self) -> None:
        _check(self.every is None or 0 < self.every <= 3600, "every", "0 to 3600 s", self.every)
        _check(0 <= self.start < math.inf, "from", "0 s or more", self.start)
        _check(
            self.end is None or self.start < self.end < math.inf,
            "to",
            f"a time after {self.start:g} s, where reading begins",
            self.end,
        )
        _check(self.people is None or self.people >= 1, "people", "1 or more", self.people)
        known = self.finder in (*FINDERS, YUNET)
        _check(known, "detector", f"one of {', '.join(FINDERS)}", self.finder)
        _check(
            0 <= self.smoothing_seconds <= 0.25, "smoothing", "0 to 0.25 s", self.smoothing_seconds
        )
        _check(0.05 <= self.smallest_face <= 1, "smallest face", "0.05 to 1", self.smallest_face)

    @property
    def step(self) -> float:
        """Seconds between two frames that are looked at, at least; 0 looks at each."""
        return 0.0 if self.every is None else min(self.every, LONGEST_STEP)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain JSON values."""
        return asdict(self)


def _check(holds: bool, name: str, expected: str, found: object) -> None:
    if not holds:
        raise SourceError(f"{name}: expected {expected}, found {found}; choose another value")
