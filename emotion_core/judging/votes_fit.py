"""How a model's scores compare with the ten FER+ votes of each image (Barsoum et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.checks.agreement import VOTE_LABELS, majority_labels
from emotion_core.emotions import EMOTIONS
from emotion_core.judging.measures.intervals import Estimate, wilson_interval


@dataclass(frozen=True)
class VoteFit:
    """How near the scores come to what voters say.

    Only votes for the seven expressions count, and only images with such votes: contempt, unknown
    and no face are nothing that a model could answer.

    Attributes:
        n: images with votes for the seven.
        divergence: mean Jensen-Shannon divergence of scores and vote shares in bits, 0 (the same)
            to 1 (Lin 1991).
        label_divergence: the same of the labels, taken as certain, and the vote shares.
        relative_entropy: mean Kullback-Leibler divergence of the scores from the shares, in nats.
        expected: mean share of voters who say what the model answers: how often it is right when
            one voter, drawn at random, decides.
        label_expected: the same of the label.
        ceiling: the same of the most voted expression: no answer can do better.
        majority_n: images where one of the seven has the most votes of all.
        majority: share of them where the model answers it.
        label_majority: share of them where it is the label.
    """

    n: int
    divergence: float
    label_divergence: float
    relative_entropy: float
    expected: float
    label_expected: float
    ceiling: float
    majority_n: int
    majority: Estimate
    label_majority: Estimate

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values; plain numbers first, intervals beside them."""
        return {
            "n": self.n,
            "jensen_shannon_bits": self.divergence,
            "jensen_shannon_bits_of_labels": self.label_divergence,
            "kullback_leibler_nats": self.relative_entropy,
            "expected_accuracy": self.expected,
            "expected_accuracy_of_labels": self.label_expected,
            "expected_accuracy_ceiling": self.ceiling,
            "majority": {
                "n": self.majority_n,
                "accuracy": self.majority.value,
                "accuracy_of_labels": self.label_majority.value,
                "interval_95": {
                    "accuracy": self.majority.interval,
                    "accuracy_of_labels": self.label_majority.interval,
                },
            },
        }


def fit_to_votes(
    scores: NDArray[np.float64], labels: NDArray[np.uint8], votes: NDArray[np.uint8]
) -> VoteFit | None:
    """Compare scores with votes; None when nobody voted for any of the seven expressions.

    Args:
        scores: probabilities ``[N, 7]``.
        labels: uint8 ``[N]``.
        votes: uint8 ``[N, 10]`` in the order of ``VOTE_NAMES``.
    """
    majority = majority_labels(votes)
    counts = votes[:, [VOTE_LABELS.index(label) for label in range(len(EMOTIONS))]]
    voted = counts.any(axis=1)
    if not voted.any():
        return None
    shares = counts[voted] / counts[voted].sum(axis=1, keepdims=True)
    said, meant, decided = scores[voted], labels[voted], majority[voted]
    each = np.arange(len(said))
    answers, has_majority = said.argmax(axis=1), decided >= 0
    majority_n = int(has_majority.sum())
    return VoteFit(
        n=len(said),
        divergence=float(_jensen_shannon(shares, said).mean()),
        label_divergence=float(_jensen_shannon(shares, np.eye(len(EMOTIONS))[meant]).mean()),
        relative_entropy=float(_relative_entropy(shares, np.maximum(said, 1e-12)).mean()),
        expected=float(shares[each, answers].mean()),
        label_expected=float(shares[each, meant].mean()),
        ceiling=float(shares.max(axis=1).mean()),
        majority_n=majority_n,
        majority=wilson_interval(int((answers == decided)[has_majority].sum()), majority_n),
        label_majority=wilson_interval(int((meant == decided)[has_majority].sum()), majority_n),
    )


def _relative_entropy(
    shares: NDArray[np.float64], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the Kullback-Leibler divergence of each row in nats ``[N]``."""
    ratios = np.log(np.where(shares > 0, shares, 1) / np.where(shares > 0, scores, 1))
    return np.asarray((shares * ratios).sum(axis=1))


def _jensen_shannon(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Jensen-Shannon divergence of each row in bits ``[N]``, 0..1."""
    middle = (first + second) / 2
    both = _relative_entropy(first, middle) + _relative_entropy(second, middle)
    return np.asarray(both / (2 * np.log(2)))
