"""How good a classifier's answers are: metrics from logits and labels, nothing but NumPy."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import FaceDataset, byte_identical_to
from emotion_core.emotions import EMOTIONS

#: Equal-width bins of the expected calibration error (Guo et al. 2017).
CALIBRATION_BINS: Final = 15
#: Two-sided 95 % quantile of the normal distribution.
Z_95: Final = 1.959964

#: The certainty threshold is chosen so that this share of the answers is right: four of five.
CERTAINTY_ACCURACY: Final = 0.8
#: No threshold is chosen that leaves less than this share answered: a tool that mostly declines is
#: of no use. A network that is right on 66.7 % of PublicTest would decline 34 % of it for four
#: right answers of five; at this limit it declines 29 %, and 78 % of its answers are right.
CERTAINTY_COVERAGE: Final = 0.7


@dataclass(frozen=True)
class Estimate:
    """A share 0..1 with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class EmotionMetrics:
    """How one expression fares.

    Attributes:
        emotion: the expression.
        precision: share of right answers where this is the highest score.
        recall: share of right answers where this is the label.
        f1: harmonic mean of the two.
        support: number of images with this label.
        answered: share of those images whose answer is not "uncertain".
    """

    emotion: str
    precision: Estimate
    recall: Estimate
    f1: Estimate
    support: int
    answered: Estimate


@dataclass(frozen=True)
class CleanScore:
    """The score on the images that do not also stand, byte for byte, in Training."""

    n: int
    accuracy: Estimate


@dataclass(frozen=True)
class ReliabilityBin:
    """The images whose highest score lies in one bin of a reliability diagram.

    Attributes:
        low: lower edge, 0..1, part of the bin.
        high: upper edge, part of the bin only where it is 1.
        count: number of images.
        correct: how many of them are answered rightly.
        confidence: mean of their highest scores; the middle of an empty bin.
    """

    low: float
    high: float
    count: int
    correct: int
    confidence: float

    @property
    def accuracy(self) -> Estimate:
        """Share of right answers; of an empty bin nothing is known."""
        return wilson_interval(self.correct, self.count)

    def to_json(self) -> dict[str, Any]:
        """Return the bin as plain JSON values; an empty one has no confidence and accuracy."""
        filled = self.count > 0
        return asdict(self) | {
            "confidence": self.confidence if filled else None,
            "accuracy": self.accuracy.value if filled else None,
        }


@dataclass(frozen=True)
class CoveragePoint:
    """What happens when faces whose highest score is below a threshold get no answer.

    Attributes:
        threshold: least score 0..1 of an answer.
        n: number of images.
        answered: how many of them reach the threshold.
        correct: how many of those are answered rightly.
    """

    threshold: float
    n: int
    answered: int
    correct: int

    @property
    def coverage(self) -> Estimate:
        """Share of the images that get an answer."""
        return wilson_interval(self.answered, self.n)

    @property
    def accuracy(self) -> Estimate:
        """Share of right ones among the answers; without an answer nothing is known."""
        return wilson_interval(self.correct, self.answered)


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
        per_class = {
            metrics.emotion: {
                "precision": metrics.precision.value,
                "recall": metrics.recall.value,
                "f1": metrics.f1.value,
                "support": metrics.support,
                "answered": metrics.answered.value,
                "interval_95": {
                    name: [estimate.low, estimate.high]
                    for name, estimate in (
                        ("precision", metrics.precision),
                        ("recall", metrics.recall),
                        ("f1", metrics.f1),
                        ("answered", metrics.answered),
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
        coverage, accuracy_answered = self.selective.coverage, self.selective.accuracy
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
            "reliability": [bin_.to_json() for bin_ in self.reliability],
            "selective": {
                "threshold": self.selective.threshold,
                "coverage": coverage.value,
                "accuracy_answered": accuracy_answered.value,
                "accuracy_all": self.accuracy.value,
                "interval_95": {
                    "coverage": [coverage.low, coverage.high],
                    "accuracy_answered": [accuracy_answered.low, accuracy_answered.high],
                },
                "curve": {
                    "threshold": [point.threshold for point in self.coverage_curve],
                    "coverage": [point.coverage.value for point in self.coverage_curve],
                    "accuracy": [point.accuracy.value for point in self.coverage_curve],
                },
            },
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


def reliability_bins(
    scores: NDArray[np.float64], labels: NDArray[np.uint8]
) -> tuple[ReliabilityBin, ...]:
    """Sort images into equal-width bins of their highest score (Guo et al. 2017, section 2).

    Args:
        scores: probabilities ``[N, 7]``; N may be 0.
        labels: uint8 ``[N]``.
    """
    confidence = scores.max(axis=1)
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    correct = scores.argmax(axis=1) == labels
    counts, hits, sums = (
        np.bincount(bins, weights=weights, minlength=CALIBRATION_BINS)
        for weights in (None, correct, confidence)
    )
    edges = [number / CALIBRATION_BINS for number in range(CALIBRATION_BINS + 1)]
    return tuple(
        ReliabilityBin(
            low=low,
            high=high,
            count=int(count),
            correct=int(hit),
            confidence=float(total / count) if count else (low + high) / 2,
        )
        for low, high, count, hit, total in zip(
            edges[:-1], edges[1:], counts, hits, sums, strict=True
        )
    )


def expected_calibration_error(scores: NDArray[np.float64], labels: NDArray[np.uint8]) -> float:
    """Return the mean gap between confidence and accuracy, 0..1, over equal-width bins.

    The gap of each bin is weighted by its images (Guo et al. 2017, equation 3).
    """
    bins = reliability_bins(scores, labels)
    gaps = (abs(bin_.correct - bin_.count * bin_.confidence) for bin_ in bins if bin_.count)
    return sum(gaps) / len(labels)


def coverage_point(
    scores: NDArray[np.float64], labels: NDArray[np.uint8], threshold: float
) -> CoveragePoint:
    """Return how many images get an answer with ``threshold``, and how many a right one.

    Args:
        scores: calibrated probabilities ``[N, 7]``.
        labels: uint8 ``[N]``.
        threshold: least score of an answer, 0..1.
    """
    answered = scores.max(axis=1) >= threshold
    correct = answered & (scores.argmax(axis=1) == labels)
    return CoveragePoint(threshold, len(labels), int(answered.sum()), int(correct.sum()))


def coverage_curve(
    scores: NDArray[np.float64], labels: NDArray[np.uint8], steps: int = 50
) -> tuple[CoveragePoint, ...]:
    """Return coverage and accuracy at evenly spaced thresholds (Geifman and El-Yaniv 2017).

    Args:
        scores: calibrated probabilities ``[N, 7]``.
        labels: uint8 ``[N]``.
        steps: the thresholds are the multiples of ``1 / steps`` from 0 to 1 that any image reaches.
    """
    points = (coverage_point(scores, labels, step / steps) for step in range(steps + 1))
    return tuple(point for point in points if point.answered)


def fit_certainty_threshold(scores: NDArray[np.float64], labels: NDArray[np.uint8]) -> float:
    """Return the score below which the answer should be "uncertain", a multiple of 0.01.

    It is the lowest threshold with which ``CERTAINTY_ACCURACY`` of the answers are right. Where
    that would leave less than ``CERTAINTY_COVERAGE`` of the images answered, it is the threshold
    with the most accurate answers among those that leave as many; 0 when none helps.

    Args:
        scores: calibrated probabilities ``[N, 7]``.
        labels: uint8 ``[N]``.
    """
    points = [
        point
        for point in coverage_curve(scores, labels, steps=100)
        if point.coverage.value >= CERTAINTY_COVERAGE
    ]
    for point in points:
        if point.accuracy.value >= CERTAINTY_ACCURACY:
            return point.threshold
    return max(points, key=lambda point: point.accuracy.value).threshold if points else 0.0


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
    answered = np.bincount(
        labels[scores.max(axis=1) >= certainty_threshold], minlength=len(EMOTIONS)
    )
    per_class = tuple(
        EmotionMetrics(
            emotion=emotion,
            precision=wilson_interval(int(confusion[i, i]), int(confusion[:, i].sum())),
            recall=wilson_interval(int(confusion[i, i]), int(confusion[i].sum())),
            f1=f1[i],
            support=int(confusion[i].sum()),
            answered=wilson_interval(int(answered[i]), int(confusion[i].sum())),
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
        reliability=reliability_bins(scores, labels),
        selective=coverage_point(scores, labels, certainty_threshold),
        coverage_curve=coverage_curve(scores, labels),
        per_class=per_class,
        confusion=confusion,
        clean=clean,
    )


def evaluate_classifier(
    classifier: Classifier,
    dataset: FaceDataset,
    split: str,
    *,
    temperature: float = 1.0,
    certainty_threshold: float = 0.0,
) -> EvaluationReport:
    """Run a classifier over one split of a data set and judge its answers.

    Args:
        classifier: LiteRT or Keras classifier.
        dataset: all splits; its Training split tells which images leaked.
        split: ``Training``, ``PublicTest`` or ``PrivateTest``.
        temperature: the card's temperature.
        certainty_threshold: the card's threshold, below which an answer is "uncertain".

    Raises:
        DatasetError: the split is unknown or empty.
    """
    part = dataset.split(split)
    training = dataset.splits == 0
    leaked = None
    if split != "Training" and training.any():
        leaked = byte_identical_to(part.images, dataset.images[training])
    logits = classifier.predict_logits(part.images)
    return evaluate_logits(
        logits,
        part.labels,
        temperature=temperature,
        certainty_threshold=certainty_threshold,
        leaked=leaked,
    )


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Return the temperature that minimizes the log loss (Guo et al. 2017), within 0.25 to 4.

    One parameter on a smooth curve: a grid with steps under half a percent finds it as well as an
    optimizer would.
    """
    grid = np.geomspace(0.25, 4.0, 601)
    losses = [negative_log_likelihood(softmax(logits, float(t)), labels) for t in grid]
    return float(grid[int(np.argmin(losses))])


@dataclass(frozen=True)
class CrossFit:
    """What temperature and certainty threshold do to images they were not fitted on.

    Attributes:
        ece: expected calibration error, 0..1.
        coverage: share of the images that get an answer.
        accuracy_answered: share of right ones among the answers.
    """

    ece: float
    coverage: Estimate
    accuracy_answered: Estimate


def cross_fit(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> CrossFit:
    """Fit temperature and certainty threshold on one half of the images, judge them on the other.

    Even and odd images take turns, so that every image is judged once.

    Args:
        logits: float32 ``[N, 7]`` with N of at least 2.
        labels: uint8 ``[N]``.
    """
    scores = np.empty(logits.shape, np.float64)
    points = []
    for measured in (slice(0, None, 2), slice(1, None, 2)):
        fitted = slice(1 - measured.start, None, 2)
        temperature = fit_temperature(logits[fitted], labels[fitted])
        threshold = fit_certainty_threshold(softmax(logits[fitted], temperature), labels[fitted])
        scores[measured] = softmax(logits[measured], temperature)
        points.append(coverage_point(scores[measured], labels[measured], threshold))
    answered = sum(point.answered for point in points)
    return CrossFit(
        ece=expected_calibration_error(scores, labels),
        coverage=wilson_interval(answered, len(labels)),
        accuracy_answered=wilson_interval(sum(point.correct for point in points), answered),
    )


@dataclass(frozen=True)
class Calibration:
    """What is fitted on the images that selected a network, and how it does on them.

    Attributes:
        temperature: see ``fit_temperature``.
        certainty_threshold: see ``fit_certainty_threshold``.
        metrics: ``EvaluationReport.to_json`` with both applied, which flatters; so the calibration
            error without them and what ``cross_fit`` finds stand beside it.
    """

    temperature: float
    certainty_threshold: float
    metrics: dict[str, Any]


def calibrate(
    logits: NDArray[np.float32],
    labels: NDArray[np.uint8],
    leaked: NDArray[np.bool_] | None = None,
) -> Calibration:
    """Fit temperature and certainty threshold, and measure what a model's card states.

    Args:
        logits: float32 ``[N, 7]`` with N of at least 2.
        labels: uint8 ``[N]``.
        leaked: see ``evaluate_logits``.
    """
    temperature = fit_temperature(logits, labels)
    threshold = fit_certainty_threshold(softmax(logits, temperature), labels)
    report = evaluate_logits(
        logits, labels, temperature=temperature, certainty_threshold=threshold, leaked=leaked
    )
    crossed = cross_fit(logits, labels)
    metrics = report.to_json() | {
        "ece_uncalibrated": expected_calibration_error(softmax(logits), labels),
        "ece_cross_fitted": crossed.ece,
    }
    metrics["selective"] |= {
        "target_accuracy": CERTAINTY_ACCURACY,
        "least_coverage": CERTAINTY_COVERAGE,
        "coverage_cross_fitted": crossed.coverage.value,
        "accuracy_answered_cross_fitted": crossed.accuracy_answered.value,
    }
    return Calibration(temperature, threshold, metrics)
