"""The process that reads one task: ``python -m emotion_core.recorded.tasks.reader FOLDER``.

What it prints is the task's log. It leaves an outcome unless it is killed or the disk is full; then
nobody holds the task's lock any more, which says so as well.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from emotion_core.access.room import own_quota, refuse_beyond
from emotion_core.errors import EmotionCoreError
from emotion_core.quantities import counted
from emotion_core.recorded.analysis import VideoAnalyst
from emotion_core.recorded.job import Progress, VideoJob
from emotion_core.recorded.photos.analysis import analyze_photos
from emotion_core.recorded.photos.job import PhotosJob
from emotion_core.recorded.tasks.control import forget
from emotion_core.recorded.tasks.queue import reading_lock
from emotion_core.recorded.tasks.task import (
    UPLOAD_FILE,
    QueuedTask,
    TaskStatus,
    open_task,
    write_outcome,
)
from emotion_core.sessions.photos.table import read_photos
from emotion_core.sessions.storage import Session
from emotion_core.system.names import print_any_name
from emotion_core.system.processes.queueing import (
    CANCEL_FILE,
    STATUS_FILE,
    STOP_FILE,
    in_hand,
    write_status,
)

_STATUS_SECONDS: Final = 0.5
# Over so many seconds the speed is measured.
_SPEED_SECONDS: Final = 10.0


class _AskedToEnd(Exception):  # noqa: N818 - no error: somebody wanted it so
    """Somebody has asked to pause or to cancel."""


def read(folder: Path) -> None:
    """Read what the task in ``folder`` is, if it is queued, once no other is read."""
    print_any_name()
    with in_hand(folder, reading_lock(folder.parent)) as to_do:
        if not to_do:
            return
        task = open_task(folder)
        try:
            session = _analyze(task.job, _Follower(folder).tell)
        except _AskedToEnd:
            _end_early(task)
        except EmotionCoreError as error:
            _fail(folder, str(error))
        except OSError as error:
            _fail(folder, f"{error}; what was read is kept: fix this and press Retry")
        except MemoryError:
            _fail(folder, "there is not enough memory; close other programs and press Retry")
        except Exception as error:  # noqa: BLE001 - whatever it is, who added the video is told
            traceback.print_exc()
            _fail(folder, f"{type(error).__name__}: {error}; the log has the details")
        else:
            (folder / UPLOAD_FILE).unlink(missing_ok=True)
            write_outcome(folder, "done", _what_was_wrong(session))


def _analyze(job: VideoJob | PhotosJob, tell: Callable[[Progress], None]) -> Session:
    if isinstance(job, PhotosJob):
        return analyze_photos(job, tell)
    with VideoAnalyst() as analyst:
        return analyst.analyze(job, tell)


def _what_was_wrong(session: Session) -> str:
    """Return what was wrong with a video, or some photos, that were read all the same; or ""."""
    if session.header.kind != "photos":
        return session.header.problem or ""
    bad = [photo for photo in read_photos(session.folder) if photo.problem]
    if not bad:
        return ""
    more = f"; and {len(bad) - 1:,} more, see its session" if len(bad) > 1 else ""
    return f"{counted(len(bad), 'photo')} could not be read: {bad[0].file}: {bad[0].problem}{more}"


def _end_early(task: QueuedTask) -> None:
    if (task.folder / CANCEL_FILE).exists():
        forget(task)
    else:
        write_outcome(task.folder, "stopped")


def _fail(folder: Path, message: str) -> None:
    print(f"Failed: {message}", flush=True)  # noqa: T201 - the log
    (folder / STATUS_FILE).unlink(missing_ok=True)  # on a full disk this is the room that it takes
    write_outcome(folder, "failed", message)


class _Follower:
    """Says how far a task is, and ends it when somebody asks for that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said = 0.0
        self._reached: deque[tuple[float, float]] = deque()

    def tell(self, progress: Progress) -> None:
        """Take how far it is.

        Raises:
            _AskedToEnd: it is to end.
            NoRoomError: whose task it is has as much as they may have.
        """
        if any((self._folder / name).exists() for name in (STOP_FILE, CANCEL_FILE)):
            raise _AskedToEnd
        now = time.monotonic()
        if now - self._said < _STATUS_SECONDS:
            return
        self._said = now
        if own_quota().left == 0:
            refuse_beyond(0, "what is read")
        speed = self._speed(now, progress.done)
        left = None
        if progress.seconds is not None and speed:
            left = max(0.0, progress.seconds - progress.done) / speed
        rate = speed * (progress.rate or 0.0)
        writing = progress.phase == "writing"
        write_status(self._folder, TaskStatus(os.getpid(), progress.share, rate, left, writing))

    def _speed(self, now: float, done: float) -> float:
        """Return how many seconds of video, or photos, are read in one; 0 while not known."""
        if self._reached and done < self._reached[-1][1]:  # it is being written now
            self._reached.clear()
        self._reached.append((now, done))
        while now - self._reached[0][0] > _SPEED_SECONDS:
            self._reached.popleft()
        since, before = self._reached[0]
        return max(0.0, done - before) / (now - since) if now > since else 0.0


if __name__ == "__main__":
    read(Path(sys.argv[1]))
