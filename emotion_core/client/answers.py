"""What the app answers, as values; ``/api/v1/docs`` describes the same.

Frames of live streams are those of `emotion_core.live.streams.messages`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emotion_core.live.streams.clock import Offset


@dataclass(frozen=True)
class LiveStream:
    """A live stream that runs: the video of one viewer.

    Attributes:
        id: names it; the same while the viewer stops and starts again.
        viewer: a number to call it by, from 1.
        started: when its first frame came, UTC in ISO 8601.
        width: of its newest frame in pixels.
        height: of its newest frame in pixels.
        frames_per_second: over the last seconds.
        faces: in its newest frame.
        readers: programs that read it.
        recording: id of the session that is being recorded of it; None: nothing is.
    """

    id: str
    viewer: int
    started: str
    width: int
    height: int
    frames_per_second: float
    faces: int
    readers: int
    recording: str | None


@dataclass(frozen=True)
class PlacedMark:
    """A mark as it stands in a session.

    Attributes:
        id: tells it from the session's others.
        session: id of the session.
        label: what happened.
        start: seconds since the session's start.
        seconds: how long it lasts; 0 for a moment.
        person: whom it is about; None: all of them.
        uncertainty: by how many seconds the start may be wrong, for two clocks were compared.
    """

    id: str
    session: str
    label: str
    start: float
    seconds: float
    person: int | None
    uncertainty: float


@dataclass(frozen=True)
class PictureFace:
    """A face in a picture.

    Attributes:
        face: tells it from the picture's others, from 1; the largest first.
        x: left side of its box in pixels; may lie outside.
        y: upper side of its box in pixels; may lie outside.
        width: of the box.
        height: of the box.
        emotion: the expression with the highest score.
        confidence: that score, 0 to 1.
        answer: the emotion, or "uncertain".
        scores: 0 to 1 for each of the seven expressions; they add up to 1.
    """

    face: int
    x: int
    y: int
    width: int
    height: int
    emotion: str
    confidence: float
    answer: str
    scores: dict[str, float]


@dataclass(frozen=True)
class Picture:
    """A picture and its faces.

    Attributes:
        file: its name.
        width: in pixels, as it is seen.
        height: in pixels, as it is seen.
        model: what read the faces.
        view: "single", or "mirrored" where each face was read in the mirror, too.
        faces: the largest first.
    """

    file: str
    width: int
    height: int
    model: str
    view: str
    faces: tuple[PictureFace, ...]


@dataclass(frozen=True)
class SessionMark:
    """A moment or a range of a session that has a label.

    Attributes:
        start: seconds since the session's start.
        seconds: how long it lasts; 0 for a moment.
        label: what happened.
        source: who made it: "person", "rule", "import" or "api".
        person: whom it is about; None: all of them.
    """

    start: float
    seconds: float
    label: str
    source: str
    person: int | None


@dataclass(frozen=True)
class SessionFile:
    """A file that a session can be had as.

    Attributes:
        kind: what to ask for it by, such as "csv".
        name: what to call it.
        media_type: such as "text/csv".
        use: what it is for.
    """

    kind: str
    name: str
    media_type: str
    use: str


@dataclass(frozen=True)
class Session:
    """A recording.

    Attributes:
        id: names it.
        name: that somebody gave it; may be empty.
        notes: that somebody wrote.
        tags: that somebody gave it.
        of: what was recorded: "live", "video" or "photos".
        state: "complete", "interrupted" (its end is missing) or "recording".
        started: UTC in ISO 8601.
        seconds: how long it is; of photos, which have no time, 0.
        frames: how many were recorded.
        persons: how many people, as corrected.
        model: what read the expressions.
        purpose: what it was recorded for; may be empty.
        size: bytes on the disk.
        video: whether it has a video.
        marks: in order; empty in the list of all sessions.
        files: that it can be had as; empty in the list of all sessions.
    """

    id: str
    name: str
    notes: str
    tags: tuple[str, ...]
    of: str
    state: str
    started: str
    seconds: float
    frames: int
    persons: int
    model: str
    purpose: str
    size: int
    video: bool
    marks: tuple[SessionMark, ...] = ()
    files: tuple[SessionFile, ...] = ()


@dataclass(frozen=True)
class Video:
    """A video, or a set of photos, in the app's queue.

    Attributes:
        id: names it.
        name: of the file.
        kind: "video" or "photos".
        state: "queued", "running", "done", "failed", "stopped", "interrupted" or "cancelled".
        asked: what a running one is about to do because somebody asked: "stop" or "cancel".
        share: that is read, or written while ``writing``, 0 to 1.
        writing: whether it has been read, and its session is written.
        seconds_left: until it is done; None while that is not known.
        message: why it failed, or what was wrong with the file.
        session: id of the session that it became.
    """

    id: str
    name: str
    kind: Literal["video", "photos"]
    state: str
    asked: str
    share: float
    writing: bool
    seconds_left: float | None
    message: str
    session: str | None

    @property
    def goes_on(self) -> bool:
        """Whether it waits or is read."""
        return self.state in ("queued", "running")


@dataclass(frozen=True)
class ClockOffset:
    """How this machine's clock, ``time.monotonic``, lies to the app's.

    Attributes:
        seconds: to add to a time of this machine to have the app's.
        uncertainty: by how many seconds that may be wrong.
    """

    seconds: float
    uncertainty: float

    @classmethod
    def of(cls, offset: Offset) -> ClockOffset:
        """Return what the exchanges gave."""
        return cls(offset.seconds, offset.uncertainty)

    def here(self, monotonic: float) -> float:
        """Return when something was by this machine's clock, such as a frame's ``monotonic``."""
        return monotonic - self.seconds
