from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from emotion_core.sessions.numbers.resampling import (
    BIN_SECONDS,
    FEWEST_BINS,
    Bins,
    binned,
    block_length,
    estimates,
    t_quantile,
)
from tests.sessions.numbers.series import autoregressive


def bins_of(values: np.ndarray) -> Bins:
    count = len(values)
    return Bins(np.ones(count), values, np.zeros(count, np.intp), np.arange(count))


@pytest.mark.parametrize(("share", "count"), [(0.8, 600), (0.95, 2400)])
def test_intervals_of_a_known_process_hold_its_mean(share, count):
    """Intervals of single frames hold it in half of the series at most: they are far too narrow."""
    series = autoregressive(count, share, 200, seed=1)
    found = [estimates(bins_of(column[:, None]))[0][0] for column in series.T]
    assert 0.88 <= np.mean([each.low <= 0 <= each.high for each in found]) <= 0.99
    alone = 1.96 * series.std(axis=0) / np.sqrt(count)
    assert np.mean(np.abs(series.mean(axis=0)) <= alone) <= 0.55


def test_blocks_are_as_long_as_values_are_alike():
    """Against the best length for a known process, by Politis and White's formula."""
    best = (2 * (2 * 0.8 / (1 - 0.8**2)) ** 2 * 2000 / (4 / 3)) ** (1 / 3)
    lengths = [block_length(column[:, None]) for column in autoregressive(2000, 0.8, 20, 2).T]
    assert np.median(lengths) == pytest.approx(best, rel=0.25)
    assert np.median([block_length(c[:, None]) for c in autoregressive(2000, 0, 20, 3).T]) <= 3
    # The longest of several counts, and no block is more than a fifth of the time.
    both = np.column_stack([autoregressive(2000, each, 1, 4) for each in (0.0, 0.9)])
    assert block_length(both) == block_length(both[:, 1:])
    assert block_length(np.arange(30.0)[:, None]) == 6


def test_what_is_not_known_has_no_interval():
    short, _ = estimates(bins_of(np.arange(FEWEST_BINS - 1.0)[:, None]))
    assert (short[0].value, short[0].low, short[0].high) == (9, None, None)
    values = np.column_stack([np.ones(100), np.arange(100.0) % 7])
    always, changing = estimates(bins_of(values))[0]
    assert (always.value, always.low) == (1, None)
    assert changing.low < changing.value < changing.high


def test_bins_are_weighted_by_the_time_seen_in_them():
    starts = np.array([0.0, 0.1, 0.2, 0.3, 5.0, 5.1])
    durations = np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.0])
    ranges = np.array([0, 0, 0, 0, 1, 1])
    bins = binned(starts, durations, np.arange(6.0)[:, None], ranges)
    assert bins.seconds == pytest.approx([0.3, 0.1, 0.1])
    assert bins.means[:, 0] == pytest.approx([1, 3, 4])
    assert bins.ranges.tolist() == [0, 0, 1]
    assert bins.numbers.tolist() == [0, 1, int(5 / BIN_SECONDS)]
    assert bins.total() == pytest.approx([2.0])
    assert np.isnan(binned(starts[:0], durations[:0], np.zeros((0, 1)), ranges[:0]).total())


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 20, 1000])
def test_quantiles_of_students_distribution(degrees):
    assert t_quantile(degrees) == pytest.approx(scipy.stats.t.ppf(0.975, degrees), rel=0.01)
