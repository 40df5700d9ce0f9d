"""ROC and precision-recall curves of each expression against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.judging.measures.ranking import roc_auc

#: A curve is drawn and exported with so many points at most.
MOST_POINTS: Final = 200


@dataclass(frozen=True, eq=False)
class ClassCurves:
    """How well the score of one expression tells its images from all others.

    Attributes:
        emotion: the expression.
        positives: images with this label.
        negatives: images with another.
        auc: area under the ROC curve, 0..1: the probability that an image of this class gets a
            higher score for it than another one; None without images of both kinds.
        average_precision: mean precision over the steps of recall, 0..1; None without positives.
        false_positive_rate: float64 ``[K]``, ascending from 0 to 1; empty where ``auc`` is None.
        true_positive_rate: float64 ``[K]``, of the same thresholds.
        recall: float64 ``[L]``, ascending; empty without positives.
        precision: float64 ``[L]``, of the same thresholds.
    """

    emotion: str
    positives: int
    negatives: int
    auc: float | None
    average_precision: float | None
    false_positive_rate: NDArray[np.float64]
    true_positive_rate: NDArray[np.float64]
    recall: NDArray[np.float64]
    precision: NDArray[np.float64]

    def to_json(self) -> dict[str, Any]:
        """Return the curves as plain JSON values."""
        return {
            "positives": self.positives,
            "negatives": self.negatives,
            "auc": self.auc,
            "average_precision": self.average_precision,
            "roc": {
                "false_positive_rate": self.false_positive_rate.tolist(),
                "true_positive_rate": self.true_positive_rate.tolist(),
            },
            "precision_recall": {
                "recall": self.recall.tolist(),
                "precision": self.precision.tolist(),
            },
        }


def class_curves(scores: NDArray[np.float64], labels: NDArray[np.uint8]) -> tuple[ClassCurves, ...]:
    """Return the curves of every expression, in the order of ``EMOTIONS``.

    Args:
        scores: probabilities ``[N, 7]`` with N of at least 1.
        labels: uint8 ``[N]``.
    """
    return tuple(
        _curves(emotion, scores[:, place], labels == place)
        for place, emotion in enumerate(EMOTIONS)
    )


def mean_of_known(values: Sequence[float | None]) -> float | None:
    """Return the unweighted mean of those that are there; None without any."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _curves(emotion: str, scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> ClassCurves:
    positives, negatives = int(positive.sum()), int((~positive).sum())
    order = np.argsort(-scores, kind="stable")
    # Equal scores are one threshold, so one point.
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits = np.cumsum(positive[order])[last]
    alarms = last + 1 - hits
    empty = np.empty(0)
    roc, precision_recall = (empty, empty), (empty, empty)
    average = None
    if positives:
        recall, precision = hits / positives, hits / (last + 1)
        average = float((np.diff(recall, prepend=0) * precision).sum())
        precision_recall = _thinned(recall, precision)
    if positives and negatives:
        roc = _thinned(np.append(0, alarms / negatives), np.append(0, hits / positives))
    return ClassCurves(
        emotion,
        positives,
        negatives,
        roc_auc(scores, positive) if positives and negatives else None,
        average,
        *roc,
        *precision_recall,
    )


def _thinned(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Keep points evenly spaced along the curve, both ends among them."""
    if len(x) <= MOST_POINTS:
        return x, y
    length = np.append(0, np.cumsum(np.hypot(np.diff(x), np.diff(y))))
    wanted = np.linspace(0, length[-1], MOST_POINTS)
    kept = np.unique(np.append(np.searchsorted(length, wanted).clip(max=len(x) - 1), len(x) - 1))
    return x[kept], y[kept]
