"""What anybody may ask of what is to be read, from any process: pause, cancel, go on.

A running process is asked by a file and acts on it a moment later. Whatever is not running is
changed here, under the task's own lock, so that nobody begins to read it meanwhile.
"""

from __future__ import annotations

from emotion_core.errors import SourceError
from emotion_core.recorded.tasks.task import (
    PHOTOS_FILE,
    UPLOAD_FILE,
    QueuedTask,
    open_task,
    write_outcome,
)
from emotion_core.system.processes.queueing import (
    CANCEL_FILE,
    LOCK_FILE,
    PATIENCE,
    QUEUED_FILE,
    RESUMABLE_STATES,
    STATUS_FILE,
    STOP_FILE,
    resume,
    writing,
)
from emotion_core.system.storage.files import remove
from emotion_core.system.storage.locks import FileLock


def pause_task(task: QueuedTask) -> QueuedTask:
    """Let a task rest: what has been read of it is kept.

    Raises:
        SourceError: it is neither being read nor waiting, or cannot be written.
    """
    task = open_task(task.folder)
    if task.state not in ("running", "queued"):
        raise SourceError(f"{task.name} is {task.state}; only one that goes on can be paused")
    with writing(task.folder, SourceError), FileLock(task.folder / LOCK_FILE) as lock:
        (task.folder / STOP_FILE).touch()
        if lock.acquire(PATIENCE if task.state != "running" else 0.0):
            (task.folder / QUEUED_FILE).unlink(missing_ok=True)
            write_outcome(task.folder, "stopped")
    return open_task(task.folder)


def cancel_task(task: QueuedTask) -> QueuedTask:
    """End the reading of a task, and keep nothing of it but its line.

    Raises:
        SourceError: it is done or cancelled, or cannot be written.
    """
    task = open_task(task.folder)
    if task.state in ("done", "cancelled"):
        raise SourceError(f"{task.name} is {task.state} already; remove it instead")
    with writing(task.folder, SourceError), FileLock(task.folder / LOCK_FILE) as lock:
        (task.folder / CANCEL_FILE).touch()
        if lock.acquire(PATIENCE if task.state != "running" else 0.0):
            (task.folder / QUEUED_FILE).unlink(missing_ok=True)
            forget(task)
    return open_task(task.folder)


def resume_task(task: QueuedTask) -> QueuedTask:
    """Put a task that was not read to its end at the end of the queue; it goes on from there.

    Raises:
        SourceError: it is being read, waits, is done or cancelled, or cannot be written.
    """
    task = open_task(task.folder)
    if task.state not in RESUMABLE_STATES:
        raise SourceError(
            f"{task.name} is {task.state}; only one that is {', '.join(RESUMABLE_STATES)} can go on"
        )
    with writing(task.folder, SourceError):
        begun = SourceError(f"{task.name} has just been begun by somebody else")
        resume(task.folder, begun)
    return open_task(task.folder)


def forget(task: QueuedTask) -> None:
    """Leave nothing that a cancelled task could go on with.

    Raises:
        OSError: it cannot be removed.
    """
    if task.job.work.is_dir():
        remove(task.job.work, lasting=False)
    for name in (UPLOAD_FILE, PHOTOS_FILE, STATUS_FILE):
        (task.folder / name).unlink(missing_ok=True)
