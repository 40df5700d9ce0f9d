"""What a training run leaves on the disk while it goes on. Nothing here imports Keras."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, TypedDict

import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import TrainingError
from emotion_core.system.storage.json_reading import checked, parse_json, read_json

#: Settings and origin of a run that an earlier version began.
CONFIG_FILE: Final = "config.json"
METRICS_FILE: Final = "metrics.jsonl"
CHECKPOINT_FILE: Final = "checkpoint.npz"
CONFUSION_FILE: Final = "confusion.json"


def nothing_to_resume(folder: Path) -> TrainingError:
    """Return what to raise when there is no checkpoint in ``folder``."""
    return TrainingError(
        f"expected an unfinished run with a finished epoch in {folder}, found none; start without "
        "--resume"
    )


@dataclass(frozen=True, kw_only=True)
class TrainingProgress:
    """Where a run stands.

    Attributes:
        epoch: counted from 1; 0 before the first step.
        epochs: how many there will be.
        step: of this epoch, counted from 1.
        steps: of each epoch.
        loss: mean over the epoch so far.
        images_per_second: training images, since this process began.
        epoch_seconds_left: until the last step of this epoch.
        seconds_left: until the last step of the run.
    """

    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    loss: float = 0.0
    images_per_second: float = 0.0
    epoch_seconds_left: float = 0.0
    seconds_left: float = 0.0


@dataclass(frozen=True)
class TrainingSpeed:
    """How fast a network trains on this machine, as measured.

    Attributes:
        images_per_second: while training.
        seconds_per_epoch: with the check and the checkpoint after it.
        seconds_before: until the first step: Keras starts, and the graph is compiled.
        seconds_after: until the model is kept: it is measured and exported.
    """

    images_per_second: float
    seconds_per_epoch: float
    seconds_before: float
    seconds_after: float

    def run_seconds(self, epochs: int) -> float:
        """Return how long a run of so many epochs takes, from its start to its model."""
        return self.seconds_before + epochs * self.seconds_per_epoch + self.seconds_after


@dataclass(frozen=True)
class EpochMetrics:
    """One line of ``metrics.jsonl``. Validation is PublicTest, or a held-out part of Training."""

    epoch: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_accuracy: float
    validation_macro_f1: float
    validation_log_loss: float
    images_per_second: float
    seconds: float


def read_epochs(folder: Path) -> tuple[EpochMetrics, ...]:
    """Return the finished epochs of the run in ``folder``; a line that is half written is left out.

    What has not changed since the last call is not read again. A run that is gone has none.
    """
    path = folder / METRICS_FILE
    try:
        status = path.stat()
        return _parsed_epochs(path, status.st_mtime_ns, status.st_size)
    except OSError:
        return ()


@lru_cache(maxsize=1024)
def _parsed_epochs(path: Path, _changed: int, _size: int) -> tuple[EpochMetrics, ...]:
    epochs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            epochs.append(checked(parse_json(line), EpochMetrics))
        except (ValueError, KeyError):
            break
    return tuple(epochs)


class _Confusion(TypedDict):
    confusion: list[list[int]]


def read_confusion(folder: Path) -> NDArray[np.int64] | None:
    """Return the confusion matrix of the last epoch, int64 ``[7, 7]``; None before there is one."""
    try:
        content = checked(read_json(folder / CONFUSION_FILE), _Confusion)
        return np.array(content["confusion"], np.int64)
    except (OSError, ValueError, KeyError):
        return None
