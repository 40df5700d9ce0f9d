"""One run after another, each in a process of its own, whoever asked for them.

How tasks are queued is in ``system/processes/queueing``, and whose is next in ``turns``. A second
lock in the folder of all runs sees to it that one run trains at a time, even when a worker was
killed and its *trainer*, which does the work, was not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from emotion_core.errors import TrainingError
from emotion_core.system.processes.queueing import do_apart, give_up, in_turn
from emotion_core.system.processes.turns import Queue
from emotion_core.system.storage.locks import is_held
from emotion_core.training.runs.run import Run, write_outcome
from emotion_core.training.runs.storage import RUNS_DIR_VARIABLE, list_runs, runs_dir

#: Held by the one process that trains.
TRAINING_LOCK: Final = ".training.lock"


def is_training(parent: Path) -> bool:
    """Tell whether a run trains just now, whosever it is."""
    return is_held(training_lock(parent))


def training_lock(parent: Path) -> Path:
    """Return what the one process holds that trains a run of those in ``parent``, or of others."""
    return _queue(parent).place / TRAINING_LOCK


def queued_runs(parent: Path) -> list[Run]:
    """Return the runs in a folder that wait, the one that is next first."""
    runs = {run.folder: run for run in list_runs(parent).runs if run.state == "queued"}
    return [runs[folder] for folder in in_turn(runs)]


def runs_before(parent: Path) -> dict[Path, int]:
    """Return how many runs, whosever they are, come before each in ``parent`` that waits."""
    return _queue(parent).before(TRAINING_LOCK)


def start_worker(parent: Path) -> None:
    """Start a worker for the runs in ``parent``, unless there is one or nothing to do.

    It belongs to no terminal and no browser, and goes on when this process ends. Where people have
    accounts it trains everybody's.

    Raises:
        TrainingError: it cannot be started.
    """
    queue = _queue(parent)
    if queue.has_worker or not queued_runs(parent):
        return
    try:
        queue.start_worker("emotion_core.training.runs.queue", RUNS_DIR_VARIABLE)
    except OSError as error:
        raise TrainingError(
            f"expected to start a process that trains, found {error}; close other programs and "
            "press Resume"
        ) from error


def work(parent: Path) -> None:
    """Train all queued runs, and those that are queued meanwhile; return when none is left.

    Returns at once when there is a worker already.
    """
    queue = _queue(parent)
    queue.work(
        lambda folder: _waiting(folder),
        lambda run: run.folder,
        lambda run, person: _train(run, person, queue),
    )


def _waiting(folder: Path) -> list[Run]:
    try:
        return queued_runs(folder)
    except TrainingError as error:
        print(error, flush=True)  # noqa: T201 - the worker's log
        return []


def _train(run: Run, person: str | None, queue: Queue) -> None:
    """Train one run in a process of its own; one that was deleted meanwhile is left alone."""
    if problem := _refusal(run, person):
        give_up(run.folder, lambda: write_outcome(run.folder, "failed", problem))
        return
    do_apart(
        "emotion_core.training.runs.trainer",
        run.folder,
        "training",
        lambda message: write_outcome(run.folder, "failed", message),
        queue.environment(person),
    )


def _refusal(run: Run, person: str | None) -> str:
    """Return why a run is not trained: its owner might name these files when they queued it."""
    if person is None:
        return ""
    # Here, for a worker of people without accounts imports next to nothing.
    from emotion_core.access.standing import why_refused

    plan = run.plan
    named = [plan.data.path, *plan.data.joined, plan.data.votes, plan.data.exclusions]
    paths = [Path(each) for each in (*named, plan.initial, *plan.teachers) if each]
    absolute = [path for path in paths if path.is_absolute()]
    return why_refused(person, absolute, "data", "choose other data")


def _queue(parent: Path) -> Queue:
    return Queue.of(parent, runs_dir)


if __name__ == "__main__":
    work(runs_dir())
