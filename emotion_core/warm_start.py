"""Beginning a run with a model's weights instead of random ones. Nothing here imports Keras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emotion_core.artefacts import KERAS_FILE, ModelCard, checksum, load_card
from emotion_core.errors import ModelError, TrainingError
from emotion_core.training_config import TrainingConfig

# Settings that a network's shape follows from, besides its architecture.
_SHAPE: Final = ("filters", "depths")


@dataclass(frozen=True)
class InitialModel:
    """A model that a run began with: its folder's absolute path, name, and network's SHA-256."""

    path: str
    name: str
    checksum: str


def find_initial(folder: Path, config: TrainingConfig) -> InitialModel:
    """Return the model in ``folder`` as one to begin with.

    Raises:
        ModelError: there is no model with a Keras network.
        TrainingError: it is of another shape than the one to train.
    """
    folder = folder.resolve()
    card = load_card(folder)
    check_fit(card, config)
    network = folder / KERAS_FILE
    if not network.is_file():
        raise ModelError(f"expected {network} to begin with, found none; choose another model")
    return InitialModel(str(folder), card.name, checksum(network))


def check_fit(card: ModelCard, config: TrainingConfig) -> None:
    """Refuse a model whose weights do not fit the network to train.

    Raises:
        TrainingError: architecture, filters or depths differ.
    """
    found = [card.architecture, *(list(card.config.get(name, ())) for name in _SHAPE)]
    wanted = [config.architecture, *(list(getattr(config, name)) for name in _SHAPE)]
    if found != wanted:
        raise TrainingError(
            f"expected a model to begin with that is {_described(wanted)}, found {card.name}, "
            f"{_described(found)}; take its shape, or choose another model"
        )


def _described(shape: Sequence[object]) -> str:
    return "{} with filters {} and depths {}".format(*shape)
