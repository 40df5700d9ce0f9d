"""A video that is to be read, how, and where its recording goes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from emotion_core.errors import SessionError, SourceError
from emotion_core.recorded.identity import fingerprint, key_of, model_identity
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.sessions.header import HEADER_FILE, VIDEO_KEY, SessionHeader, read_header
from emotion_core.sessions.storage import SESSION_FILES
from emotion_core.system.storage.json_reading import checked
from emotion_core.video.sources import VideoFile

#: Changed when another version would read the same video otherwise: what it left is read anew.
ANALYSIS_VERSION: Final = 1

State = Literal["new", "begun", "finished"]


class Work(Protocol):
    """What is to be read: a video, or a set of photos.

    Attributes:
        name: of the file or the set, as people know it.
        target: folder of the recording.
        work: folder of what has been read, until the recording is there.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - above
    @property
    def target(self) -> Path: ...  # noqa: D102
    @property
    def work(self) -> Path: ...  # noqa: D102


def work_of(target: Path) -> Path:
    """Return the folder of what has been read, until the recording is at ``target``."""
    return target.with_name(f".{target.name}-reading")


@dataclass(frozen=True)
class Progress:
    """How far the reading of a video, or a set of photos, is.

    Attributes:
        phase: "reading" it, or "writing" what was read.
        done: seconds of the video that are read, or written with boxes; or photos.
        seconds: how many there are to read; None where the video's header does not say.
        rate: frames a second of the video, if known; 1 of photos.
    """

    phase: Literal["reading", "writing"]
    done: float
    seconds: float | None
    rate: float | None = None

    @property
    def share(self) -> float:
        """Which share of the phase is done, 0 to 1; 0 where it is not known."""
        return min(1.0, self.done / self.seconds) if self.seconds else 0.0


@dataclass(frozen=True)
class Origin:
    """Where a video was brought from; see `emotion_core.recorded.addresses`.

    Attributes:
        address: of the file.
        version: what tells its content from others': by address, size and time.
        changed: when it was changed, in seconds since 1970.
    """

    address: str
    version: str
    changed: float


@dataclass(frozen=True)
class VideoJob:
    """What is to be done with one video.

    Attributes:
        source: the file.
        target: folder of the recording, which is a session; its parent may hold many.
        model: folder of the model that reads the faces.
        settings: how.
        with_video: whether the recording gets a video with the boxes, and the sound.
        origin: where the file was brought from; None where it is read where it is.
    """

    source: VideoFile
    target: Path
    model: Path
    settings: RecordedSettings
    with_video: bool = False
    origin: Origin | None = None

    @property
    def name(self) -> str:
        """Name of the file, as people know it."""
        return self.source.name

    @property
    def work(self) -> Path:
        """The folder of what has been read, until the recording is there."""
        return work_of(self.target)

    def key(self) -> str:
        """Return what tells this job from all others: by file, model and settings.

        Raises:
            SourceError: the file cannot be read.
            ModelError: there is no such model.
        """
        try:
            content = fingerprint(Path(self.path)) if self.origin is None else self.origin.version
        except OSError as error:
            raise SourceError(
                f"{self.path}: expected a video file, found one that cannot be read "
                f"({error.strerror or error}); check whether the path is right"
            ) from error
        settings = self.settings.to_json() | {"with_video": self.with_video}
        return key_of(ANALYSIS_VERSION, content, model_identity(self.model), settings)

    def state(self) -> State:
        """Return whether it is finished, or was begun.

        Raises:
            SourceError: the file cannot be read.
            ModelError: there is no such model.
        """
        key = self.key()
        found = recorded_video(self.target)
        if found is not None and found.get("key") == key:
            return "finished"
        return "begun" if (self.work / key).is_dir() else "new"

    def check_target(self) -> None:
        """See that nobody's files are in the way of the recording.

        Raises:
            SourceError: the target is something else than a recording of this video.
        """
        check_target(self.target, self.name, VIDEO_KEY, self.path)

    def to_json(self) -> dict[str, Any]:
        """Return the job as plain JSON values, for another process."""
        return {
            "name": self.source.name,
            "path": self.path,
            "target": str(self.target.absolute()),
            "model": str(self.model.absolute()),
            "settings": self.settings.to_json(),
            "with_video": self.with_video,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> VideoJob:
        """Return the job that `to_json` made ``content`` of."""
        return cls(
            VideoFile(content["name"], Path(content["path"])),
            Path(content["target"]),
            Path(content["model"]),
            checked(content["settings"], RecordedSettings),
            content["with_video"],
        )

    @property
    def path(self) -> str:
        """Where the file is, or the address that it was brought from."""
        if self.origin is not None:
            return self.origin.address
        assert not isinstance(self.source.content, bytes)
        return str(Path(self.source.content).absolute())

    @property
    def changed(self) -> float:
        """When the file was changed last, in seconds since 1970.

        Raises:
            OSError: it is gone.
        """
        return Path(self.path).stat().st_mtime if self.origin is None else self.origin.changed


def recorded_video(folder: Path) -> dict[str, Any] | None:
    """Return what a finished recording says of its video; None where there is none.

    Args:
        folder: of a session, or anything else.

    Returns:
        ``name``, ``path``, ``key``, and ``settings``.
    """
    return recorded_in(folder, VIDEO_KEY)


def recorded_in(folder: Path, kind_key: str) -> dict[str, Any] | None:
    """Return what a finished recording says of what it was made of; None where there is none.

    Args:
        folder: of a session, or anything else.
        kind_key: where its settings say so, ``VIDEO_KEY`` or ``PHOTOS_KEY``.
    """
    if not (folder / HEADER_FILE).is_file():
        return None
    try:
        header: SessionHeader = read_header(folder)
    except SessionError:
        return None
    found = header.description.settings.get(kind_key)
    return found if isinstance(found, dict) and header.ended is not None else None


def check_target(target: Path, name: str, kind_key: str, path: str) -> None:
    """See that nobody's files are in the way of a recording.

    Args:
        target: where it comes to lie.
        name: what to call what is recorded.
        kind_key: see `recorded_in`.
        path: where that is, as its earlier recording says.

    Raises:
        SourceError: the target is something else than a recording of it.
    """
    if not os.path.lexists(target):
        return
    found = recorded_in(target, kind_key)
    others = found is None or {each.name for each in target.iterdir()} - {*SESSION_FILES}
    if others or (found is not None and found.get("path") != path):
        raise SourceError(
            f"{target}: expected no such folder, or an earlier recording of {name}, found "
            "something else; move it, or name another folder"
        )
