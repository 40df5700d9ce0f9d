"""One training run: what its folder holds, and what state it is in.

A run is a folder, and a task of a queue: ``system/queueing`` says what its state follows from.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from emotion_core.system.processes.queueing import (
    LOG_FILE,
    OUTCOME_FILE,
    STATUS_FILE,
    State,
    asked_for,
    read_note,
    state_of,
)
from emotion_core.system.storage.files import write_json
from emotion_core.training.progress import (
    CHECKPOINT_FILE,
    EpochMetrics,
    TrainingProgress,
    read_epochs,
)
from emotion_core.training.runs.plan import RunPlan, read_plan

TENSORBOARD_FOLDER: Final = "tensorboard"

_LOG_BYTES: Final = 8000


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        state: "done", "stopped" or "failed".
        ended: UTC time in ISO 8601.
        message: why it failed, or what there is to say.
        model: absolute path of its model's folder; None: there is none.
    """

    state: State
    ended: str
    message: str = ""
    model: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunStatus(TrainingProgress):
    """Where a run stands, as its process last said, and what that process does and takes.

    Attributes:
        pid: the process.
        stage: what it does, in a few words.
        cpu_percent: of one core, since the last status.
        memory_mb: resident memory; 0 where it is not known.
    """

    pid: int
    stage: str
    cpu_percent: float = 0.0
    memory_mb: float = 0.0


@dataclass(frozen=True)
class Run:
    """One run on the disk, as it was when somebody looked.

    Attributes:
        folder: where it is.
        plan: what it is to do.
        state: where it stands.
        asked: "stop" or "cancel" when somebody asked a running one for that; empty otherwise.
        outcome: how it ended; None as long as it has not.
    """

    folder: Path
    plan: RunPlan
    state: State
    asked: str = ""
    outcome: Outcome | None = None

    @property
    def id(self) -> str:
        """Name of its folder."""
        return self.folder.name

    @property
    def epochs(self) -> tuple[EpochMetrics, ...]:
        """The finished epochs."""
        return read_epochs(self.folder)

    @property
    def best(self) -> EpochMetrics | None:
        """The epoch whose network is kept: the first one with the highest accuracy."""
        return max(self.epochs, key=lambda each: each.validation_accuracy, default=None)

    @property
    def model(self) -> Path | None:
        """Folder of its model, where it made one that is still there."""
        if self.outcome is None or self.outcome.model is None:
            return None
        folder = Path(self.outcome.model)
        return folder if folder.is_dir() else None

    @property
    def has_checkpoint(self) -> bool:
        """Whether a finished epoch can be gone on from."""
        return (self.folder / CHECKPOINT_FILE).is_file()


def open_run(folder: Path) -> Run:
    """Return the run in ``folder``.

    Raises:
        TrainingError: it holds no run, or a damaged one.
    """
    plan = read_plan(folder)
    outcome = read_note(folder / OUTCOME_FILE, Outcome)
    state = state_of(folder, None if outcome is None else outcome.state)
    asked = asked_for(folder, state)
    ended = state in ("done", "stopped", "failed")
    return Run(folder, plan, state, asked, outcome if ended else None)


def write_outcome(folder: Path, state: State, message: str = "", model: Path | None = None) -> None:
    """Note how the run in ``folder`` ended.

    Raises:
        OSError: the disk is full; the run then counts as interrupted.
    """
    ended = datetime.now(UTC).isoformat(timespec="seconds")
    outcome = Outcome(state, ended, message, None if model is None else str(model))
    write_json(folder / OUTCOME_FILE, asdict(outcome))


def read_status(folder: Path) -> RunStatus | None:
    """Return what the training process last said; None where it has not said anything yet."""
    return read_note(folder / STATUS_FILE, RunStatus)


def read_log(folder: Path, lines: int = 12) -> str:
    """Return the last lines of the run's log; empty before there is one."""
    try:
        with (folder / LOG_FILE).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
