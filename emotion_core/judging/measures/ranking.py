"""Rankings, and how well they tell two kinds apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def ranked(scores: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
    """Return the indices of the scores ``[N]``, the highest first, equal ones in their order."""
    return np.argsort(-scores, kind="stable")


def roc_auc(scores: NDArray[np.floating[Any]], positive: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve, 0..1, by ranks (Mann and Whitney 1947); ties are half.

    Args:
        scores: float ``[N]``.
        positive: bool ``[N]`` with at least one of both kinds.
    """
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[place]
    positives = int(positive.sum())
    negatives = len(positive) - positives
    above = ranks[positive].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))
