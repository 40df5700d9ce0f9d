"""How good a classifier's answers are: metrics from logits and labels, nothing but NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.judging.measures.intervals import Estimate, wilson_interval
from emotion_core.judging.measures.scores import (
    CoveragePoint,
    ReliabilityBin,
    coverage_curve,
    coverage_point,
    expected_calibration_error,
    negative_log_likelihood,
    reliability_bins,
)
from emotion_core.models.interface import softmax


@dataclass(frozen=True)
class EmotionMetrics:
    """How one expression fares.

    Attributes:
        emotion: the expression.
        precision: share of right answers where this is the highest score; None: it never is.
        recall: share of right answers where this is the label; None without such images.
        f1: harmonic mean of the two; None without such images.
        support: number of images with this label.
        answered: share of those images whose answer is not "uncertain"; None without any.
    """

    emotion: str
    precision: Estimate | None
    recall: Estimate | None
    f1: Estimate | None
    support: int
    answered: Estimate | None

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values; plain numbers first, intervals beside them.

        What is undefined is None, and has no interval.
        """
        shares = {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "answered": self.answered,
        }
        return {
            **{name: share and share.value for name, share in shares.items()},
            "support": self.support,
            "interval_95": {name: share.interval for name, share in shares.items() if share},
        }


@dataclass(frozen=True)
class CleanScore:
    """The score on the images that do not also stand, byte for byte, in Training."""

    n: int
    accuracy: Estimate


@dataclass(frozen=True)
class EvaluationReport:
    """All figures of one evaluation.

    Attributes:
        n: number of images.
        accuracy: share of right answers with a Wilson interval.
        macro_f1: unweighted mean of the F1 scores, with a bootstrap interval. Expressions that no
            image is labelled with are left out.
        log_loss: mean negative log-likelihood in nats.
        brier: mean squared distance between scores and one-hot label, 0..2 (Brier 1950).
        ece: expected calibration error in 15 bins, 0..1.
        reliability: the 15 bins of that error.
        selective: what the certainty threshold does.
        coverage_curve: what every fiftieth of the scores' range would do as a threshold, from 0 to
            the last one that leaves an answer.
        per_class: one entry an expression, in the order of ``EMOTIONS``.
        confusion: int64 ``[7, 7]``, rows are labels, columns are answers.
        clean: the score without leaked images, or None when there was no Training split to compare.
    """

    n: int
    accuracy: Estimate
    macro_f1: Estimate
    log_loss: float
    brier: float
    ece: float
    reliability: tuple[ReliabilityBin, ...]
    selective: CoveragePoint
    coverage_curve: tuple[CoveragePoint, ...]
    per_class: tuple[EmotionMetrics, ...]
    confusion: NDArray[np.int64]
    clean: CleanScore | None

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values; plain numbers first, intervals beside them."""
        clean = self.clean and {
            "n": self.clean.n,
            "accuracy": self.clean.accuracy.value,
            "interval_95": self.clean.accuracy.interval,
        }
        return {
            "n": self.n,
            "accuracy": self.accuracy.value,
            "macro_f1": self.macro_f1.value,
            "interval_95": {
                "accuracy": self.accuracy.interval,
                "macro_f1": self.macro_f1.interval,
            },
            "log_loss": self.log_loss,
            "brier": self.brier,
            "ece": self.ece,
            "reliability": [bin_.to_json() for bin_ in self.reliability],
            "selective": self._selective_to_json(),
            "labels": list(EMOTIONS),
            "per_class": {metrics.emotion: metrics.to_json() for metrics in self.per_class},
            "confusion": self.confusion.tolist(),
            "clean": clean,
        }

    def _selective_to_json(self) -> dict[str, Any]:
        coverage, accuracy_answered = self.selective.coverage, self.selective.accuracy
        return {
            "threshold": self.selective.threshold,
            "coverage": coverage.value,
            "accuracy_answered": accuracy_answered.value,
            "accuracy_all": self.accuracy.value,
            "interval_95": {
                "coverage": coverage.interval,
                "accuracy_answered": accuracy_answered.interval,
            },
            "curve": {
                "threshold": [point.threshold for point in self.coverage_curve],
                "coverage": [point.coverage.value for point in self.coverage_curve],
                "accuracy": [point.accuracy.value for point in self.coverage_curve],
            },
        }


class Classifier(Protocol):
    """What can be evaluated: the LiteRT and the Keras classifier alike."""

    def predict_logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 logits ``[N, 7]`` of uint8 grey faces ``[N, 48, 48]``."""


def confusion_matrix(labels: NDArray[np.uint8], answers: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return int64 ``[7, 7]``: rows are labels, columns answers."""
    size = len(EMOTIONS)
    cells = labels.astype(np.int64) * size + answers
    return np.bincount(cells, minlength=size * size).reshape(size, size).astype(np.int64)


def f1_scores(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return F1 per class ``[..., 7]`` of confusion matrices ``[..., 7, 7]``, 0 if undefined."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    total = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return np.asarray(2 * hits / np.maximum(total, 1))


def _f1_estimates(confusion: NDArray[np.int64]) -> tuple[list[Estimate | None], Estimate]:
    """Return F1 per class and macro F1 with percentile bootstrap intervals (Efron 1979).

    A class without images has none, and does not count in the mean.

    Resampling images is resampling the cells of the confusion matrix, so 2,000 draws are cheap.
    """
    total = int(confusion.sum())
    draws = np.random.default_rng(0).multinomial(total, confusion.ravel() / total, size=2000)
    resampled = f1_scores(draws.reshape(-1, *confusion.shape))
    values = f1_scores(confusion)
    lows, highs = np.percentile(resampled, [2.5, 97.5], axis=0)
    labelled = confusion.sum(axis=1) > 0
    per_class = [
        Estimate(float(value), float(low), float(high)) if known else None
        for value, low, high, known in zip(values, lows, highs, labelled, strict=True)
    ]
    macro_low, macro_high = np.percentile(resampled[:, labelled].mean(axis=1), [2.5, 97.5])
    macro = Estimate(float(values[labelled].mean()), float(macro_low), float(macro_high))
    return per_class, macro


def evaluate_logits(
    logits: NDArray[np.float32],
    labels: NDArray[np.uint8],
    *,
    temperature: float = 1.0,
    certainty_threshold: float = 0.0,
    leaked: NDArray[np.bool_] | None = None,
) -> EvaluationReport:
    """Compute every figure from logits.

    Args:
        logits: float32 ``[N, 7]`` with N of at least 1.
        labels: uint8 ``[N]``, index into ``EMOTIONS``.
        temperature: the card's temperature, applied before scores are judged.
        certainty_threshold: the card's threshold, below which an answer is "uncertain".
        leaked: bool ``[N]``, true where the image also stands in Training; None if unknown.
    """
    scores = softmax(logits, temperature)
    answers = logits.argmax(axis=1)
    confusion = confusion_matrix(labels, answers)
    f1, macro_f1 = _f1_estimates(confusion)
    certain = labels[scores.max(axis=1) >= certainty_threshold]
    answered = np.bincount(certain, minlength=len(EMOTIONS))
    correct = answers == labels
    clean = None
    if leaked is not None:
        kept = correct[~leaked]
        clean = CleanScore(len(kept), wilson_interval(int(kept.sum()), len(kept)))
    return EvaluationReport(
        n=len(labels),
        accuracy=wilson_interval(int(correct.sum()), len(labels)),
        macro_f1=macro_f1,
        log_loss=negative_log_likelihood(scores, labels),
        brier=float(((scores - np.eye(len(EMOTIONS))[labels]) ** 2).sum(axis=1).mean()),
        ece=expected_calibration_error(scores, labels),
        reliability=reliability_bins(scores, labels),
        selective=coverage_point(scores, labels, certainty_threshold),
        coverage_curve=coverage_curve(scores, labels),
        per_class=_per_class(confusion, f1, answered),
        confusion=confusion,
        clean=clean,
    )


def _per_class(
    confusion: NDArray[np.int64], f1: list[Estimate | None], answered: NDArray[np.intp]
) -> tuple[EmotionMetrics, ...]:
    """Return how each expression fares; ``answered`` counts the certain answers by label."""
    hits, labelled, named = np.diagonal(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    return tuple(
        EmotionMetrics(
            emotion=emotion,
            precision=_share(hits[i], named[i]),
            recall=_share(hits[i], labelled[i]),
            f1=f1[i],
            support=int(labelled[i]),
            answered=_share(answered[i], labelled[i]),
        )
        for i, emotion in enumerate(EMOTIONS)
    )


def _share(part: np.int64, whole: np.int64) -> Estimate | None:
    return wilson_interval(int(part), int(whole)) if whole else None
