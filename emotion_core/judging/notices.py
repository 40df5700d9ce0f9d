"""What to know before believing a figure: what the model has seen of the images it is judged on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.drawn.demo import DEMO_DATASET_NAME
from emotion_core.datasets.types import FaceDataset
from emotion_core.judging.predictions.label_mistakes import seen_in_training
from emotion_core.models.folder import ModelCard

DRAWN: Final = (
    "The faces of the demo are drawn: no figure here tells how a model does on people. Open a data "
    "set of photographs for that."
)
FINAL: Final = (
    "PrivateTest is for one last score, when everything is decided. Do not choose a model, a "
    "setting or a threshold by what you see here: use PublicTest for that."
)

_UNKNOWN: Final = (
    "What {} has learned from is not known. If it was some of these images, the figures flatter it."
)


@dataclass(frozen=True)
class Notice:
    """One thing to know.

    Attributes:
        kind: ``"warning"`` where figures flatter or must not be used, ``"info"`` otherwise.
        text: one or two sentences.
    """

    kind: Literal["warning", "info"]
    text: str


def notices(
    card: ModelCard, dataset: FaceDataset, split: str, members: NDArray[np.intp]
) -> tuple[Notice, ...]:
    """Return what to know about judging a model on some images of a data set.

    Args:
        card: the model's; it tells what it learned from and was selected on.
        dataset: all splits.
        split: the one that is judged.
        members: intp ``[N]``, the places of its images.
    """
    found = []
    seen = int(seen_in_training(card, dataset)[members].sum())
    if seen:
        found.append(
            Notice(
                "warning",
                f"{card.name} has learned from {_share(seen, len(members))}: these figures tell "
                "how well it remembers them, not how well it reads new faces.",
            )
        )
    elif _selected_on(card, dataset, split):
        found.append(
            Notice(
                "warning",
                f"{split} has chosen the best epoch, the temperature and the certainty threshold "
                f"of {card.name}: the figures flatter it a little.",
            )
        )
    elif _is_of_others(card, dataset):
        found.append(Notice("info", f"{_UNKNOWN.format(card.name)}{_fitted(card, dataset, split)}"))
    elif _is_other_data(card, dataset):
        found.append(
            Notice(
                "info",
                f"{card.name} has learned from other data ({card.data['name']}). Whether some of "
                "these images are among it is not known.",
            )
        )
    if split == "PrivateTest":
        found.append(Notice("warning", FINAL))
    if dataset.name == DEMO_DATASET_NAME:
        found.append(Notice("info", DRAWN))
    return tuple(found)


def _selected_on(card: ModelCard, dataset: FaceDataset, split: str) -> bool:
    named = str(card.data.get("selected_on", ""))
    if card.data.get("fingerprint") == dataset.fingerprint:
        return named.endswith(f" {split}")
    return named == f"{dataset.name} {split}"


def _is_of_others(card: ModelCard, dataset: FaceDataset) -> bool:
    """Tell whether the card does not say what an imported model learned from."""
    return bool(card.source) and "name" not in card.data and dataset.name != DEMO_DATASET_NAME


def _fitted(card: ModelCard, dataset: FaceDataset, split: str) -> str:
    if card.measured_on != f"{dataset.name} {split}":
        return ""
    return " Its temperature and certainty threshold were fitted to them, which does so a little."


def _is_other_data(card: ModelCard, dataset: FaceDataset) -> bool:
    """Tell whether the card names photographs other than these; the demo is drawn anyway."""
    if dataset.name == DEMO_DATASET_NAME or "name" not in card.data:
        return False
    return bool(card.data.get("fingerprint") != dataset.fingerprint)


def _share(count: int, total: int) -> str:
    return "these very images" if count == total else f"{count:,} of these {total:,} images"
