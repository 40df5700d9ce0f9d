"""Counts what a data set holds and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import SPLITS, VOTE_NAMES, FaceDataset
from emotion_core.emotions import EMOTION_ALIASES, EMOTIONS

#: For each entry of ``VOTE_NAMES`` its index in ``EMOTIONS``, -1 where FER2013 has no such class.
VOTE_LABELS: Final[tuple[int, ...]] = tuple(
    EMOTIONS.index(EMOTION_ALIASES[name]) if name in EMOTION_ALIASES else -1 for name in VOTE_NAMES
)


@dataclass(frozen=True)
class Duplicates:
    """Images of one split that stand in it more than once, byte for byte.

    Attributes:
        groups: different images that do.
        images: all copies of these, the first ones included.
    """

    groups: int
    images: int


@dataclass(frozen=True)
class DatasetReport:
    """What ``inspect_dataset`` found.

    Attributes:
        name: the data set's name.
        images: how many it has.
        dropped_rows: bad rows left out of it.
        class_counts: split -> emotion -> images; splits without an image are left out everywhere.
        duplicates: split -> its exact duplicates.
        shared_images: split -> other split -> images of the first that also stand in the other.
        conflicting_groups: groups of identical images (in any splits) with more than one label.
        blank_images: images of one grey only.
        votes_agreement: share 0..1 of labels that the FER+ majority agrees with, among the images
            where the majority chose one of the seven expressions; None without votes.
    """

    name: str
    images: int
    dropped_rows: int
    class_counts: dict[str, dict[str, int]]
    duplicates: dict[str, Duplicates]
    shared_images: dict[str, dict[str, int]]
    conflicting_groups: int
    blank_images: int
    votes_agreement: float | None


def inspect_dataset(dataset: FaceDataset) -> DatasetReport:
    """Count classes, exact duplicates, conflicting labels and blank images."""
    groups = identical_groups(dataset.images)
    members = {
        split: dataset.splits == code
        for code, split in enumerate(SPLITS)
        if (dataset.splits == code).any()
    }
    return DatasetReport(
        name=dataset.name,
        images=len(dataset),
        dropped_rows=dataset.dropped_rows,
        class_counts={
            split: _count_classes(dataset.labels[mask]) for split, mask in members.items()
        },
        duplicates={split: _count_duplicates(groups[mask]) for split, mask in members.items()},
        shared_images={
            split: {
                other: int(np.isin(groups[mask], groups[other_mask]).sum())
                for other, other_mask in members.items()
                if other != split
            }
            for split, mask in members.items()
        },
        conflicting_groups=len(conflicting_groups(groups, dataset.labels)),
        blank_images=int(blank_images(dataset.images).sum()),
        votes_agreement=_votes_agreement(dataset),
    )


def identical_groups(images: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Number images so that byte-identical ones, and only these, have the same number.

    Args:
        images: uint8 ``[N, 48, 48]``.

    Returns:
        intp ``[N]``, counted from 0 in the order of first appearance.
    """
    number_of: dict[bytes, int] = {}
    numbers = (number_of.setdefault(image.tobytes(), len(number_of)) for image in images)
    return np.fromiter(numbers, np.intp, len(images))


def conflicting_groups(groups: NDArray[np.intp], labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the groups (see ``identical_groups``) whose images have more than one label."""
    group_of_pair = np.unique(np.stack([groups, labels.astype(np.intp)]), axis=1)[0]
    found, label_counts = np.unique(group_of_pair, return_counts=True)
    return found[label_counts > 1]


def blank_images(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return for each of ``images`` uint8 ``[N, 48, 48]`` whether it has one grey only."""
    flat = images.reshape(len(images), -1)
    blank: NDArray[np.bool_] = (flat == flat[:, :1]).all(axis=1)
    return blank


def majority_labels(votes: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the label with the most FER+ votes, the first in a tie.

    Args:
        votes: uint8 ``[N, 10]`` in the order of ``VOTE_NAMES``.

    Returns:
        intp ``[N]``, index into ``EMOTIONS``; -1 for contempt, unknown and no face.
    """
    labels: NDArray[np.intp] = np.array(VOTE_LABELS, np.intp)[votes.argmax(axis=1)]
    return labels


def _votes_agreement(dataset: FaceDataset) -> float | None:
    if dataset.votes is None:
        return None
    majority = majority_labels(dataset.votes)
    is_expression = majority >= 0
    if not is_expression.any():
        return None
    return float((majority == dataset.labels)[is_expression].mean())


def _count_classes(labels: NDArray[np.uint8]) -> dict[str, int]:
    counts = np.bincount(labels, minlength=len(EMOTIONS))
    return dict(zip(EMOTIONS, counts.tolist(), strict=True))


def _count_duplicates(groups: NDArray[np.intp]) -> Duplicates:
    _, sizes = np.unique(groups, return_counts=True)
    repeated = sizes[sizes > 1]
    return Duplicates(groups=len(repeated), images=int(repeated.sum()))
