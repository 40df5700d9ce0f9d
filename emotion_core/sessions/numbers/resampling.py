"""95% intervals of means over time, by drawing blocks of it.

Neighbouring frames are alike, so that drawing frames one by one would give intervals far too
narrow. Whole blocks are drawn instead: a moving-block bootstrap (Künsch 1989, "The Jackknife and
the Bootstrap for General Stationary Observations"), on a circle, so that the ends count as often as
the middle (Politis and Romano 1992, "A Circular Block-Resampling Procedure for Stationary Data").
The blocks' length comes from the data, `block_length`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Seconds: time is averaged over bins of this length first. Scores are smoothed over longer times
#: (`emotion_core.live.smoothing`), so that shorter ones would tell nothing more.
BIN_SECONDS: Final = 0.25
#: Fewer bins than these tell nothing of how far a mean could be off.
FEWEST_BINS: Final = 20
#: A block is at most this part of the time.
FEWEST_BLOCKS: Final = 5
RESAMPLES: Final = 2000
#: What a reader of the intervals has to know, in a sentence.
METHOD: Final = (
    "Neighbouring frames are alike, so the 95% intervals come from drawing whole blocks of time "
    "(a moving-block bootstrap), not single frames."
)

# So many numbers of a resampling are in memory at once.
_AT_ONCE: Final = 2_000_000
_NORMAL: Final = NormalDist()


@dataclass(frozen=True)
class Estimate:
    """A mean or share with its 95% interval.

    Attributes:
        value: of the data.
        low: lower end; None where the interval is not known: the time is too short, or the value
            never changed in it.
        high: upper end; None likewise.
    """

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, eq=False)
class Bins:
    """Values over time in bins of ``BIN_SECONDS``; those in which nothing was seen are left out.

    Attributes:
        seconds: float64 ``[B]``, time seen in each bin.
        means: float64 ``[B, K]``, mean of each value over it.
        ranges: intp ``[B]``, which range of time the bin is in.
        numbers: int64 ``[B]``, which bin of the session it is; the same for all persons.
    """

    seconds: NDArray[np.float64]
    means: NDArray[np.float64]
    ranges: NDArray[np.intp]
    numbers: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.seconds)

    def total(self) -> NDArray[np.float64]:
        """Return the means over all the time seen, float64 ``[K]``; NaN without any."""
        seconds = self.seconds.sum()
        if not seconds:
            return np.full(self.means.shape[1], np.nan)
        return np.asarray(self.seconds @ self.means / seconds)

    def chosen(self, places: NDArray[np.intp]) -> Bins:
        """Return some of the bins."""
        return Bins(
            self.seconds[places], self.means[places], self.ranges[places], self.numbers[places]
        )


def binned(
    starts: NDArray[np.float64],
    durations: NDArray[np.float64],
    values: NDArray[np.float64],
    ranges: NDArray[np.intp],
) -> Bins:
    """Return the means of values in bins of time.

    A frame counts in the bin that it begins in, with the time that it stands for.

    Args:
        starts: float64 ``[N]``, when each frame begins, ascending seconds.
        durations: float64 ``[N]``, how long it lasts.
        values: float64 ``[N, K]``.
        ranges: intp ``[N]``, which range of time each is in, ascending.
    """
    seen = durations > 0
    starts, durations, values, ranges = starts[seen], durations[seen], values[seen], ranges[seen]
    numbers = np.floor(starts / BIN_SECONDS + 1e-6).astype(np.int64)
    begins = np.ones(len(numbers), bool)
    begins[1:] = (numbers[1:] != numbers[:-1]) | (ranges[1:] != ranges[:-1])
    firsts = np.flatnonzero(begins)
    if not len(firsts):
        return Bins(durations, values, ranges, numbers)
    seconds = np.add.reduceat(durations, firsts)
    sums = np.add.reduceat(values * durations[:, None], firsts, axis=0)
    return Bins(seconds, sums / seconds[:, None], ranges[firsts], numbers[firsts])


def estimates(bins: Bins, seed: int = 0) -> tuple[tuple[Estimate, ...], int]:
    """Return the mean of each value with its 95% interval, and the blocks' length in bins.

    All values are drawn together, with the longest block that one of them asks for. The interval is
    the expanded percentile interval, with as many degrees of freedom as there are blocks but one:
    with few blocks the plain one is too narrow (Hesterberg 2015, "What Teachers Should Know About
    the Bootstrap").

    Args:
        bins: the values over time.
        seed: of the drawing; the same gives the same interval.

    Returns:
        an `Estimate` for each of the K values, without interval where there are fewer than
        ``FEWEST_BINS`` bins or the value never changes.
    """
    values = bins.total()
    alone = tuple(map(Estimate, values.tolist()))
    if len(bins) < FEWEST_BINS:
        return alone, 1
    length = block_length(bins.means)
    draws = resampled(bins, length, seed)
    low, high = np.quantile(draws, _tails(len(bins) / length), axis=0)
    varies = np.ptp(bins.means, axis=0) > 1e-9
    return tuple(
        Estimate(value, below, above) if changes else Estimate(value)
        for value, below, above, changes in zip(
            values.tolist(), low.tolist(), high.tolist(), varies.tolist(), strict=True
        )
    ), length


def resampled(bins: Bins, length: int, seed: int = 0) -> NDArray[np.float64]:
    """Return the means of ``RESAMPLES`` series made of blocks, float64 ``[RESAMPLES, K]``.

    Args:
        bins: the values over time.
        length: of a block, in bins.
        seed: of the drawing.
    """
    random = np.random.default_rng(seed)
    count = len(bins)
    sums = np.column_stack([bins.means * bins.seconds[:, None], bins.seconds])
    # Sums of a block are differences of these; twice around the circle.
    until = np.concatenate([np.zeros((1, sums.shape[1])), np.cumsum(np.vstack([sums, sums]), 0)])
    blocks = math.ceil(count / length)
    lengths = np.full(blocks, length)
    lengths[-1] = count - (blocks - 1) * length
    at_once = max(1, _AT_ONCE // (blocks * sums.shape[1]))
    drawn = []
    for first in range(0, RESAMPLES, at_once):
        starts = random.integers(count, size=(min(at_once, RESAMPLES - first), blocks))
        drawn.append((until[starts + lengths] - until[starts]).sum(axis=1))
    totals = np.concatenate(drawn)
    return np.asarray(totals[:, :-1] / totals[:, -1:], np.float64)


def block_length(values: NDArray[np.float64]) -> int:
    """Return how many values that follow each other make up a block.

    The length that makes the variance of the mean most exact (Politis and White 2004, "Automatic
    Block-Length Selection for the Dependent Bootstrap", for blocks on a circle, as corrected by
    Patton, Politis and White 2009), rounded up; of several series, the longest. It is at most the
    ``FEWEST_BLOCKS``-th part of the series.

    Args:
        values: float64 ``[N, K]``, K series; N at least ``FEWEST_BLOCKS``.
    """
    count = len(values)
    lengths = [_best_length(column) for column in values.T if np.ptp(column) > 1e-9]
    return max(1, min(max(lengths, default=1), count // FEWEST_BLOCKS))


def t_quantile(degrees: float) -> float:
    """Return the two-sided 95% quantile of Student's distribution.

    By the expansion around the normal one (Cornish and Fisher 1938; Abramowitz and Stegun 26.7.5),
    off by less than 1% from 3 degrees of freedom on; those of 1 and 2 are known.
    """
    if degrees <= 1:
        return 12.7062
    if degrees <= 2:
        return 4.3027
    z = _NORMAL.inv_cdf(0.975)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + sum(term / degrees**power for power, term in enumerate(terms, start=1))


def _tails(blocks: float) -> tuple[float, float]:
    """Return which quantiles of the resampled means are the ends of the interval."""
    blocks = max(2.0, blocks)
    below = _NORMAL.cdf(-math.sqrt(blocks / (blocks - 1)) * t_quantile(blocks - 1))
    return below, 1 - below


def _best_length(values: NDArray[np.float64]) -> int:
    count = len(values)
    centred = values - values.mean()
    in_a_row = max(5, math.ceil(math.log10(count)))
    most = min(count - 1, math.ceil(math.sqrt(count)) + in_a_row)
    covariance = np.array(
        [centred[: count - lag] @ centred[lag:] / count for lag in range(most + 1)]
    )
    limit = 2 * math.sqrt(math.log10(count) / count)
    alike = np.abs(covariance[1:] / covariance[0]) >= limit
    # The last lag before so many in a row of which none is clear.
    last = most
    for lag in range(most - in_a_row + 1):
        if not alike[lag : lag + in_a_row].any():
            last = lag
            break
    width = min(2 * max(1, last), most)
    lags = np.arange(width + 1)
    # A window with a flat top (Politis and Romano 1995).
    window = np.minimum(1, 2 * (1 - lags / width))
    weighted = window * covariance[: width + 1]
    slope = 2 * float(lags @ weighted)
    density = float(weighted[0] + 2 * weighted[1:].sum())
    longest = math.ceil(min(3 * math.sqrt(count), count / 3))
    if density <= 0:
        return longest
    best = math.cbrt(2 * slope**2 / (4 / 3 * density**2) * count)
    return max(1, min(longest, math.ceil(best)))
