"""A training run's checkpoint file: everything that its next epoch depends on."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import TrainingError
from emotion_core.system.files import replace_file
from emotion_core.training.progress import EpochMetrics

# Beginnings of the names of the arrays in the file; a number follows.
_STATE: Final = "state"
_BEST_WEIGHT: Final = "best_weight"


@dataclass(frozen=True)
class Checkpoint:
    """Where a run stands after an epoch.

    Attributes:
        state: every variable that the next step depends on, random states included; empty once
            there is no next step, which saves three quarters of the file.
        best_weights: of the best epoch's network.
        best_epoch: counted from 1.
        epochs: one entry for each finished epoch.
    """

    state: tuple[NDArray[Any], ...]
    best_weights: tuple[NDArray[Any], ...]
    best_epoch: int
    epochs: tuple[EpochMetrics, ...]

    def write(self, path: Path) -> None:
        """Replace the file at ``path`` in one go.

        Raises:
            OSError: the disk is full or cannot be written; the earlier file stays.
        """
        arrays: dict[str, Any] = _numbered(_STATE, self.state)
        arrays |= _numbered(_BEST_WEIGHT, self.best_weights)
        arrays["best_epoch"] = np.array(self.best_epoch)
        arrays["epochs"] = np.array(json.dumps([asdict(epoch) for epoch in self.epochs]))
        with replace_file(path) as temporary:
            np.savez(temporary, **arrays)


def read_checkpoint(path: Path) -> Checkpoint:
    """Return the checkpoint in a file.

    Raises:
        TrainingError: the file is damaged, or gone.
    """
    try:
        with path.open("rb") as file, np.load(file) as stored:
            return Checkpoint(
                state=_in_order(_STATE, stored),
                best_weights=_in_order(_BEST_WEIGHT, stored),
                best_epoch=int(stored["best_epoch"]),
                epochs=tuple(EpochMetrics(**epoch) for epoch in json.loads(str(stored["epochs"]))),
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> TrainingError:
    """Return what to raise when the checkpoint at ``path`` does not fit the run."""
    return TrainingError(f"{path} is damaged ({error}); delete {path.parent} and start anew")


def _numbered(name: str, arrays: tuple[NDArray[Any], ...]) -> dict[str, NDArray[Any]]:
    return {f"{name}{number}": array for number, array in enumerate(arrays)}


def _in_order(name: str, stored: Any) -> tuple[NDArray[Any], ...]:
    count = sum(key.startswith(name) for key in stored)
    return tuple(stored[f"{name}{number}"] for number in range(count))
