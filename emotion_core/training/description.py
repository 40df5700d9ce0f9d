"""What a training run was started with, read from its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from emotion_core.errors import TrainingError
from emotion_core.training.config import TrainingConfig
from emotion_core.training.progress import CHECKPOINT_FILE, CONFIG_FILE
from emotion_core.training.teachers import Teacher
from emotion_core.training.warm_start import InitialModel


@dataclass(frozen=True)
class RunDescription:
    """What a run was started with: settings, fingerprint of the data, teachers, first weights."""

    config: TrainingConfig
    data: str
    teachers: tuple[Teacher, ...]
    initial: InitialModel | None = None


def read_run(folder: Path) -> RunDescription:
    """Return what the run in ``folder`` was started with.

    Raises:
        TrainingError: the folder holds no run that could be resumed.
    """
    path = folder / CONFIG_FILE
    if not path.exists() or not (folder / CHECKPOINT_FILE).exists():
        raise TrainingError(
            f"expected an unfinished run with a finished epoch in {folder}, found none; start "
            "without --resume"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        initial = content.get("initial")
        return RunDescription(
            TrainingConfig.from_json(content["config"]),
            str(content["data"]),
            tuple(Teacher(**teacher) for teacher in content["teachers"]),
            initial and InitialModel(**initial),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainingError(
            f"{path} is damaged ({error}); delete {folder} and start anew"
        ) from error
