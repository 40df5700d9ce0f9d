"""The folder of all that the app was given to read: list, delete."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emotion_core.access.audit import note
from emotion_core.errors import SourceError
from emotion_core.recorded.tasks.control import forget
from emotion_core.recorded.tasks.task import (
    PHOTOS_FILE,
    PLAN_FILE,
    UPLOAD_FILE,
    QueuedTask,
    open_task,
)
from emotion_core.system.processes.queueing import (
    CANCEL_FILE,
    LOCK_FILE,
    LOG_FILE,
    OUTCOME_FILE,
    PATIENCE,
    QUEUED_FILE,
    STATUS_FILE,
    STOP_FILE,
)
from emotion_core.system.storage.folders import DESKTOP_FILES, collection_dir
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.shelf import Shelf, deleting

#: Names the folder of all videos instead of the one in the user's data.
TASKS_DIR_VARIABLE: Final = "EMOTION_VIDEOS_DIR"

_FILES: Final = (
    PLAN_FILE, PHOTOS_FILE, OUTCOME_FILE, STATUS_FILE, UPLOAD_FILE, CANCEL_FILE, LOCK_FILE,
    LOG_FILE, QUEUED_FILE, STOP_FILE, *DESKTOP_FILES,
)  # fmt: skip

_SHELF: Final = Shelf(
    one="a video",
    everything="all videos",
    error=SourceError,
    is_ours=lambda name: name in _FILES or name.startswith("."),
    mend=f"name another with {TASKS_DIR_VARIABLE}",
    how_to_list="the page Video",
    key="id",
)


@dataclass(frozen=True)
class TaskList:
    """What a folder of tasks holds.

    Attributes:
        tasks: the newest first.
        problems: one line for each folder that is no task, or a damaged one.
    """

    tasks: tuple[QueuedTask, ...]
    problems: tuple[str, ...]


def tasks_dir() -> Path:
    """Return the folder of all tasks, videos and photos; it need not exist.

    It is named by the environment variable EMOTION_VIDEOS_DIR, else it is in ``data_dir``.
    """
    return collection_dir(TASKS_DIR_VARIABLE, "videos").resolve()


def list_tasks(parent: Path) -> TaskList:
    """Return the tasks in ``parent``, which need not exist.

    Raises:
        SourceError: the folder cannot be read.
    """
    tasks, problems = _SHELF.open_all(parent, open_task)
    return TaskList(tuple(reversed(tasks)), problems)


def find_task(parent: Path, id_: str) -> QueuedTask:
    """Return the task in ``parent`` with this id.

    Raises:
        SourceError: there is none, or it is damaged.
    """
    return open_task(_SHELF.find(parent, id_))


def delete_task(task: QueuedTask) -> None:
    """Take a task off the list; the session that it became stays, and so do the files read.

    Raises:
        SourceError: it is being read, or cannot be deleted.
    """
    running = SourceError(f"{task.name} is being read; cancel it first")
    if open_task(task.folder).state == "running":
        raise running
    with deleting(task.folder, SourceError), FileLock(task.folder / LOCK_FILE) as lock:
        if not lock.acquire(PATIENCE):
            raise running
        (task.folder / QUEUED_FILE).unlink(missing_ok=True)
        forget(task)
    _SHELF.delete(task.folder)
    note("deleted", "video to read", task.name)
