"""One video, or set of photos, that is to be read: a folder, and a task of a queue.

What a task is, is told in ``system/queueing``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from emotion_core.errors import SourceError
from emotion_core.recorded.job import VideoJob
from emotion_core.recorded.photos.job import PhotosJob
from emotion_core.system.processes.queueing import (
    OUTCOME_FILE,
    STATUS_FILE,
    State,
    asked_for,
    read_note,
    state_of,
)
from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.json_reading import read_json

PLAN_FILE: Final = "video.json"
#: The video itself, where it was uploaded; of photos, a ZIP file with all of them.
UPLOAD_FILE: Final = "upload"
#: Which photos a set holds.
PHOTOS_FILE: Final = "photos.json"

#: Version of the layout of ``video.json``.
_FORMAT: Final = 1


@dataclass(frozen=True)
class TaskStatus:
    """How far a task is, as the process that reads it last said.

    Attributes:
        pid: the process.
        share: of the video, or the photos, that is done, 0 to 1.
        frames_per_second: read of late, frames or photos; 0 while that is not known.
        seconds_left: until it is done; None while that is not known.
        writing: whether it has been read, and its session is being written: the share is of that.
    """

    pid: int
    share: float = 0.0
    frames_per_second: float = 0.0
    seconds_left: float | None = None
    writing: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        state: "done", "stopped" or "failed".
        ended: UTC time in ISO 8601.
        message: why it failed, or what was wrong with the video or some of the photos.
    """

    state: State
    ended: str
    message: str = ""


@dataclass(frozen=True)
class QueuedTask:
    """One task on the disk, as it was when somebody looked.

    Attributes:
        folder: where it is.
        job: what is to be done.
        state: where it stands; "stopped" is paused.
        asked: "stop" or "cancel" when somebody asked a running one for that; empty otherwise.
        outcome: how it ended; None as long as it has not.
    """

    folder: Path
    job: VideoJob | PhotosJob
    state: State
    asked: str = ""
    outcome: Outcome | None = None

    @property
    def id(self) -> str:
        """Name of its folder."""
        return self.folder.name

    @property
    def name(self) -> str:
        """Name of the video's file, or the set of photos, as people know it."""
        return self.job.name

    @property
    def photos(self) -> int | None:
        """How many photos it has; None of a video."""
        return self.job.count if isinstance(self.job, PhotosJob) else None

    @property
    def session(self) -> Path | None:
        """Folder of the session that it became, where that is still there."""
        return self.job.target if self.state == "done" and self.job.target.is_dir() else None


def open_task(folder: Path) -> QueuedTask:
    """Return the task in ``folder``.

    Raises:
        SourceError: it holds none, or a damaged one.
    """
    job = _read_job(folder)
    outcome = read_note(folder / OUTCOME_FILE, Outcome)
    state = state_of(folder, None if outcome is None else outcome.state)
    asked = asked_for(folder, state)
    ended = state in ("done", "stopped", "failed")
    return QueuedTask(folder, job, state, asked, outcome if ended else None)


def write_job(folder: Path, job: VideoJob | PhotosJob, *, lasting: bool = True) -> None:
    """Write what is to be done into a task's folder; see ``files.replace_file``.

    Raises:
        OSError: the folder cannot be written.
    """
    kind = "photos" if isinstance(job, PhotosJob) else "job"
    write_json(folder / PLAN_FILE, {"format": _FORMAT, kind: job.to_json()}, lasting=lasting)


def _read_job(folder: Path) -> VideoJob | PhotosJob:
    path = folder / PLAN_FILE
    try:
        content = read_json(path)
        if content["format"] != _FORMAT:
            raise ValueError("it was written by another version of this project")
        if "photos" in content:
            return PhotosJob.from_json(content["photos"])
        return VideoJob.from_json(content["job"])
    except FileNotFoundError:
        raise SourceError(f"expected a video with {PLAN_FILE} in {folder}, found none") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SourceError) as error:
        raise SourceError(f"{path} is damaged ({error}); delete {folder}") from error


def write_outcome(folder: Path, state: State, message: str = "") -> None:
    """Note how the task in ``folder`` ended.

    Raises:
        OSError: the disk is full; the task then counts as interrupted.
    """
    ended = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(folder / OUTCOME_FILE, asdict(Outcome(state, ended, message)))


def read_status(folder: Path) -> TaskStatus | None:
    """Return how far a task is; None where nobody has said anything yet."""
    return read_note(folder / STATUS_FILE, TaskStatus)
