"""Two models on the same images: is one better, and where do they differ?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.judging.answers import Answers
from emotion_core.judging.measures.evaluation import confusion_matrix, f1_scores
from emotion_core.judging.measures.intervals import Z_95, Estimate


@dataclass(frozen=True)
class PairedCounts:
    """How often which of two models is right.

    Attributes:
        both: images that both answer rightly.
        only_first: those that only the first does.
        only_second: those that only the second does.
        neither: those that neither does.
    """

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        """Number of images."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> Estimate:
        """How far the first is above the second, as a share of the images, -1..1.

        The interval is the adjusted one for paired shares (Bonett and Price 2012), which keeps its
        95% with few images and never shrinks to a point.
        """
        if self.n == 0:
            return Estimate(0.0, -1.0, 1.0)
        first, second = (
            (count + 1) / (self.n + 2) for count in (self.only_first, self.only_second)
        )
        gap = first - second
        margin = Z_95 * math.sqrt((first + second - gap**2) / (self.n + 2))
        value = (self.only_first - self.only_second) / self.n
        return Estimate(value, max(-1.0, gap - margin), min(1.0, gap + margin))

    @property
    def p_value(self) -> float:
        """McNemar's test (1947): how likely a difference as large is if both are equally good.

        Exact, by the binomial distribution, however many images they differ on.
        """
        differing = self.only_first + self.only_second
        fewer = min(self.only_first, self.only_second)
        total = math.lgamma(differing + 1) - differing * math.log(2)
        tail = sum(
            math.exp(total - math.lgamma(count + 1) - math.lgamma(differing - count + 1))
            for count in range(fewer + 1)
        )
        return min(1.0, 2 * tail)


@dataclass(frozen=True)
class ClassDifference:
    """How two models differ on the images of one label.

    Attributes:
        emotion: the label.
        counts: of its images.
        f1: F1 of the first model minus that of the second, -1..1.
    """

    emotion: str
    counts: PairedCounts
    f1: float


@dataclass(frozen=True, eq=False)
class PairedComparison:
    """Two models on the same images.

    Attributes:
        first: the answers of one.
        second: those of the other.
        counts: of all images.
        per_class: one entry a label, in the order of ``EMOTIONS``.
    """

    first: Answers
    second: Answers
    counts: PairedCounts
    per_class: tuple[ClassDifference, ...]

    def only_first(self) -> NDArray[np.intp]:
        """Return the places of the images that only the first model answers rightly.

        Those where the second is most confident in its mistake come first.
        """
        return self._most_confident_first(self.first.correct & ~self.second.correct, self.second)

    def only_second(self) -> NDArray[np.intp]:
        """Return the places of those that only the second does."""
        return self._most_confident_first(self.second.correct & ~self.first.correct, self.first)

    def wrong_differently(self) -> NDArray[np.intp]:
        """Return the places of those that both answer wrongly, each in another way."""
        wrong = ~self.first.correct & ~self.second.correct
        return self._most_confident_first(
            wrong & (self.first.emotions != self.second.emotions), self.first
        )

    def _most_confident_first(self, mask: NDArray[np.bool_], by: Answers) -> NDArray[np.intp]:
        places = np.flatnonzero(mask)
        return places[np.argsort(-by.confidence[places], kind="stable")]

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain JSON values; plain numbers first, intervals beside."""
        return {
            "first": self.first.card.name,
            "second": self.second.card.name,
            **_counts_json(self.counts),
            "per_class": {
                each.emotion: {"f1_difference": each.f1, **_counts_json(each.counts)}
                for each in self.per_class
            },
        }


def compare_answers(first: Answers, second: Answers) -> PairedComparison:
    """Compare two models' answers.

    Args:
        first: of one model.
        second: of another, to the very same images.

    Raises:
        ValueError: the images are not the same.
    """
    same = first.dataset == second.dataset and np.array_equal(first.indices, second.indices)
    if not same or not np.array_equal(first.labels, second.labels):
        raise ValueError("expected two models' answers to the same images, found other images")
    f1 = [f1_scores(confusion_matrix(each.labels, each.emotions)) for each in (first, second)]
    everything = np.ones(len(first), bool)
    per_class = tuple(
        ClassDifference(
            emotion,
            _count(first, second, first.labels == label),
            float(f1[0][label] - f1[1][label]),
        )
        for label, emotion in enumerate(EMOTIONS)
    )
    return PairedComparison(first, second, _count(first, second, everything), per_class)


def _count(first: Answers, second: Answers, members: NDArray[np.bool_]) -> PairedCounts:
    one, other = first.correct[members], second.correct[members]
    return PairedCounts(
        int((one & other).sum()),
        int((one & ~other).sum()),
        int((~one & other).sum()),
        int((~one & ~other).sum()),
    )


def _counts_json(counts: PairedCounts) -> dict[str, Any]:
    difference = counts.difference
    return {
        "n": counts.n,
        "accuracy_difference": difference.value,
        "interval_95": {"accuracy_difference": difference.interval},
        "p_value": counts.p_value,
        "both_right": counts.both,
        "only_first_right": counts.only_first,
        "only_second_right": counts.only_second,
        "neither_right": counts.neither,
    }
