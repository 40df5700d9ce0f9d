"""Beginning a run with a model's weights instead of random ones. Nothing here imports Keras."""

from __future__ import annotations

from dataclasses import dataclass
from operator import gt
from pathlib import Path

from emotion_core.errors import ModelError, TrainingError
from emotion_core.models.folder import KERAS_FILE, ModelCard, checksum, load_card
from emotion_core.training.config import TrainingConfig


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
        TrainingError: its weights do not fit the network to train.
    """
    folder = folder.resolve()
    card = initial_card(folder, config)
    return InitialModel(str(folder), card.name, checksum(folder / KERAS_FILE))


def initial_card(folder: Path, config: TrainingConfig) -> ModelCard:
    """Return the card of the model in ``folder`` if one can begin with it.

    Raises:
        ModelError: there is no model with a Keras network.
        TrainingError: its weights do not fit the network to train.
    """
    card = load_card(folder)
    check_fit(card, config)
    network = folder / KERAS_FILE
    if not network.is_file():
        raise ModelError(f"expected {network} to begin with, found none; choose another model")
    return card


def check_fit(card: ModelCard, config: TrainingConfig) -> None:
    """Refuse a model whose weights do not fit the network to train.

    A model with fewer blocks fits: the further ones begin by passing on what they get, see
    ``weights.deepen``.

    Raises:
        TrainingError: architecture or filters differ, or the model has more blocks in a stage.
    """
    filters, depths = (list(card.config.get(name, ())) for name in ("filters", "depths"))
    same = (card.architecture, filters) == (config.architecture, list(config.filters))
    if not same or any(map(gt, depths, config.depths)):
        raise TrainingError(
            f"expected a model to begin with that is {config.architecture} with filters "
            f"{list(config.filters)} and at most {list(config.depths)} blocks, found {card.name}, "
            f"{card.architecture} with filters {filters} and {depths} blocks; take its shape, or "
            "choose another model"
        )
