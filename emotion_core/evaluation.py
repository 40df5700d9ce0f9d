"""How good a classifier's answers are: metrics from logits and labels, nothing but NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import FaceDataset, byte_identical_to
from emotion_core.emotions import EMOTIONS

#: Equal-width bins of the expected calibration error (Guo et al. 2017).
CALIBRATION_BINS: Final = 15
#: Two-sided 95 % quantile of the normal distribution.
Z_95: Final = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A share 0..1 with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class EmotionMetrics:
    """How one expression fares. ``support`` counts the images that carry its label."""

    emotion: str
    precision: Estimate
    recall: Estimate
    f1: Estimate
    support: int


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
        macro_f1: unweighted mean of the seven F1 scores, with a bootstrap interval.
        log_loss: mean negative log-likelihood in nats.
        brier: mean squared distance between scores and one-hot label, 0..2 (Brier 1950).
        ece: expected calibration error in 15 bins, 0..1.
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
    per_class: tuple[EmotionMetrics, ...]
    confusion: NDArray[np.int64]
    clean: CleanScore | None

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values; plain numbers first, intervals beside them."""
        per_class = {
            metrics.emotion: {
                "precision": metrics.precision.value,
                "recall": metrics.recall.value,
                "f1": metrics.f1.value,
                "support": metrics.support,
                "interval_95": {
                    name: [estimate.low, estimate.high]
                    for name, estimate in (
                        ("precision", metrics.precision),
                        ("recall", metrics.recall),
                        ("f1", metrics.f1),
                    )
                },
            }
            for metrics in self.per_class
        }
        clean = self.clean and {
            "n": self.clean.n,
            "accuracy": self.clean.accuracy.value,
            "interval_95": [self.clean.accuracy.low, self.clean.accuracy.high],
        }
        return {
            "n": self.n,
            "accuracy": self.accuracy.value,
            "macro_f1": self.macro_f1.value,
            "interval_95": {
                "accuracy": [self.accuracy.low, self.accuracy.high],
                "macro_f1": [self.macro_f1.low, self.macro_f1.high],
            },
            "log_loss": self.log_loss,
            "brier": self.brier,
            "ece": self.ece,
            "labels": list(EMOTIONS),
            "per_class": per_class,
            "confusion": self.confusion.tolist(),
            "clean": clean,
        }


class Classifier(Protocol):
    """What can be evaluated: the LiteRT and the Keras classifier alike."""

    def predict_logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 logits ``[N, 7]`` of uint8 grey faces ``[N, 48, 48]``."""


def softmax(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float64]:
    """Return probabilities ``[N, 7]`` whose rows sum to 1.

    Args:
        logits: float ``[N, 7]``.
        temperature: positive divisor of the logits; above 1 softens (Guo et al. 2017).
    """
    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def negative_log_likelihood(scores: NDArray[np.float64], labels: NDArray[np.uint8]) -> float:
    """Return the mean of -log(score of the true class) in nats."""
    true_scores = scores[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(true_scores, 1e-12)).mean())


def expected_calibration_error(scores: NDArray[np.float64], labels: NDArray[np.uint8]) -> float:
    """Return the mean gap between confidence and accuracy, 0..1, over equal-width bins.

    The gap of each bin is weighted by its images (Guo et al. 2017, equation 3).
    """
    confidence = scores.max(axis=1)
    correct = scores.argmax(axis=1) == labels
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, weights=correct - confidence, minlength=CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(labels))


def confusion_matrix(labels: NDArray[np.uint8], answers: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return int64 ``[7, 7]``: rows are labels, columns answers."""
    size = len(EMOTIONS)
    cells = labels.astype(np.int64) * size + answers
    return np.bincount(cells, minlength=size * size).reshape(size, size).astype(np.int64)


def wilson_interval(successes: int, trials: int) -> Estimate:
    """Return ``successes / trials`` with its 95 % score interval (Wilson 1927).

    Without trials nothing is known: the value is 0 and the interval 0 to 1.
    """
    if trials == 0:
        return Estimate(0.0, 0.0, 1.0)
    share = successes / trials
    denominator = 1 + Z_95**2 / trials
    center = share + Z_95**2 / (2 * trials)
    margin = Z_95 * math.sqrt(share * (1 - share) / trials + Z_95**2 / (4 * trials**2))
    low = max(0.0, (center - margin) / denominator)
    high = min(1.0, (center + margin) / denominator)
    return Estimate(share, low, high)


def f1_scores(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return F1 per class ``[..., 7]`` of confusion matrices ``[..., 7, 7]``, 0 if undefined."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    total = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return np.asarray(2 * hits / np.maximum(total, 1))


def _f1_estimates(confusion: NDArray[np.int64]) -> tuple[list[Estimate], Estimate]:
    """Return F1 per class and macro F1 with percentile bootstrap intervals (Efron 1979).

    Resampling images is resampling the cells of the confusion matrix, so 2,000 draws are cheap.
    """
    total = int(confusion.sum())
    draws = np.random.default_rng(0).multinomial(total, confusion.ravel() / total, size=2000)
    resampled = f1_scores(draws.reshape(-1, *confusion.shape))
    values = f1_scores(confusion)
    lows, highs = np.percentile(resampled, [2.5, 97.5], axis=0)
    per_class = [
        Estimate(float(value), float(low), float(high))
        for value, low, high in zip(values, lows, highs, strict=True)
    ]
    macro_low, macro_high = np.percentile(resampled.mean(axis=1), [2.5, 97.5])
    return per_class, Estimate(float(values.mean()), float(macro_low), float(macro_high))


def evaluate_logits(
    logits: NDArray[np.float32],
    labels: NDArray[np.uint8],
    *,
    temperature: float = 1.0,
    leaked: NDArray[np.bool_] | None = None,
) -> EvaluationReport:
    """Compute every figure from logits.

    Args:
        logits: float32 ``[N, 7]`` with N of at least 1.
        labels: uint8 ``[N]``, index into ``EMOTIONS``.
        temperature: the card's temperature, applied before scores are judged.
        leaked: bool ``[N]``, true where the image also stands in Training; None if unknown.
    """
    scores = softmax(logits, temperature)
    answers = logits.argmax(axis=1)
    confusion = confusion_matrix(labels, answers)
    f1, macro_f1 = _f1_estimates(confusion)
    per_class = tuple(
        EmotionMetrics(
            emotion=emotion,
            precision=wilson_interval(int(confusion[i, i]), int(confusion[:, i].sum())),
            recall=wilson_interval(int(confusion[i, i]), int(confusion[i].sum())),
            f1=f1[i],
            support=int(confusion[i].sum()),
        )
        for i, emotion in enumerate(EMOTIONS)
    )
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
        per_class=per_class,
        confusion=confusion,
        clean=clean,
    )


def evaluate_classifier(
    classifier: Classifier, dataset: FaceDataset, split: str, *, temperature: float = 1.0
) -> EvaluationReport:
    """Run a classifier over one split of a data set and judge its answers.

    Args:
        classifier: LiteRT or Keras classifier.
        dataset: all splits; its Training split tells which images leaked.
        split: ``Training``, ``PublicTest`` or ``PrivateTest``.
        temperature: the card's temperature.

    Raises:
        DatasetError: the split is unknown or empty.
    """
    part = dataset.split(split)
    training = dataset.splits == 0
    leaked = None
    if split != "Training" and training.any():
        leaked = byte_identical_to(part.images, dataset.images[training])
    logits = classifier.predict_logits(part.images)
    return evaluate_logits(logits, part.labels, temperature=temperature, leaked=leaked)


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Return the temperature that minimizes the log loss (Guo et al. 2017), within 0.25 to 4.

    One parameter on a smooth curve: a grid with steps under half a percent finds it as well as an
    optimizer would.
    """
    grid = np.geomspace(0.25, 4.0, 601)
    losses = [negative_log_likelihood(softmax(logits, float(t)), labels) for t in grid]
    return float(grid[int(np.argmin(losses))])


def cross_fitted_calibration_error(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Return the ECE when the temperature is fitted on one half and measured on the other.

    Even and odd images take turns, so no image is scored with a temperature fitted on it.
    """
    scores = np.empty(logits.shape, np.float64)
    for measured in (0, 1):
        fitted = slice(1 - measured, None, 2)
        temperature = fit_temperature(logits[fitted], labels[fitted])
        scores[measured::2] = softmax(logits[measured::2], temperature)
    return expected_calibration_error(scores, labels)
