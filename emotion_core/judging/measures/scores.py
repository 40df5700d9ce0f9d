"""What scores are worth: log loss, reliability, and coverage against accuracy. NumPy alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.judging.measures.intervals import Estimate, wilson_interval

#: Equal-width bins of the expected calibration error (Guo et al. 2017).
CALIBRATION_BINS: Final = 15


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
