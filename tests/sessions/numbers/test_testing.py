from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from emotion_core.sessions.numbers.testing import Difference, differences, holm


def of(first: np.ndarray, second: np.ndarray, *, paired: bool) -> Difference:
    (found,) = differences(first[:, None], second[:, None], paired=paired)
    return found


def gap(first: np.ndarray, second: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.abs(first.mean(axis) - second.mean(axis))


@pytest.mark.parametrize("sizes", [(4, 6), (40, 30)])
def test_two_groups(sizes):
    random = np.random.default_rng(5)
    first, second = random.normal(0.6, 1, sizes[0]), random.normal(0, 1, sizes[1])
    found = of(first, second, paired=False)
    squares = (sizes[0] - 1) * first.var(ddof=1) + (sizes[1] - 1) * second.var(ddof=1)
    pooled = np.sqrt(squares / (sum(sizes) - 2))
    small = 1 - 3 / (4 * (sum(sizes) - 2) - 1)
    assert found.value == pytest.approx(first.mean() - second.mean())
    assert found.effect == pytest.approx(small * found.value / pooled)
    welch = scipy.stats.ttest_ind(first, second, equal_var=False).confidence_interval()
    assert (found.low, found.high) == pytest.approx((welch.low, welch.high), rel=0.02)
    reference = scipy.stats.permutation_test(
        (first, second), gap, vectorized=True, alternative="greater", n_resamples=20_000
    )
    assert found.p == pytest.approx(reference.pvalue, abs=1e-9 if sizes[0] == 4 else 0.02)


@pytest.mark.parametrize("size", [7, 30])
def test_pairs(size):
    random = np.random.default_rng(6)
    first = random.normal(0.4, 1, size)
    second = first - random.normal(0.3, 0.8, size)
    found = of(first, second, paired=True)
    pairs = first - second
    assert found.effect == pytest.approx(pairs.mean() / pairs.std(ddof=1))
    student = scipy.stats.ttest_rel(first, second).confidence_interval()
    assert (found.low, found.high) == pytest.approx((student.low, student.high), rel=0.02)
    reference = scipy.stats.permutation_test(
        (first, second), gap, vectorized=True, permutation_type="samples",
        alternative="greater", n_resamples=20_000,
    )  # fmt: skip
    assert found.p == pytest.approx(reference.pvalue, abs=1e-9 if size == 7 else 0.02)


def test_what_cannot_be_told_is_none():
    alone = of(np.array([1.0]), np.array([0.5, 0.2]), paired=False)
    assert (alone.value, alone.p, alone.low, alone.effect) == (0.65, None, None, None)
    for paired in (True, False):
        same = of(np.ones(5), np.ones(5), paired=paired)
        assert (same.value, same.p, same.effect) == (0, 1, None)
    with pytest.raises(ValueError, match=r"as many units on both sides .*, found 5 and 4"):
        of(np.ones(5), np.ones(4), paired=True)


def test_many_measures_at_once_are_corrected():
    assert holm(np.array([0.01, 0.04, 0.03, 0.9])) == pytest.approx([0.04, 0.09, 0.09, 0.9])
    assert holm(np.array([0.5, 0.6])) == pytest.approx([1, 1])
