"""What anybody may ask of a run, from any process: stop, cancel, resume.

A running process is asked by a file and acts on it after its next step. Whatever is not running is
changed here, under the run's own lock, so that nobody begins to train it meanwhile.
"""

from __future__ import annotations

from pathlib import Path

from emotion_core.errors import TrainingError
from emotion_core.system.processes.queueing import (
    CANCEL_FILE,
    LOCK_FILE,
    PATIENCE,
    QUEUED_FILE,
    RESUMABLE_STATES,
    STOP_FILE,
    enqueue,
    resume,
    writing,
)
from emotion_core.system.storage.locks import FileLock
from emotion_core.training.progress import CHECKPOINT_FILE
from emotion_core.training.runs.run import Run, open_run
from emotion_core.training.runs.storage import list_runs


def stop_run(run: Run) -> Run:
    """End a run and keep its best epoch so far as a model; it can be resumed later.

    An interrupted run goes to the queue for that.

    Raises:
        TrainingError: it has ended, has not begun, or cannot be written.
    """
    run = open_run(run.folder)
    if run.state != "running" and not (
        run.state in ("queued", "interrupted") and run.has_checkpoint
    ):
        raise TrainingError(
            f"{run.plan.name} is {run.state} and has nothing to keep; only a run with a finished "
            "epoch can be stopped"
        )
    with writing(run.folder, TrainingError):
        (run.folder / STOP_FILE).touch()
        if run.state == "interrupted":
            enqueue(run.folder)
    return open_run(run.folder)


def cancel_run(run: Run) -> Run:
    """End a run and keep nothing of it but its row.

    Raises:
        TrainingError: it has ended, or cannot be written.
    """
    run = open_run(run.folder)
    if run.state not in ("running", "queued", "interrupted"):
        raise TrainingError(f"{run.plan.name} is {run.state} already; delete it instead")
    with writing(run.folder, TrainingError), FileLock(run.folder / LOCK_FILE) as lock:
        (run.folder / CANCEL_FILE).touch()
        if lock.acquire(PATIENCE if run.state != "running" else 0.0):
            (run.folder / QUEUED_FILE).unlink(missing_ok=True)
            (run.folder / CHECKPOINT_FILE).unlink(missing_ok=True)
    return open_run(run.folder)


def cancel_sweep(parent: Path, sweep: str) -> int:
    """Cancel every run of a sweep that has not ended; finished runs and their models stay.

    Args:
        parent: the folder of all runs.
        sweep: its name.

    Returns:
        how many runs were cancelled.

    Raises:
        TrainingError: one cannot be written.
    """
    runs = [run for run in list_runs(parent).runs if run.plan.sweep == sweep]
    cancelled = 0
    # Those that wait come first: the queue would begin one as soon as the running one has ended.
    for run in sorted(runs, key=lambda each: each.state == "running"):
        if open_run(run.folder).state in ("running", "queued", "interrupted"):
            try:
                cancel_run(run)
            except TrainingError:
                if open_run(run.folder).state in ("running", "queued", "interrupted"):
                    raise
                continue  # it has just ended
            cancelled += 1
    return cancelled


def resume_run(run: Run) -> Run:
    """Put a run that has not reached its last epoch at the end of the queue.

    It goes on from its last checkpoint; one without any begins anew.

    Raises:
        TrainingError: it is running, queued, done or cancelled, or cannot be written.
    """
    run = open_run(run.folder)
    if run.state not in RESUMABLE_STATES:
        raise TrainingError(
            f"{run.plan.name} is {run.state}; only a run that is {', '.join(RESUMABLE_STATES)} can "
            "be resumed"
        )
    with writing(run.folder, TrainingError):
        begun = TrainingError(f"{run.plan.name} has just been begun by somebody else")
        resume(run.folder, begun)
    return open_run(run.folder)
