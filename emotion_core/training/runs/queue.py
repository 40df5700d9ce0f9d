"""One run after another, each in a process of its own, whoever asked for them.

The *worker* waits for runs and imports next to nothing; the *trainer* that it starts for each run
does the work, so that a crash or what Keras keeps in memory is gone with it. Two locks in the
folder of all runs see to it that there is one worker and that one run trains at a time, even when a
worker was killed and its trainer was not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from emotion_core.errors import TrainingError
from emotion_core.system.children import leave_running, run_with_log
from emotion_core.system.files import owner_only
from emotion_core.system.locks import FileLock, is_held
from emotion_core.system.serving import give_way
from emotion_core.training.runs.run import LOCK_FILE, LOG_FILE, QUEUED_FILE, Run, write_outcome
from emotion_core.training.runs.storage import RUNS_DIR_VARIABLE, list_runs, runs_dir

WORKER_LOCK: Final = ".worker.lock"
WORKER_LOG: Final = ".worker.log"
#: Held by the one process that trains.
TRAINING_LOCK: Final = ".training.lock"

# How long somebody who only looks may have the lock.
_PATIENCE: Final = 0.5


def is_training(parent: Path) -> bool:
    """Tell whether a run trains just now."""
    return is_held(parent / TRAINING_LOCK)


def queued_runs(parent: Path) -> list[Run]:
    """Return the runs that wait, the one that is next first."""
    waiting = []
    for run in list_runs(parent).runs:
        if run.state == "queued":
            try:
                since = int((run.folder / QUEUED_FILE).read_text(encoding="ascii"))
            except FileNotFoundError:  # it has just begun
                continue
            except ValueError:  # written by hand
                since = 0
            waiting.append((since, run.id, run))
    return [run for *_, run in sorted(waiting, key=lambda entry: entry[:2])]


def start_worker(parent: Path) -> None:
    """Start a worker for the runs in ``parent``, unless there is one or nothing to do.

    It belongs to no terminal and no browser, and goes on when this process ends.

    Raises:
        TrainingError: it cannot be started.
    """
    if is_held(parent / WORKER_LOCK) or not queued_runs(parent):
        return
    try:
        leave_running(
            "emotion_core.training.runs.queue",
            log=parent / WORKER_LOG,
            environment={RUNS_DIR_VARIABLE: str(parent)},
        )
    except OSError as error:
        raise TrainingError(
            f"expected to start a process that trains, found {error}; close other programs and "
            "press Resume"
        ) from error


def work(parent: Path) -> None:
    """Train all queued runs, and those that are queued meanwhile; return when none is left.

    Returns at once when there is a worker already.
    """
    give_way()
    while queued_runs(parent):
        # Released and asked again at the end: a run that was queued between the last look and the
        # release was not given a worker of its own.
        with FileLock(parent / WORKER_LOCK) as lock:
            if not lock.acquire(_PATIENCE):
                return
            while waiting := queued_runs(parent):
                _train(waiting[0])


def _train(run: Run) -> None:
    """Train one run in a process of its own; one that was deleted meanwhile is left alone."""
    try:
        log = open(run.folder / LOG_FILE, "ab", opener=owner_only)  # noqa: SIM115
    except FileNotFoundError:
        return
    with log:
        code = run_with_log("emotion_core.training.runs.trainer", str(run.folder), log=log)
    if (run.folder / QUEUED_FILE).exists() and not is_held(run.folder / LOCK_FILE):
        # It never began: without this the worker would try for ever.
        (run.folder / QUEUED_FILE).unlink(missing_ok=True)
        write_outcome(
            run.folder,
            "failed",
            f"the training process ended before it began (exit code {code}); the log may say why",
        )


if __name__ == "__main__":
    work(runs_dir())
