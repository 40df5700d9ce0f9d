"""One task after the other, each in a process of its own, whoever asked for them.

How tasks are queued is in ``system/queueing``, for trainings and videos alike. Videos and photos do
not wait for trainings: one may take a day.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from emotion_core.errors import SourceError
from emotion_core.recorded.tasks.storage import TASKS_DIR_VARIABLE, list_tasks, tasks_dir
from emotion_core.recorded.tasks.task import QueuedTask, write_outcome
from emotion_core.system.processes import queueing

#: Held by the one process that reads a task of the queue.
READING_LOCK: Final = ".reading.lock"

_WORKER: Final = "emotion_core.recorded.tasks.queue"
_READER: Final = "emotion_core.recorded.tasks.reader"


def queued_tasks(parent: Path) -> list[QueuedTask]:
    """Return the tasks that wait, the one that is next first."""
    tasks = {task.folder: task for task in list_tasks(parent).tasks if task.state == "queued"}
    return [tasks[folder] for folder in queueing.in_turn(tasks)]


def start_worker(parent: Path) -> None:
    """Start a worker for the tasks in ``parent``, unless there is one or nothing to do.

    It belongs to no terminal and no browser, and goes on when this process ends.

    Raises:
        SourceError: it cannot be started.
    """
    if queueing.has_worker(parent) or not queued_tasks(parent):
        return
    try:
        queueing.leave_worker(_WORKER, parent, TASKS_DIR_VARIABLE)
    except OSError as error:
        raise SourceError(
            f"expected to start a process that reads videos and photos, found {error}; close other "
            "programs and press Resume"
        ) from error


def work(parent: Path) -> None:
    """Read all tasks that wait, and those that are queued meanwhile; return when none is left.

    Returns at once when there is a worker already.
    """
    queueing.work(parent, lambda: queued_tasks(parent), _read)


def _read(task: QueuedTask) -> None:
    queueing.do_apart(
        _READER,
        task.folder,
        "reading",
        lambda message: write_outcome(task.folder, "failed", message),
    )


if __name__ == "__main__":
    work(tasks_dir())
