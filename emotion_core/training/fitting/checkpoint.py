"""A training run's checkpoint file: everything that its next epoch depends on, but its settings.

Those are the run's plan (``runs.plan``). Figures of its epochs are lines of ``metrics.jsonl``; the
checkpoint repeats the last one, because the process may die between the two files.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import TrainingError
from emotion_core.system.storage.files import replace_file
from emotion_core.system.storage.json_reading import checked, parse_json, read_json
from emotion_core.training.progress import (
    CHECKPOINT_FILE,
    CONFIG_FILE,
    METRICS_FILE,
    EpochMetrics,
    nothing_to_resume,
    read_epochs,
)
from emotion_core.training.teachers import Teacher
from emotion_core.training.warm_start import InitialModel

# Beginnings of the names of the arrays in the file; a number follows.
_STATE: Final = "state"
_BEST_WEIGHT: Final = "best_weight"


@dataclass(frozen=True)
class Origin:
    """What a run began with, which must be the same when it goes on.

    Attributes:
        data: fingerprint of its data.
        teachers: the models it learns from.
        initial: the model whose weights it began with; None: random weights.
    """

    data: str
    teachers: tuple[Teacher, ...] = ()
    initial: InitialModel | None = None

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Origin:
        """Rebuild it from what ``asdict`` and JSON made of it."""
        known = {entry.name for entry in fields(cls)}
        return checked({name: content[name] for name in content if name in known}, cls)


@dataclass(frozen=True)
class Checkpoint:
    """Where a run stands after an epoch.

    Attributes:
        state: every variable that the next step depends on, random states included; empty once
            there is no next step, which saves three quarters of the file.
        best_weights: of the best epoch's network.
        best_epoch: counted from 1.
        epochs: one entry for each finished epoch.
        origin: what the run began with.
    """

    state: tuple[NDArray[Any], ...]
    best_weights: tuple[NDArray[Any], ...]
    best_epoch: int
    epochs: tuple[EpochMetrics, ...]
    origin: Origin

    def write(self, folder: Path) -> None:
        """Replace the checkpoint in the run's folder in one go.

        Raises:
            OSError: the disk is full or cannot be written; the earlier file stays.
        """
        arrays: dict[str, Any] = _numbered(_STATE, self.state)
        arrays |= _numbered(_BEST_WEIGHT, self.best_weights)
        arrays["best_epoch"] = np.array(self.best_epoch)
        arrays["epochs"] = np.array(json.dumps([asdict(epoch) for epoch in self.epochs[-1:]]))
        arrays["origin"] = np.array(json.dumps(asdict(self.origin)))
        with replace_file(folder / CHECKPOINT_FILE) as temporary:
            np.savez(temporary, **arrays)
        # Settings and origin as an earlier version kept them: the plan and this file have them now.
        (folder / CONFIG_FILE).unlink(missing_ok=True)


def read_checkpoint(folder: Path) -> Checkpoint:
    """Return the checkpoint in a run's folder, this version's or an earlier one's.

    Raises:
        TrainingError: there is none, or it is damaged.
    """
    path = folder / CHECKPOINT_FILE
    if not path.exists():
        raise nothing_to_resume(folder)
    try:
        with path.open("rb") as file, np.load(file) as stored:
            return Checkpoint(
                state=_in_order(_STATE, stored),
                best_weights=_in_order(_BEST_WEIGHT, stored),
                best_epoch=int(stored["best_epoch"]),
                epochs=_all_epochs(folder, parse_json(str(stored["epochs"]))),
                origin=_origin(folder, stored),
            )
    except (OSError, ValueError, LookupError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise damaged(folder, error) from error


def damaged(folder: Path, error: Exception) -> TrainingError:
    """Return what to raise when the checkpoint in ``folder`` does not fit the run."""
    return TrainingError(
        f"{folder / CHECKPOINT_FILE} is damaged ({error}); delete {folder} and start over"
    )


def _all_epochs(folder: Path, stored: list[dict[str, Any]]) -> tuple[EpochMetrics, ...]:
    """Return the finished epochs: those of the checkpoint, and from the log those before them.

    Lines of epochs that came after the checkpoint are left out. An earlier version's checkpoint has
    all epochs.
    """
    known = checked(stored, tuple[EpochMetrics, ...])
    epochs = read_epochs(folder)[: known[0].epoch - 1] + known
    if [epoch.epoch for epoch in epochs] != list(range(1, known[-1].epoch + 1)):
        raise ValueError(f"{METRICS_FILE} lacks epochs before {known[0].epoch}")
    return epochs


def _origin(folder: Path, stored: Any) -> Origin:
    if "origin" in stored:
        return Origin.from_json(parse_json(str(stored["origin"])))
    return Origin.from_json(read_json(folder / CONFIG_FILE))


def _numbered(name: str, arrays: tuple[NDArray[Any], ...]) -> dict[str, NDArray[Any]]:
    return {f"{name}{number}": array for number, array in enumerate(arrays)}


def _in_order(name: str, stored: Any) -> tuple[NDArray[Any], ...]:
    count = sum(key.startswith(name) for key in stored)
    return tuple(stored[f"{name}{number}"] for number in range(count))
