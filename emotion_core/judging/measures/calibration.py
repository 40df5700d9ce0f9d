"""What is fitted to logits: the temperature, and the score below which an answer is uncertain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.judging.measures.evaluation import evaluate_logits
from emotion_core.judging.measures.intervals import Estimate, wilson_interval
from emotion_core.judging.measures.scores import (
    coverage_curve,
    coverage_point,
    expected_calibration_error,
    negative_log_likelihood,
)
from emotion_core.models.interface import softmax

#: The certainty threshold is chosen so that this share of the answers is right: four of five.
CERTAINTY_ACCURACY: Final = 0.8

#: No threshold is chosen that leaves less than this share answered: a tool that mostly declines is
#: of no use. A network that is right on 66.7% of PublicTest would decline 34% of it for four
#: right answers of five; at this limit it declines 29%, and 78% of its answers are right.
CERTAINTY_COVERAGE: Final = 0.7


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Return the temperature that minimizes the log loss (Guo et al. 2017), within 0.25 to 4.

    One parameter on a smooth curve: a grid with steps under half a percent finds it as well as an
    optimizer would.
    """
    grid = np.geomspace(0.25, 4.0, 601)
    losses = [negative_log_likelihood(softmax(logits, float(t)), labels) for t in grid]
    return float(grid[int(np.argmin(losses))])


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


def perfect_calibration_error(scores: NDArray[np.float64], draws: int = 200) -> float:
    """Return the mean calibration error of labels that are drawn by the scores, seed 0.

    Such scores are calibrated by definition; what is left is the chance in so many images.

    Args:
        scores: probabilities ``[N, 7]`` with N of at least 1.
        draws: how often the labels are drawn.
    """
    random, sums = np.random.default_rng(0), scores.cumsum(axis=1)
    errors = []
    for _ in range(draws):
        labels = (random.random((len(scores), 1)) * sums[:, -1:] > sums).sum(axis=1)
        errors.append(expected_calibration_error(scores, labels.astype(np.uint8)))
    return float(np.mean(errors))


@dataclass(frozen=True)
class CrossFit:
    """What temperature and certainty threshold do to images they were not fitted on.

    Attributes:
        ece: expected calibration error, 0..1, of the scores of both halves in the same bins: half
            the images in each bin make it larger, however good the scores are.
        perfect_ece: what it would be on average if every score were exactly how often it is right.
        coverage: share of the images that get an answer.
        accuracy_answered: share of right ones among the answers.
    """

    ece: float
    perfect_ece: float
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
        perfect_ece=perfect_calibration_error(scores),
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
        "ece_if_perfect": crossed.perfect_ece,
    }
    metrics["selective"] |= {
        "target_accuracy": CERTAINTY_ACCURACY,
        "least_coverage": CERTAINTY_COVERAGE,
        "coverage_cross_fitted": crossed.coverage.value,
        "accuracy_answered_cross_fitted": crossed.accuracy_answered.value,
    }
    return Calibration(temperature, threshold, metrics)
