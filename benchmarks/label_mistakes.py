"""Which score finds labels that the FER+ voters contradict.

    python benchmarks/label_mistakes.py --data fer2013.csv [--model MODEL_DIR] [--only NAME ...]

Contradicted: more than half of the votes are for one of the seven expressions, and it is not the
label; images without such a majority (a tie, contempt, unknown, no face) are left out. Prints JSON:
for each score and split the area under the ROC curve; the same among images of one label, because a
class alone tells a lot (most "fear" is contradicted, hardly any "happy"); the precision among the
100 judged images that rank first; and the area when the most votes are enough for a verdict.
"label alone" is the rate of contradiction of the image's class, which knows the answer and stands
here as what any score must beat.

The model's scores on Training are in-sample: it learned from these labels. "out-of-fold" holds its
labels out of a new last layer only, and "neighbours" never counts an image's own label, but the
features of both were learned with them. PublicTest is held out, but for the choice of the epoch.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from emotion_core.datasets import SPLITS, FaceDataset, open_dataset
from emotion_core.datasets.checks.agreement import majority_labels
from emotion_core.emotions import EMOTIONS
from emotion_core.judging.measures.ranking import roc_auc
from emotion_core.judging.predictions.label_mistakes import (
    VoteVerdicts,
    find_label_mistakes,
    judge_ranking,
    votes_contradict,
)
from emotion_core.judging.predictions.predict import Predictions, predict_dataset
from emotion_core.models.folder import default_model_dir, load_card
from emotion_core.models.interface import softmax

NEIGHBOURS = 100
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Evidence:
    """What scores are computed from; the costly parts once."""

    dataset: FaceDataset
    predictions: Predictions
    temperature: float

    @property
    def labels(self) -> np.ndarray:
        """The labels ``[N]``."""
        return self.dataset.labels

    @cached_property
    def scores(self) -> np.ndarray:
        """The model's calibrated probabilities ``[N, 7]``."""
        return softmax(self.predictions.logits, self.temperature)

    @cached_property
    def neighbours(self) -> np.ndarray:
        """The indices ``[N, K]`` of each image's nearest others."""
        rows = np.asarray(self.predictions.embeddings)
        count = min(NEIGHBOURS, len(rows) - 1)
        nearest = []
        for start in range(0, len(rows), 1024):
            likeness = rows[start : start + 1024] @ rows.T
            each = np.arange(len(likeness))
            likeness[each, start + each] = -np.inf
            nearest.append(np.argpartition(-likeness, count - 1, axis=1)[:, :count])
        return np.concatenate(nearest)

    @cached_property
    def neighbour_labels(self) -> np.ndarray:
        """Shares ``[N, 7]`` of the labels among the neighbours; the model's scores count as one."""
        counts = np.eye(len(EMOTIONS))[self.labels[self.neighbours]].sum(axis=1)
        return (counts + self.scores) / (self.neighbours.shape[1] + 1)

    @cached_property
    def out_of_fold(self) -> np.ndarray:
        """Probabilities ``[N, 7]`` of logistic regressions that never saw the image."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import KFold

        features = np.asarray(self.predictions.embeddings)
        scores = np.zeros((len(features), len(EMOTIONS)))
        for train, test in KFold(FOLDS, shuffle=True, random_state=0).split(features):
            fitted = LogisticRegression(C=1.0, max_iter=300).fit(
                features[train], self.labels[train]
            )
            scores[np.ix_(test, fitted.classes_)] = fitted.predict_proba(features[test])
        return scores


def self_confidence(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Rank by how unlikely the label is (Northcutt et al. 2021)."""
    return 1 - scores[np.arange(len(labels)), labels]


def normalized_margin(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Rank by how much likelier the best other class is than the label."""
    others = scores.copy()
    others[np.arange(len(labels)), labels] = -1
    return (others.max(axis=1) + self_confidence(scores, labels)) / 2


def weighted_entropy(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Rank by entropy over self-confidence (Kuan and Mueller 2022)."""
    entropy = -(scores * np.log(scores + 1e-12)).sum(axis=1)
    return entropy / (1 - self_confidence(scores, labels) + 1e-12)


def adjusted(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Take each class's mean self-confidence off, as confident learning does, and rescale."""
    thresholds = [scores[labels == k, k].mean() if (labels == k).any() else 0 for k in range(7)]
    shifted = scores - thresholds + max(thresholds)
    return shifted / shifted.sum(axis=1, keepdims=True)


def label_alone(evidence: Evidence) -> np.ndarray:
    """Rank by how often labels of the class are contradicted."""
    verdicts = votes_contradict(evidence.labels, evidence.dataset.votes)
    judged = np.bincount(evidence.labels[verdicts.judged], minlength=len(EMOTIONS))
    wrong = np.bincount(evidence.labels[verdicts.contradicted], minlength=len(EMOTIONS))
    return (wrong / np.maximum(judged, 1))[evidence.labels]


def in_use(evidence: Evidence) -> np.ndarray:
    """Rank as the page and the command line do."""
    return find_label_mistakes(
        evidence.predictions.logits, evidence.labels, evidence.temperature
    ).scores


METHODS: dict[str, Callable[[Evidence], np.ndarray]] = {
    "label alone": label_alone,
    "margin (in use)": in_use,
    "self-confidence": lambda e: self_confidence(e.scores, e.labels),
    "confidence-weighted entropy": lambda e: weighted_entropy(e.scores, e.labels),
    "margin, adjusted": lambda e: normalized_margin(adjusted(e.scores, e.labels), e.labels),
    "margin of neighbours' labels": lambda e: normalized_margin(e.neighbour_labels, e.labels),
    "margin of neighbours' scores": lambda e: normalized_margin(
        e.scores[e.neighbours].mean(axis=1), e.labels
    ),
    "margin of model and neighbours' labels": lambda e: normalized_margin(
        (e.scores + e.neighbour_labels) / 2, e.labels
    ),
    "margin out-of-fold": lambda e: normalized_margin(e.out_of_fold, e.labels),
    "margin out-of-fold and neighbours' labels": lambda e: normalized_margin(
        (e.out_of_fold + e.neighbour_labels) / 2, e.labels
    ),
}


def main() -> None:
    """Compute every score and print how well it does."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="fer2013.csv, with fer2013new.csv beside it")
    parser.add_argument("--model", type=Path, default=default_model_dir())
    parser.add_argument("--only", nargs="+", choices=METHODS, default=list(METHODS))
    options = parser.parse_args()
    dataset = open_dataset(options.data)
    if dataset.votes is None:
        parser.error(f"{options.data} has no FER+ votes; put fer2013new.csv beside it")
    predictions = predict_dataset(options.model, dataset)
    evidence = Evidence(dataset, predictions, load_card(options.model).temperature)
    figures: dict[str, Any] = {}
    for name in options.only:
        started = time.perf_counter()
        scores = METHODS[name](evidence)
        seconds = time.perf_counter() - started
        figures[name] = {"seconds": round(seconds, 2)} | judge_by_split(dataset, scores)
        print(f"{name}: {seconds:.1f} s", file=sys.stderr)
    print(json.dumps(figures, indent=2))


def judge_by_split(dataset: FaceDataset, scores: np.ndarray) -> dict[str, Any]:
    """Return the figures of one score for every split with both kinds of images."""
    verdicts = votes_contradict(dataset.labels, dataset.votes)
    figures = {}
    for code, split in enumerate(SPLITS):
        members = dataset.splits == code
        of_split = VoteVerdicts(verdicts.judged[members], verdicts.contradicted[members])
        quality = judge_ranking(scores[members], dataset.labels[members], of_split)
        if quality is None:
            continue
        figures[split] = {
            "judged": quality.judged,
            "contradicted": quality.contradicted,
            "auc": round(quality.auc, 3),
            "auc_within_label": round(quality.auc_within_label or 0.5, 3),
            "precision_at_100": round(quality.precision, 2),
            "first_100_contradicted_confirmed_undecided": [
                quality.top_contradicted,
                quality.top_confirmed,
                quality.top_undecided,
            ],
            "auc_by_most_votes": round(most_votes_auc(dataset, scores, members), 3),
        }
    return figures


def most_votes_auc(dataset: FaceDataset, scores: np.ndarray, members: np.ndarray) -> float:
    """Return the area where the one class with the most votes decides, a majority or not."""
    most = dataset.votes.max(axis=1, keepdims=True)
    chosen = majority_labels(dataset.votes)
    judged = members & (chosen >= 0) & ((dataset.votes == most).sum(axis=1) == 1)
    return roc_auc(scores[judged], chosen[judged] != dataset.labels[judged])


if __name__ == "__main__":
    main()
