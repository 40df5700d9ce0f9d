"""What reading a face's mirror image too brings, and how both views are best averaged.

    python benchmarks/mirrored_views.py --data fer2013.csv
    python benchmarks/mirrored_views.py --data demo            # for a smoke test

``single`` is one view of each image; ``mean of logits`` and ``mean of scores`` average it and its
mirror image; ``live`` averages the scores, as smoothing does on video, but with the temperature and
threshold that the mean of logits gets. Each has its own temperature and certainty threshold but for
the last. Prints JSON: accuracy, log loss, calibration error (temperature fitted on one half,
measured on the other, the scores of both halves pooled), what is answered and how much of that is
right; and against ``single`` the images that one of both alone is right on, with McNemar's p, and
by how much the log loss is lower, with its paired 95% interval. ``views_disagree`` is the share of
images whose mirror image gets another answer.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets import open_dataset
from emotion_core.judging.measures.calibration import fit_certainty_threshold
from emotion_core.judging.measures.intervals import Z_95
from emotion_core.judging.measures.scores import (
    coverage_point,
    expected_calibration_error,
    negative_log_likelihood,
)
from emotion_core.judging.paired_comparison import PairedCounts
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.folder import default_model_dir
from emotion_core.models.interface import softmax
from emotion_core.models.views import mirror
from emotion_core.system.storage.files import write_json

Labels = NDArray[np.uint8]
Scores = NDArray[np.float64]
#: Returns the scores ``[N, 7]`` of both views' logits ``[2, N, 7]`` at a temperature.
Way = Callable[[NDArray[np.float32], float], Scores]


def single(views: NDArray[np.float32], temperature: float) -> Scores:
    """Return the scores of the images as they are."""
    return softmax(views[0], temperature)


def mean_of_logits(views: NDArray[np.float32], temperature: float) -> Scores:
    """Return the scores of both views' mean logits."""
    return softmax(views.mean(axis=0), temperature)


def mean_of_scores(views: NDArray[np.float32], temperature: float) -> Scores:
    """Return the mean of both views' scores."""
    return (softmax(views[0], temperature) + softmax(views[1], temperature)) / 2


WAYS: dict[str, tuple[Way, Way]] = {
    "single": (single, single),
    "mean of logits": (mean_of_logits, mean_of_logits),
    "mean of scores": (mean_of_scores, mean_of_scores),
    "live": (mean_of_scores, mean_of_logits),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="FER2013")
    parser.add_argument("--model", type=Path, default=default_model_dir(), metavar="MODEL_DIR")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    public = open_dataset(options.data).split("PublicTest")
    classifier = EmotionClassifier.load(options.model)
    views = np.stack(
        [classifier.predict_logits(faces) for faces in (public.images, mirror(public.images))]
    )
    figures: dict[str, Any] = {"model": classifier.card.name, "images": len(public)}
    answers = views.argmax(axis=2)
    figures["views_disagree"] = round(float((answers[0] != answers[1]).mean()), 4)
    _, right_alone, losses_alone = measure(views, public.labels, *WAYS["single"])
    for name, ways in WAYS.items():
        figures[name], right, losses = measure(views, public.labels, *ways)
        gain = losses_alone - losses
        error = Z_95 * float(gain.std()) / len(gain) ** 0.5
        counts = PairedCounts(
            int((right & right_alone).sum()),
            int((right & ~right_alone).sum()),
            int((~right & right_alone).sum()),
            int((~right & ~right_alone).sum()),
        )
        figures[name] |= {
            "only_this_is_right": counts.only_first,
            "only_single_is_right": counts.only_second,
            "p": round(counts.p_value, 4),
            "log_loss_lower_by": round(float(gain.mean()), 4),
            "log_loss_lower_by_95": [round(float(gain.mean()) + way * error, 4) for way in (-1, 1)],
        }
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def measure(
    views: NDArray[np.float32], labels: Labels, way: Way, fitted: Way
) -> tuple[dict[str, Any], NDArray[np.bool_], Scores]:
    """Return the figures of a way to average, which images it is right on, and their losses.

    Args:
        views: float32 ``[2, N, 7]``, the logits of images and of their mirror images.
        labels: uint8 ``[N]``.
        way: gives the scores that are judged.
        fitted: gives those that temperature and threshold are fitted to.
    """
    temperature = fit(views, labels, fitted)
    scores = way(views, temperature)
    crossed = np.empty_like(scores)
    for start in (0, 1):
        here, there = slice(start, None, 2), slice(1 - start, None, 2)
        crossed[here] = way(views[:, here], fit(views[:, there], labels[there], fitted))
    threshold = fit_certainty_threshold(fitted(views, temperature), labels)
    point = coverage_point(scores, labels, threshold)
    right = scores.argmax(axis=1) == labels
    figures = {
        "accuracy": float(right.mean()),
        "log_loss": negative_log_likelihood(scores, labels),
        "ece": expected_calibration_error(scores, labels),
        "ece_cross_fitted": expected_calibration_error(crossed, labels),
        "temperature": temperature,
        "threshold": threshold,
        "answered": point.coverage.value,
        "right_of_these": point.accuracy.value,
    }
    losses = -np.log(scores[np.arange(len(labels)), labels])
    return {name: round(value, 4) for name, value in figures.items()}, right, losses


def fit(views: NDArray[np.float32], labels: Labels, way: Way) -> float:
    """Return the temperature of the least log loss, as `calibration.fit_temperature` does."""
    grid = np.geomspace(0.25, 4.0, 601)
    losses = [negative_log_likelihood(way(views, float(each)), labels) for each in grid]
    return float(grid[int(np.argmin(losses))])


if __name__ == "__main__":
    main()
