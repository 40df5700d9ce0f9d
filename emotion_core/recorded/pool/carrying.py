"""A video at an address, or whose recording goes to one: brought here, and what is made of it sent.

A worker reads in a temporary folder of its own, and keeps the last video that it
brought: it stays with one. What was read of each segment is sent at once, so that any other worker,
and a later run, finds it. The header of a recording is sent last: before, there is none.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion_core.recorded import addresses
from emotion_core.recorded.addresses import is_address, name_of, no_file
from emotion_core.recorded.identity import key_of
from emotion_core.recorded.job import Origin, VideoJob, work_of
from emotion_core.recorded.plan import PLAN_FILE, Plan, held
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.sessions.header import HEADER_FILE, VIDEO_FILE
from emotion_core.system.storage.files import make_folder, remove
from emotion_core.system.storage.temporary import TemporaryFolder
from emotion_core.video.sources import VideoFile


@dataclass(frozen=True)
class AddressedJob:
    """A job whose video or recording, or both, are at an address; see `VideoJob`.

    Attributes:
        path: address of the video, or its absolute path.
        target: address of the recording, or its absolute path.
        model: folder of the model.
        settings: how the video is read.
        with_video: whether the recording gets a video.
    """

    path: str
    target: str
    model: Path
    settings: RecordedSettings
    with_video: bool = False

    @property
    def name(self) -> str:
        """Name of the file."""
        return name_of(self.path)

    @property
    def work(self) -> Path:
        """A folder that is none: what was read lies where a worker knows."""
        return Path()

    def held(self) -> AbstractContextManager[None]:
        """Keep others from it, where that can be: two who write to one address write the same.

        Raises:
            SourceError, OSError: see `plan.held`.
        """
        if is_address(self.target):
            return nullcontext()
        return held(VideoJob.from_json(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """Return the job as plain JSON values, as `VideoJob` does."""
        return {
            "name": self.name,
            "path": self.path,
            "target": self.target,
            "model": str(self.model.absolute()),
            "settings": self.settings.to_json(),
            "with_video": self.with_video,
        }


class Carrier:
    """Brings and sends for one worker."""

    def __init__(self) -> None:
        self._folder: TemporaryFolder | None = None
        self._brought = ""

    def close(self) -> None:
        """Forget all that was brought."""
        if self._folder is not None:
            self._folder.remove()

    def carried(self, content: dict[str, Any]) -> Carried:
        """Return what is to be carried for a job, of its JSON values.

        Raises:
            SourceError: the video is not there, or nobody answers.
            OSError: there is no room for a folder.
        """
        path, target = content["path"], content["target"]
        if not is_address(path) and not is_address(target):
            return Carried(VideoJob.from_json(content), None, self)
        if self._folder is None:
            self._folder = TemporaryFolder("video")
        job = VideoJob.from_json(content)
        origin, source = None, job.source
        if is_address(path):
            found = addresses.size_and_time(path)
            if found is None:
                raise no_file(path)
            origin = Origin(path, key_of(path, *found), found[1])
            source = VideoFile(job.name, self._folder.path / f"video{Path(job.name).suffix}")
        there = target if is_address(target) else None
        # Where several workers have one recording, each has its own folder for it.
        place = self._folder.path / "recordings" / name_of(target) if there else job.target
        return Carried(
            VideoJob(source, place, job.model, job.settings, job.with_video, origin), there, self
        )

    def bring(self, job: VideoJob) -> None:
        """Have the video of a job here."""
        if job.origin is None or self._brought == job.origin.version:
            return
        self._brought = ""
        place = Path(job.source.content)  # type: ignore[arg-type]
        addresses.fetch(job.origin.address, place)
        os.utime(place, (job.origin.changed, job.origin.changed))
        self._brought = job.origin.version


@dataclass(frozen=True)
class Carried:
    """A job as a worker does it here, and where its recording goes.

    Attributes:
        job: with what is here.
        there: address of the recording; None where the job's own target is meant.
        carrier: of the worker.
    """

    job: VideoJob
    there: str | None
    carrier: Carrier

    def bring_video(self) -> None:
        """Have the video here."""
        self.carrier.bring(self.job)

    def bring_recording(self, *, whole: bool) -> None:
        """Have an earlier recording here: its header, and the names or the whole of the rest."""
        if self.there is None:
            return
        if self.job.target.exists():
            remove(self.job.target, lasting=False)
        for each in addresses.files_below(self.there, deep=False):
            place = self.job.target / name_of(each)
            make_folder(self.job.target)
            if place.name == HEADER_FILE or (whole and place.name != VIDEO_FILE):
                addresses.fetch(each, place)
            else:
                place.touch()

    def has(self, path: Path) -> bool:
        """Tell whether a file beside the recording is there."""
        if self.there is None:
            return path.is_file()
        return addresses.size_and_time(addresses.beside(self.there, path.name)) is not None

    def bring_plan(self, *, again: bool) -> None:
        """Have the plan of an earlier run here, and names of what was read; forget others."""
        if self.there is None:
            return
        if self.job.work.exists():
            remove(self.job.work, lasting=False)
        key = self.job.key()
        make_folder(self.job.work / key)
        for each in addresses.files_below(self._work):
            place = self.job.work / key / name_of(each)
            if again or f"/{key}/" not in each:
                addresses.forget(each)
            elif place.name == PLAN_FILE:
                addresses.fetch(each, place)
            else:
                place.touch()

    def send_plan(self, plan: Plan) -> None:
        """Send a plan, and forget there what was forgotten here, as it was of another plan."""
        if self.there is None:
            return
        for each in addresses.files_below(self._at(plan.folder), deep=False):
            if not (plan.folder / name_of(each)).exists():
                addresses.forget(each)
        self.send(plan.folder / PLAN_FILE)

    def bring_segments(self, plan: Plan) -> None:
        """Have what was read of all segments here."""
        if self.there is None:
            return
        make_folder(plan.folder)
        for each in addresses.files_below(self._at(plan.folder), deep=False):
            addresses.fetch(each, plan.folder / name_of(each))

    def send(self, path: Path) -> None:
        """Send a file that lies beside the recording, or below."""
        if self.there is not None and path.is_file():
            addresses.send(path, self._at(path))

    def send_recording(self, table: Path | None) -> None:
        """Send a recording, its table first and its header last, and forget what was read."""
        if self.there is None:
            return
        if table is not None:
            self.send(table)
            table.unlink()
        addresses.forget(f"{self.there}/{HEADER_FILE}")
        files = sorted(self.job.target.iterdir(), key=lambda path: path.name == HEADER_FILE)
        for path in files:
            addresses.send(path, f"{self.there}/{path.name}")
        addresses.forget(self._work)
        remove(self.job.target, lasting=False)
        remove(self.job.work, lasting=False)

    @property
    def _work(self) -> str:
        assert self.there is not None
        return addresses.beside(self.there, work_of(self.job.target).name)

    def _at(self, path: Path) -> str:
        """Return the address of something beside the recording."""
        assert self.there is not None
        below = path.relative_to(self.job.target.parent)
        return addresses.beside(self.there, below.as_posix())
