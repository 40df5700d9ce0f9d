"""What a recorded session says about itself, ``session.json``; the names of its other files."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from emotion_core.errors import SessionError
from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.folders import PROJECT
from emotion_core.system.storage.json_reading import checked, read_json

HEADER_FILE: Final = "session.json"
FRAMES_FILE: Final = "frames.csv"
FACES_FILE: Final = "faces.csv"
#: Made with its first line: sessions without an event have none.
EVENTS_FILE: Final = "events.csv"
VIDEO_FILE: Final = "video.mp4"
#: Only in the recording of photos: which file each frame is.
PHOTOS_FILE: Final = "photos.csv"
#: Made with the first edit: names, corrections and marks, one JSON line each; see
#: `emotion_core.sessions.edits`.
EDITS_FILE: Final = "edits.jsonl"
#: Locked by whoever adds to it.
EDITING_FILE: Final = ".editing"
#: In an exported ZIP, beside the tables: what their columns mean.
CODEBOOK_FILE: Final = "codebook.csv"
#: Locked by the recorder as long as it records, then removed; it holds room for the last header on
#: a disk that is full.
RECORDING_FILE: Final = ".recording"
#: Whoever wants the recording to end makes this file; the recorder sees it within a second.
STOP_FILE: Final = ".stop"

#: Version of the layout of a session's folder. Up to 1 faces were followed, but nobody was known
#: again: the table of faces had ``face`` where it has ``track`` and ``person`` now.
SESSION_FORMAT: Final = 2
_READABLE_FORMATS: Final = (1, 2)

#: Where a session's settings name what was recorded, unless it was live: a video, or photos.
VIDEO_KEY: Final = "recorded_video"
PHOTOS_KEY: Final = "recorded_photos"

#: What a session is a recording of.
Kind = Literal["live", "video", "photos"]


@dataclass(frozen=True)
class SessionDescription:
    """What is known when a recording starts.

    Attributes:
        consent: the text that was shown beside the record button.
        model_name: name of the model that reads the expressions.
        model_checksum: SHA-256 of its ``model.tflite``, from its card.
        camera_size: width and height of the picture in pixels; a camera may change it later, so
            that every frame states its own.
        settings: everything else that bears on the readings, such as the smoothing; JSON values.
        purpose: what it is recorded for, in a few words; empty where nobody said, as in headers of
            earlier versions.
    """

    consent: str
    model_name: str
    model_checksum: str
    camera_size: tuple[int, int]
    settings: dict[str, Any] = field(default_factory=dict)
    purpose: str = ""


@dataclass(frozen=True)
class VideoFacts:
    """What became of a session's video.

    Attributes:
        codec: name of the encoder.
        frames: pictures encoded.
        dropped: pictures left out because the encoder was busy.
        start: time of the first picture in seconds since the start of the session; the video's own
            times count from there.
        problem: why the video ended before the session, on one line; None when it did not.
    """

    codec: str
    frames: int
    dropped: int
    start: float = 0.0
    problem: str | None = None


@dataclass(frozen=True)
class SessionHeader:
    """The content of ``session.json``: written at the start, and again when the recording ends.

    Attributes:
        description: what was known at the start.
        started: UTC time in ISO 8601; every other time is this one and the seconds since.
        app_version: version of this project.
        ended: UTC time in ISO 8601; None until the end, and for good when the process was killed.
        frames: frames recorded.
        dropped: frames lost because the disk could not keep up.
        seconds: time of the last frame since the start.
        persons: number of different persons.
        problem: why the recording ended by itself, on one line; None when it did not.
        video: facts of the video; None without one.
        plain_video: whether a video that is kept with the session has nothing drawn on it; those of
            earlier versions, and of `analyze --annotated`, have boxes and labels.
        name: given by the user.
        notes: written by the user.
        tags: given by the user, to find it by; headers of earlier versions have none.
        format: version of the layout.
    """

    description: SessionDescription
    started: str
    app_version: str
    ended: str | None = None
    frames: int = 0
    dropped: int = 0
    seconds: float = 0.0
    persons: int = 0
    problem: str | None = None
    video: VideoFacts | None = None
    plain_video: bool = False
    name: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    format: int = SESSION_FORMAT

    @property
    def kind(self) -> Kind:
        """What was recorded: a live stream, a video file, or photos.

        Photos are not followed: each face has a track of its own, nobody is a person, and
        ``seconds`` is the place of a photo in the set, from 0, and no time.
        """
        if PHOTOS_KEY in self.description.settings:
            return "photos"
        return "video" if VIDEO_KEY in self.description.settings else "live"

    @property
    def began(self) -> datetime:
        """When it started, as a time with its zone; one without is taken for UTC."""
        time = datetime.fromisoformat(self.started)
        return time if time.tzinfo is not None else time.replace(tzinfo=UTC)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> SessionHeader:
        """Return the header that ``to_json`` made ``content`` of.

        Raises:
            ValueError: a value is missing or not of its kind.
        """
        try:
            header = checked(content, cls)
            for time in (header.started, header.ended or header.started):
                datetime.fromisoformat(time)
            counts = (header.frames, header.dropped, header.persons, header.seconds)
            if min(counts) < 0:
                raise ValueError("a negative count")
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error
        return header

    def to_json(self) -> dict[str, Any]:
        """Return the header as plain JSON values."""
        return asdict(self)


def read_header(folder: Path) -> SessionHeader:
    """Read and check the header of the session in ``folder``.

    Raises:
        SessionError: there is none, or it is damaged or of another format.
    """
    path = folder / HEADER_FILE
    if not path.is_file():
        raise SessionError(
            f"{folder}: expected a session with {HEADER_FILE}, found none; move the folder "
            "elsewhere or delete it"
        )
    try:
        content = read_json(path)
        if content["format"] not in _READABLE_FORMATS:
            readable = " or ".join(map(str, _READABLE_FORMATS))
            raise SessionError(
                f"{path}: expected session format {readable}, found {content['format']}; it "
                "was written by another version of this project"
            )
        return SessionHeader.from_json(content)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SessionError(
            f"{path} is damaged ({error}); restore it from a backup or delete the session"
        ) from error


def write_header(folder: Path, header: SessionHeader) -> None:
    """Write ``session.json``, whole or not at all."""
    write_json(folder / HEADER_FILE, header.to_json())


def app_version() -> str:
    """Return the version of this project, or "unknown" outside its folder."""
    try:
        project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    except OSError:
        return "unknown"
    return str(project["version"])
