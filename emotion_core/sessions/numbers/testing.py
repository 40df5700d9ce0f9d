"""Are two sets of numbers different? Effect sizes, and permutation tests of their means."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.sessions.numbers.resampling import t_quantile

#: Up to so many ways to exchange the units all are tried; of more, nearly so many are drawn.
PERMUTATIONS: Final = 10_000
PAIRED_TEST: Final = "permutation test of paired differences (signs)"
UNPAIRED_TEST: Final = "permutation test of two groups (labels)"
PAIRED_EFFECT: Final = "Cohen's d_z"
UNPAIRED_EFFECT: Final = "Hedges' g"

_AT_ONCE: Final = 2_000_000
# Means that differ by rounding alone are as far from each other.
_SAME: Final = 1e-12


@dataclass(frozen=True)
class Difference:
    """How far the first mean is above the second.

    Attributes:
        first: mean of the first units.
        second: mean of the second.
        value: ``first - second``.
        low: lower end of its 95% interval (Student's t over pairs, or Welch's over two groups);
            None where it is not known, as with one unit.
        high: upper end likewise.
        effect: its effect size: d_z of pairs, g of groups; None where the units do not vary.
        p: of the test, two-sided; None with fewer than two units on a side.
        p_holm: the same, corrected for all the measures tested at once (Holm 1979).
    """

    first: float
    second: float
    value: float
    low: float | None
    high: float | None
    effect: float | None
    p: float | None
    p_holm: float | None

    def within(self, limit: float) -> Difference:
        """Return it with its interval cut to what is possible, ``-limit`` to ``limit``."""
        if self.low is None or self.high is None:
            return self
        return replace(self, low=max(-limit, self.low), high=min(limit, self.high))


def differences(
    first: NDArray[np.float64], second: NDArray[np.float64], *, paired: bool, seed: int = 0
) -> tuple[Difference, ...]:
    """Compare the units' means, measure by measure.

    Args:
        first: float64 ``[N, K]``, K measures of N units.
        second: float64 ``[M, K]``, of other units, or of the same ones in the same order.
        paired: whether they are the same; then M is N.
        seed: of the permutations, where not all of them are tried.

    Raises:
        ValueError: paired units are not as many on both sides.
    """
    if paired and len(first) != len(second):
        raise ValueError(
            f"expected as many units on both sides of a paired comparison, found {len(first)} and "
            f"{len(second)}"
        )
    means = first.mean(axis=0), second.mean(axis=0)
    values = means[0] - means[1]
    if min(len(first), len(second)) < 2:
        return tuple(
            Difference(one, other, value, None, None, None, None, None)
            for one, other, value in zip(*(each.tolist() for each in (*means, values)), strict=True)
        )
    if paired:
        margins, effects = _of_pairs(first - second)
        p = _sign_test(first - second, seed)
    else:
        margins, effects = _of_groups(first, second)
        p = _label_test(first, second, seed)
    p_holm = holm(p)
    return tuple(
        Difference(
            first=float(means[0][place]),
            second=float(means[1][place]),
            value=float(value),
            low=float(value - margins[place]),
            high=float(value + margins[place]),
            effect=None if math.isnan(effects[place]) else float(effects[place]),
            p=float(p[place]),
            p_holm=float(p_holm[place]),
        )
        for place, value in enumerate(values.tolist())
    )


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p-values of tests made at once, corrected for how many they are (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(len(p), 0, -1)
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(1, np.maximum.accumulate(scaled))
    return corrected


def _of_pairs(pairs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the margins of 95% and d_z, the mean difference over its deviation (Cohen 1988)."""
    count = len(pairs)
    deviation = pairs.std(axis=0, ddof=1)
    margins = t_quantile(count - 1) * deviation / math.sqrt(count)
    return margins, _ratio(pairs.mean(axis=0), deviation)


def _of_groups(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the margins of 95% (Welch 1947) and g, corrected for few units (Hedges 1981)."""
    counts = len(first), len(second)
    variances = first.var(axis=0, ddof=1), second.var(axis=0, ddof=1)
    squares = variances[0] / counts[0], variances[1] / counts[1]
    both = squares[0] + squares[1]
    below = squares[0] ** 2 / (counts[0] - 1) + squares[1] ** 2 / (counts[1] - 1)
    degrees = np.nan_to_num(_ratio(both**2, below), nan=1.0)
    margins = np.array([t_quantile(each) for each in degrees.tolist()]) * np.sqrt(both)
    free = sum(counts) - 2
    pooled = ((counts[0] - 1) * variances[0] + (counts[1] - 1) * variances[1]) / free
    correction = 1 - 3 / (4 * free - 1)
    return margins, correction * _ratio(first.mean(axis=0) - second.mean(axis=0), np.sqrt(pooled))


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    known = below > _SAME**2
    return np.where(known, above / np.where(known, below, 1), np.nan)


def _sign_test(pairs: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return how often a mean difference is as large if each pair may be the other way round."""
    count = len(pairs)
    found = np.abs(pairs.mean(axis=0))
    if 2**count <= PERMUTATIONS:
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=count)))
        return _share(pairs, found, [signs / count], exact=True)
    random = np.random.default_rng(seed)
    drawn = (random.choice((-1.0, 1.0), size=(size, count)) / count for size in _portions(count))
    return _share(pairs, found, drawn, exact=False)


def _label_test(
    first: NDArray[np.float64], second: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """Return how often the means differ as much if any units may be those of the first group."""
    values, found = np.vstack([first, second]), np.abs(first.mean(axis=0) - second.mean(axis=0))
    counts = len(first), len(second)
    count = sum(counts)
    if math.comb(count, counts[0]) <= PERMUTATIONS:
        ways = np.full((math.comb(count, counts[0]), count), -1 / counts[1])
        for way, chosen in enumerate(itertools.combinations(range(count), counts[0])):
            ways[way, chosen] = 1 / counts[0]
        return _share(values, found, [ways], exact=True)
    random = np.random.default_rng(seed)
    labels = np.repeat((1 / counts[0], -1 / counts[1]), counts)
    drawn = (random.permuted(np.tile(labels, (size, 1)), axis=1) for size in _portions(count))
    return _share(values, found, drawn, exact=False)


def _portions(count: int) -> Iterator[int]:
    """Return how many ways to draw at a time, none more than memory is meant for."""
    at_once = max(1, _AT_ONCE // count)
    for first in range(0, PERMUTATIONS - 1, at_once):
        yield min(at_once, PERMUTATIONS - 1 - first)


def _share(
    values: NDArray[np.float64],
    found: NDArray[np.float64],
    ways: Iterable[NDArray[np.float64]],
    *,
    exact: bool,
) -> NDArray[np.float64]:
    """Return p; beside drawn ways, the one that was found counts too (Phipson and Smyth 2010)."""
    beyond, tried = np.zeros(len(found)), 0
    for each in ways:
        beyond += (np.abs(each @ values) >= found - _SAME).sum(axis=0)
        tried += len(each)
    return np.asarray(beyond / tried if exact else (beyond + 1) / (tried + 1), np.float64)
