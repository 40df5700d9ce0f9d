"""How far the FER+ voters agree with the labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import VOTE_NAMES, FaceDataset
from emotion_core.emotions import EMOTION_ALIASES, EMOTIONS

#: For each entry of ``VOTE_NAMES`` its index in ``EMOTIONS``, -1 where FER2013 has no such class.
VOTE_LABELS: Final[tuple[int, ...]] = tuple(
    EMOTIONS.index(EMOTION_ALIASES[name]) if name in EMOTION_ALIASES else -1 for name in VOTE_NAMES
)

# For each expression, its column among the votes.
_LABEL_COLUMNS: Final = np.array([VOTE_LABELS.index(label) for label in range(len(EMOTIONS))])


@dataclass(frozen=True, eq=False)
class VoteAgreement:
    """How far the votes bear out the labels, class by class.

    Attributes:
        support: float64 ``[7]``, mean share 0..1 of an image's votes that its label got; NaN for a
            class without votes.
        majority: float64 ``[7]``, share 0..1 of images whose label got the most votes, among those
            where one of the seven expressions did; NaN for a class without any.
        overall: the latter over all classes; NaN without any.
    """

    support: NDArray[np.float64]
    majority: NDArray[np.float64]
    overall: float


def majority_labels(votes: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the label with the most FER+ votes, the first in a tie.

    Args:
        votes: uint8 ``[N, 10]`` in the order of ``VOTE_NAMES``.

    Returns:
        intp ``[N]``, index into ``EMOTIONS``; -1 for contempt, unknown, no face and no vote at all.
    """
    labels: NDArray[np.intp] = np.array(VOTE_LABELS, np.intp)[votes.argmax(axis=1)]
    labels[~votes.any(axis=1)] = -1
    return labels


def label_support(labels: NDArray[np.uint8], votes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the share of each image's votes that its label got.

    Args:
        labels: uint8 ``[N]``.
        votes: uint8 ``[N, 10]`` in the order of ``VOTE_NAMES``.

    Returns:
        float32 ``[N]``, 0..1; NaN where nobody voted.
    """
    given = votes[np.arange(len(votes)), _LABEL_COLUMNS[labels]].astype(np.float32)
    total = votes.sum(axis=1, dtype=np.float32)
    support: NDArray[np.float32] = np.where(total > 0, given / np.maximum(total, 1), np.nan)
    return support


def measure_agreement(dataset: FaceDataset) -> VoteAgreement | None:
    """Return how far the votes bear out the labels, or None without votes."""
    if dataset.votes is None:
        return None
    majority = majority_labels(dataset.votes)
    is_expression = majority >= 0
    agrees = (majority == dataset.labels)[is_expression]
    return VoteAgreement(
        support=_class_means(label_support(dataset.labels, dataset.votes), dataset.labels),
        majority=_class_means(agrees, dataset.labels[is_expression]),
        overall=float(agrees.mean()) if len(agrees) else float("nan"),
    )


def _class_means(
    values: NDArray[np.float32] | NDArray[np.bool_], labels: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Return the mean of each class's values, float64 ``[7]``; NaN is left out, or all there is."""
    known = ~np.isnan(values)
    counts = np.bincount(labels[known], minlength=len(EMOTIONS))
    sums = np.bincount(labels[known], weights=values[known], minlength=len(EMOTIONS))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
