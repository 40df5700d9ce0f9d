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
from emotion_core.models.seen_images import SeenImages, image_hashes

DRAWN: Final = (
    "The faces of the demo are drawn, so no figure here tells how a model does on people. Open a "
    "dataset of photos for that."
)
FINAL: Final = (
    "PrivateTest is for one final check, once everything is decided. Do not choose a model, a "
    "setting or a threshold by what you see here; use PublicTest for that."
)

_UNKNOWN: Final = (
    "What {} learned from is not known. If it was some of these images, the figures flatter it."
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
    card: ModelCard,
    dataset: FaceDataset,
    split: str,
    members: NDArray[np.intp],
    seen: SeenImages | None = None,
) -> tuple[Notice, ...]:
    """Return what to know about judging a model on some images of a dataset.

    Args:
        card: the model's; it tells what it learned from and was selected on.
        dataset: all splits.
        split: the one that is judged.
        members: intp ``[N]``, the places of its images; N is at least 1.
        seen: the images that the model has seen; None: only the card tells, by the dataset's
            fingerprint and the split's name.
    """
    if seen is None:
        found = _by_fingerprint(card, dataset, split, members)
    else:
        found = _by_images(card, dataset, split, members, seen)
    if split == "PrivateTest":
        found.append(Notice("warning", FINAL))
    if dataset.name == DEMO_DATASET_NAME:
        found.append(Notice("info", DRAWN))
    return tuple(found)


def _by_images(
    card: ModelCard,
    dataset: FaceDataset,
    split: str,
    members: NDArray[np.intp],
    seen: SeenImages,
) -> list[Notice]:
    """Return what is known of each image, whatever dataset it is in."""
    hashes = image_hashes(dataset.images[members])
    learned, selecting = seen.trained_on(hashes), seen.selected_on(hashes)
    known, chosen, total = int(learned.sum()), int(selecting.sum()), len(members)
    if chosen > known:
        where = split if chosen == total else _part(chosen, total)
        also = f" It has also learned from {_part(known, total)}." if known else ""
        return [_chosen(card, where, also)]
    if known:
        return [_learned(card, known, total)]
    if _is_other_data(card, dataset):
        text = (
            f"{card.name} has learned from other data ({card.data['name']}): none of these images "
            "is in it, byte for byte."
        )
        return [Notice("info", text)]
    return []


def _by_fingerprint(
    card: ModelCard, dataset: FaceDataset, split: str, members: NDArray[np.intp]
) -> list[Notice]:
    """Return what the card of an earlier version's model tells, or of one of others."""
    known = int(seen_in_training(card, dataset)[members].sum())
    if known:
        return [_learned(card, known, len(members))]
    if _selected_on(card, dataset, split):
        return [_chosen(card, split)]
    if _is_of_others(card, dataset):
        return [Notice("info", f"{_UNKNOWN.format(card.name)}{_fitted(card, dataset, split)}")]
    if _is_other_data(card, dataset):
        text = (
            f"{card.name} has learned from other data ({card.data['name']}). Whether some of "
            "these images are among it is not known."
        )
        return [Notice("info", text)]
    return []


def _learned(card: ModelCard, known: int, total: int) -> Notice:
    which = "these very images" if known == total else _part(known, total)
    flatters = (
        "these figures tell how well it remembers them, not how well it reads new faces."
        if 2 * known >= total
        else "it may remember those, so the figures flatter it a little."
    )
    return Notice("warning", f"{card.name} has learned from {which}: {flatters}")


def _chosen(card: ModelCard, where: str, also: str = "") -> Notice:
    text = (
        f"The best epoch, temperature and certainty threshold of {card.name} were chosen on "
        f"{where}, so the figures flatter it a little.{also}"
    )
    return Notice("warning", text)


def _part(count: int, total: int) -> str:
    # Never 0% or 100%: that would be none of them, or all.
    percent = min(max(100 * count / total, 0.1), 99.9)
    return f"{count:,} of these {total:,} images ({percent:.1f}%, byte for byte)"


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
    return (
        " Its temperature and certainty threshold were fitted to them, which flatters it a little."
    )


def _is_other_data(card: ModelCard, dataset: FaceDataset) -> bool:
    """Tell whether the card names photographs other than these; the demo is drawn anyway."""
    if dataset.name == DEMO_DATASET_NAME or "name" not in card.data:
        return False
    return bool(card.data.get("fingerprint") != dataset.fingerprint)
