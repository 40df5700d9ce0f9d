"""Runs as the version before plans were all of a run's settings wrote them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from emotion_core.system.storage.files import write_json
from emotion_core.training.config import TrainingConfig
from emotion_core.training.fitting.checkpoint import read_checkpoint
from emotion_core.training.progress import CHECKPOINT_FILE, CONFIG_FILE


def as_earlier_version(folder: Path, config: TrainingConfig) -> None:
    """Let ``config.json`` have the settings and the origin, and the checkpoint all epochs."""
    path, checkpoint = folder / CHECKPOINT_FILE, read_checkpoint(folder)
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored if name != "origin"}
    arrays["epochs"] = np.array(json.dumps([asdict(epoch) for epoch in checkpoint.epochs]))
    np.savez(path, **arrays)
    write_json(folder / CONFIG_FILE, {"config": asdict(config), **asdict(checkpoint.origin)})
