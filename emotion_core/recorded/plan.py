"""How far the reading of a video is: its plan, what was read of it, and who is at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from emotion_core.errors import SourceError
from emotion_core.recorded.job import Work
from emotion_core.system.storage.files import make_folder, remove, write_json
from emotion_core.system.storage.json_reading import checked, read_json
from emotion_core.system.storage.leftovers import sweep_beside
from emotion_core.system.storage.locks import FileLock
from emotion_core.video.sources import FileFacts

PLAN_FILE: Final = "plan.json"
#: How the name of a video's table ends, before its suffix.
TABLE_ENDING: Final = "-faces"
_LOCK_FILE: Final = "lock"


@dataclass(frozen=True)
class _StoredPlan:
    seconds: float | None
    count: int | None
    length: float
    facts: FileFacts


@dataclass(frozen=True)
class Plan:
    """In which segments a video is read.

    Attributes:
        folder: where what was read of them lies.
        seconds: how many are read, if the video's header says how long it is.
        count: number of segments; None where it is not known yet.
        length: seconds of a segment.
        facts: what the video's header says.
    """

    folder: Path
    seconds: float | None
    count: int | None
    length: float
    facts: FileFacts

    def to_json(self) -> dict[str, Any]:
        """Return all but the folder as plain JSON values."""
        return {
            "seconds": self.seconds,
            "count": self.count,
            "length": self.length,
            "facts": asdict(self.facts),
        }

    @classmethod
    def from_json(cls, folder: Path, content: Any) -> Plan:
        """Return the plan that `to_json` made ``content`` of.

        Args:
            folder: where what was read lies, in ``VideoJob.work`` by the job's key.
            content: plain JSON values.

        Raises:
            ValueError, KeyError: it is something else.
        """
        stored = checked(content, _StoredPlan)
        return cls(folder, stored.seconds, stored.count, stored.length, stored.facts)

    def path(self, index: int) -> Path:
        """Return the file of a segment."""
        return self.folder / f"segment-{index:05d}.npz"

    def missing(self) -> list[int]:
        """Return which segments are still to be read, as far as is known: none means all are."""
        count = self.count
        if count is None:
            count = 1
            while self.path(count - 1).is_file():
                count += 1
        return [index for index in range(count) if not self.path(index).is_file()]


@contextmanager
def held(job: Work) -> Iterator[None]:
    """Keep others from a job; its folder is there meanwhile.

    Raises:
        SourceError: somebody else is at it.
        OSError: the folder cannot be written.
    """
    if job.work.is_dir():  # somebody was interrupted, perhaps while it was being written
        sweep_beside(job.target)
    make_folder(job.work.parent)
    job.work.mkdir(0o700, exist_ok=True)  # for its owner alone: faces' places, and looks
    lock = FileLock(job.work / _LOCK_FILE)
    if not lock.acquire(1.0):
        raise SourceError(
            f"{job.target}: expected nobody else to analyze {job.name} into it, found that "
            "another process does; wait for it, or name another folder"
        )
    try:
        yield
    finally:
        lock.discard()
        if not any(each.is_dir() for each in job.work.iterdir()):
            remove(job.work, lasting=False)


def write_plan(plan: Plan) -> None:
    """Write a plan into its folder.

    Raises:
        OSError: it cannot be written.
    """
    write_json(plan.folder / PLAN_FILE, plan.to_json())


def earlier_plan(folder: Path) -> Plan | None:
    """Return the plan that lies in the folder of a job; None where none does."""
    try:
        return Plan.from_json(folder, read_json(folder / PLAN_FILE))
    except (OSError, ValueError, KeyError):
        return None
