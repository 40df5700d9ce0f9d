"""One run after another, each in a process of its own, whoever asked for them.

How tasks are queued is in ``system/queueing``. A second lock in the folder of all runs sees to it
that one run trains at a time, even when a worker was killed and its *trainer*, which does the work,
was not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from emotion_core.errors import TrainingError
from emotion_core.system.processes import queueing
from emotion_core.system.processes.queueing import do_apart, has_worker, in_turn, leave_worker
from emotion_core.system.storage.locks import is_held
from emotion_core.training.runs.run import Run, write_outcome
from emotion_core.training.runs.storage import RUNS_DIR_VARIABLE, list_runs, runs_dir

#: Held by the one process that trains.
TRAINING_LOCK: Final = ".training.lock"


def is_training(parent: Path) -> bool:
    """Tell whether a run trains just now."""
    return is_held(parent / TRAINING_LOCK)


def queued_runs(parent: Path) -> list[Run]:
    """Return the runs that wait, the one that is next first."""
    runs = {run.folder: run for run in list_runs(parent).runs if run.state == "queued"}
    return [runs[folder] for folder in in_turn(runs)]


def start_worker(parent: Path) -> None:
    """Start a worker for the runs in ``parent``, unless there is one or nothing to do.

    It belongs to no terminal and no browser, and goes on when this process ends.

    Raises:
        TrainingError: it cannot be started.
    """
    if has_worker(parent) or not queued_runs(parent):
        return
    try:
        leave_worker("emotion_core.training.runs.queue", parent, RUNS_DIR_VARIABLE)
    except OSError as error:
        raise TrainingError(
            f"expected to start a process that trains, found {error}; close other programs and "
            "press Resume"
        ) from error


def work(parent: Path) -> None:
    """Train all queued runs, and those that are queued meanwhile; return when none is left.

    Returns at once when there is a worker already.
    """
    queueing.work(parent, lambda: queued_runs(parent), lambda run: _train(run))


def _train(run: Run) -> None:
    """Train one run in a process of its own; one that was deleted meanwhile is left alone."""
    do_apart(
        "emotion_core.training.runs.trainer",
        run.folder,
        "training",
        lambda message: write_outcome(run.folder, "failed", message),
    )


if __name__ == "__main__":
    work(runs_dir())
