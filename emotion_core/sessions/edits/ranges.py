"""Ranges of time: joined, cut, and asked what lies in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, order=True)
class TimeRange:
    """From ``start`` to ``end``, in seconds since the start of a session; both belong to it."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


def joined(ranges: Iterable[TimeRange]) -> tuple[TimeRange, ...]:
    """Return the same times as ranges that do not touch each other, in their order."""
    found: list[TimeRange] = []
    for each in sorted(ranges):
        if found and each.start <= found[-1].end:
            found[-1] = TimeRange(found[-1].start, max(found[-1].end, each.end))
        else:
            found.append(each)
    return tuple(found)


def without(ranges: Iterable[TimeRange], cut: TimeRange) -> tuple[TimeRange, ...]:
    """Return what is left of ranges without the time ``cut``."""
    found = []
    for each in ranges:
        if each.end <= cut.start or each.start >= cut.end:
            found.append(each)
            continue
        if each.start < cut.start:
            found.append(TimeRange(each.start, cut.start))
        if each.end > cut.end:
            found.append(TimeRange(cut.end, each.end))
    return tuple(found)


def inside(seconds: NDArray[np.float64], ranges: Sequence[TimeRange]) -> NDArray[np.bool_]:
    """Return which times lie in any of the ranges.

    Args:
        seconds: float64 ``[N]``, in any order.
        ranges: as ``joined`` gives them.

    Returns:
        bool ``[N]``.
    """
    starts = np.array([each.start for each in ranges])
    ends = np.array([each.end for each in ranges])
    if not len(starts):
        return np.zeros(len(seconds), np.bool_)
    place = np.searchsorted(starts, seconds, side="right") - 1
    return (place >= 0) & (seconds <= ends[place])
