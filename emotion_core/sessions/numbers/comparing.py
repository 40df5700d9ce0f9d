"""Two ranges of time, two people, or two groups of sessions set side by side.

What repeats is the unit: sessions where groups of them are compared; the single times where two
labels were marked several times; else blocks of time, long enough that one tells little of the next
(`resampling.block_length`, doubled). Where the units of both sides belong together in pairs, the
pairs are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS
from emotion_core.errors import SessionError
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.numbers.measures import person_bins
from emotion_core.sessions.numbers.resampling import BIN_SECONDS, Bins, block_length
from emotion_core.sessions.numbers.testing import (
    PAIRED_EFFECT,
    PAIRED_TEST,
    UNPAIRED_EFFECT,
    UNPAIRED_TEST,
    Difference,
    differences,
)
from emotion_core.sessions.rows import persons_rows

if TYPE_CHECKING:
    import pandas as pd

#: What is compared: shares of time of the eight answers, then the seven mean scores.
MEASURES: Final = (
    *(f"share of {answer}" for answer in ANSWER_COLORS),
    *(f"score of {emotion}" for emotion in EMOTIONS),
)
#: From so many marked times on, on both sides, they are the units.
FEWEST_TIMES: Final = 3

# Means of blocks of the best length for a variance are still a little alike.
_LONGER: Final = 2

#: Columns of `Comparison.rows`.
COMPARISON_COLUMNS: Final = (
    *("measure", "first", "second", "n_first", "n_second", "unit", "paired"),
    *("mean_first", "mean_second", "difference", "difference_low", "difference_high"),
    *("effect_size", "effect_name", "p", "p_holm", "test"),
)


@dataclass(frozen=True)
class Comparison:
    """Two sides, measure by measure.

    Attributes:
        first: name of the first side.
        second: name of the second.
        differences: of ``MEASURES``, in their order.
        paired: whether the units are pairs.
        n: how many units each side has; of pairs, the same number twice.
        unit: what they are, in words and in the plural.
    """

    first: str
    second: str
    differences: tuple[Difference, ...]
    paired: bool
    n: tuple[int, int]
    unit: str

    @property
    def effect_name(self) -> str:
        """Name of the effect size."""
        return PAIRED_EFFECT if self.paired else UNPAIRED_EFFECT

    @property
    def test(self) -> str:
        """Name of the test that p is of."""
        return PAIRED_TEST if self.paired else UNPAIRED_TEST

    @property
    def counted(self) -> str:
        """How many units there are, as "n = 4 and 5 sessions"."""
        n = f"{self.n[0]} pairs of" if self.paired else f"{self.n[0]} and {self.n[1]}"
        return f"n = {n} {self.unit}"

    def rows(self) -> list[dict[str, Any]]:
        """Return one flat row a measure, by ``COMPARISON_COLUMNS``."""
        return [
            {
                "measure": measure,
                "first": self.first,
                "second": self.second,
                "n_first": self.n[0],
                "n_second": self.n[1],
                "unit": self.unit,
                "paired": self.paired,
                "mean_first": each.first,
                "mean_second": each.second,
                "difference": each.value,
                "difference_low": each.low,
                "difference_high": each.high,
                "effect_size": each.effect,
                "effect_name": self.effect_name,
                "p": each.p,
                "p_holm": each.p_holm,
                "test": self.test if each.p is not None else None,
            }
            for measure, each in zip(MEASURES, self.differences, strict=True)
        ]


def compare_ranges(
    frames: pd.DataFrame,
    faces: pd.DataFrame,
    person: int,
    first: tuple[str, Sequence[TimeRange]],
    second: tuple[str, Sequence[TimeRange]],
    left_out: Sequence[TimeRange] = (),
) -> Comparison:
    """Compare what one person showed in two ranges.

    Args:
        frames: one row a frame.
        faces: one row a face.
        person: whose.
        first: label and times of one range.
        second: of the other.
        left_out: times that count for nothing.

    Raises:
        SessionError: the person was not seen in one of them.
    """
    sides = []
    for label, times in (first, second):
        bins = _bins_of(frames, faces, person, left_out, times)
        _require_seen(bins, f"person {person} in the range {label}")
        sides.append(bins)
    marked = [_times(bins) for bins in sides]
    if min(map(len, marked)) >= FEWEST_TIMES:
        units, unit = marked, "marked times"
    else:
        length = common_length(sides)
        units, unit = [blocks_of(bins, length) for bins in sides], _block_name(length)
    return _compared(first[0], second[0], units[0], units[1], unit, paired=False)


def compare_people(
    frames: pd.DataFrame,
    faces: pd.DataFrame,
    first: tuple[int, str],
    second: tuple[int, str],
    left_out: Sequence[TimeRange] = (),
    within: Sequence[TimeRange] | None = None,
) -> Comparison:
    """Compare two people of one session; in pairs, by the time in which both were seen.

    Args:
        frames: one row a frame.
        faces: one row a face.
        first: number and name of one.
        second: of the other.
        left_out: times that do not count.
        within: the times that count; None: all.

    Raises:
        SessionError: one of them was not seen in it.
    """
    people = first[0], second[0]
    one, other = (_bins_of(frames, faces, person, left_out, within) for person in people)
    _require_seen(one, first[1])
    _require_seen(other, second[1])
    _, here, there = np.intersect1d(one.numbers, other.numbers, return_indices=True)
    both = one.chosen(here), other.chosen(there)
    length = common_length(both)
    if paired := len(here) >= 2 * length:
        one, other = both
    else:
        length = common_length((one, other))
    units = [blocks_of(bins, length) for bins in (one, other)]
    name = _block_name(length)
    return _compared(first[1], second[1], units[0], units[1], name, paired=paired)


def compare_groups(
    first: tuple[str, Sequence[NDArray[np.float64]]],
    second: tuple[str, Sequence[NDArray[np.float64]]],
    *,
    paired: bool = False,
) -> Comparison:
    """Compare two groups of sessions, each one unit by its `session_values`.

    Args:
        first: name and sessions of one group.
        second: of the other.
        paired: whether the sessions of both, in this order, are pairs, such as one person's before
            and after.

    Raises:
        SessionError: a group has none, or paired groups are not of one size.
    """
    sizes = len(first[1]), len(second[1])
    if not min(sizes) or (paired and sizes[0] != sizes[1]):
        wanted = "as many sessions in both groups" if paired else "a session or more in each group"
        raise SessionError(f"expected {wanted}, found {sizes[0]} and {sizes[1]}; choose others")
    one, other = (np.array(group) for _, group in (first, second))
    return _compared(first[0], second[0], one, other, "sessions", paired=paired)


def session_values(
    frames: pd.DataFrame, faces: pd.DataFrame, left_out: Sequence[TimeRange] = ()
) -> NDArray[np.float64]:
    """Return what a session comes to, float64 ``[15]`` by ``MEASURES``: the mean over its people.

    Each person counts alike, however long they were seen.

    Args:
        frames: one row a frame.
        faces: one row a face.
        left_out: times that do not count.

    Raises:
        SessionError: nobody was seen in it.
    """
    totals = [
        bins.total()
        for own in persons_rows(frames, faces, left_out)
        if len(bins := person_bins(own))
    ]
    if not totals:
        raise SessionError("expected a session with a person in it, found nobody; leave it out")
    return np.asarray(np.mean(totals, axis=0), np.float64)


def _bins_of(
    frames: pd.DataFrame,
    faces: pd.DataFrame,
    person: int,
    left_out: Sequence[TimeRange],
    within: Sequence[TimeRange] | None,
) -> Bins:
    for own in persons_rows(frames, faces, left_out, within):
        if own.person == person:
            return person_bins(own)
    nothing = np.zeros(0)
    whole = nothing.astype(np.int64)
    return Bins(nothing, np.zeros((0, len(MEASURES))), whole.astype(np.intp), whole)


def _require_seen(bins: Bins, who: str) -> None:
    if not len(bins):
        raise SessionError(f"expected to find {who}, found no face there; choose another")


def common_length(sides: Sequence[Bins]) -> int:
    """Return the length of blocks, in bins, that does for all sides."""
    return max(map(_length, sides))


def _length(bins: Bins) -> int:
    """Return the length of a block in bins: of a short time, all of it at most."""
    if len(bins) < 2:
        return 1
    return min(len(bins), _LONGER * block_length(bins.means))


def blocks_of(bins: Bins, length: int) -> NDArray[np.float64]:
    """Return the means of as many equal blocks as have so many bins or more."""
    count = max(1, len(bins) // length)
    return _means(bins, np.arange(count) * len(bins) // count)


def _times(bins: Bins) -> NDArray[np.float64]:
    """Return the means of the single ranges of time."""
    return _means(bins, np.flatnonzero(np.diff(bins.ranges, prepend=-1)))


def _means(bins: Bins, firsts: NDArray[np.intp]) -> NDArray[np.float64]:
    seconds = np.add.reduceat(bins.seconds, firsts)
    sums = np.add.reduceat(bins.means * bins.seconds[:, None], firsts, axis=0)
    return np.asarray(sums / seconds[:, None], np.float64)


def _block_name(length: int) -> str:
    return f"blocks of {length * BIN_SECONDS:g} s"


def _compared(
    first: str,
    second: str,
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    unit: str,
    *,
    paired: bool,
) -> Comparison:
    return Comparison(
        first=first,
        second=second,
        # Shares and scores are 0 to 1: an interval from two units would go to three times that.
        differences=tuple(each.within(1) for each in differences(one, other, paired=paired)),
        paired=paired,
        n=(len(one), len(other)),
        unit=unit,
    )
