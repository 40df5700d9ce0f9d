"""One task after the other, each in a process of its own, whoever asked for them.

How tasks are queued is in ``system/processes/queueing``, and whose is next in ``turns``, for
trainings and videos alike. Videos and photos do not wait for trainings: one may take a day.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from emotion_core.errors import EmotionCoreError, SourceError
from emotion_core.recorded.job import VideoJob
from emotion_core.recorded.photos.job import PhotoList, PhotosJob
from emotion_core.recorded.tasks.storage import TASKS_DIR_VARIABLE, list_tasks, tasks_dir
from emotion_core.recorded.tasks.task import QueuedTask, write_outcome
from emotion_core.system.processes import queueing
from emotion_core.system.processes.turns import Queue

#: Held by the one process that reads a task of the queue.
READING_LOCK: Final = ".reading.lock"

_WORKER: Final = "emotion_core.recorded.tasks.queue"
_READER: Final = "emotion_core.recorded.tasks.reader"


def reading_lock(parent: Path) -> Path:
    """Return what the one process holds that reads a task of those in ``parent``, or of others."""
    return _queue(parent).place / READING_LOCK


def queued_tasks(parent: Path) -> list[QueuedTask]:
    """Return the tasks in a folder that wait, the one that is next first."""
    tasks = {task.folder: task for task in list_tasks(parent).tasks if task.state == "queued"}
    return [tasks[folder] for folder in queueing.in_turn(tasks)]


def tasks_before(parent: Path) -> dict[Path, int]:
    """Return how many tasks, whosever they are, come before each in ``parent`` that waits."""
    return _queue(parent).before(READING_LOCK)


def start_worker(parent: Path) -> None:
    """Start a worker for the tasks in ``parent``, unless there is one or nothing to do.

    It belongs to no terminal and no browser, and goes on when this process ends. Where people have
    accounts it reads everybody's.

    Raises:
        SourceError: it cannot be started.
    """
    queue = _queue(parent)
    if queue.has_worker or not queued_tasks(parent):
        return
    try:
        queue.start_worker(_WORKER, TASKS_DIR_VARIABLE)
    except OSError as error:
        raise SourceError(
            f"expected to start a process that reads videos and photos, found {error}; close other "
            "programs and press Resume"
        ) from error


def work(parent: Path) -> None:
    """Read all tasks that wait, and those that are queued meanwhile; return when none is left.

    Returns at once when there is a worker already.
    """
    queue = _queue(parent)
    queue.work(
        lambda folder: _waiting(folder),
        lambda task: task.folder,
        lambda task, person: _read(task, person, queue),
    )


def _waiting(folder: Path) -> list[QueuedTask]:
    try:
        return queued_tasks(folder)
    except SourceError as error:
        print(error, flush=True)  # noqa: T201 - the worker's log
        return []


def _read(task: QueuedTask, person: str | None, queue: Queue) -> None:
    if problem := _refusal(task, person):
        queueing.give_up(task.folder, lambda: write_outcome(task.folder, "failed", problem))
        return
    queueing.do_apart(
        _READER,
        task.folder,
        "reading",
        lambda message: write_outcome(task.folder, "failed", message),
        queue.environment(person),
    )


def _refusal(task: QueuedTask, person: str | None) -> str:
    """Return why a task is not read: its owner might name these files when they queued it."""
    if person is None:
        return ""
    # Here, for a worker of people without accounts imports next to nothing.
    from emotion_core.access.standing import why_refused

    try:
        return why_refused(person, _named(task.job), "a video", "upload it")
    except EmotionCoreError as error:  # a list of photos that is damaged
        return str(error)


def _named(job: VideoJob | PhotosJob) -> list[Path]:
    """Return what is read, as far as it was not uploaded."""
    if isinstance(job, VideoJob):
        return [] if isinstance(job.source.content, bytes) else [Path(job.source.content)]
    folder = None if job.upload else PhotoList.read(job.photos).folder
    return [] if folder is None else [Path(folder)]


def _queue(parent: Path) -> Queue:
    return Queue.of(parent, tasks_dir)


if __name__ == "__main__":
    work(tasks_dir())
