"""What marks mean for numbers: ranges of one label, and moments to average around."""

from __future__ import annotations

from collections.abc import Iterable

from emotion_core.sessions.edits.kinds import Mark
from emotion_core.sessions.edits.ranges import TimeRange


def marked_ranges(marks: Iterable[Mark]) -> dict[str, list[TimeRange]]:
    """Return the ranges of each label, in the order of their first ones; moments are none."""
    ranges: dict[str, list[TimeRange]] = {}
    for mark in marks:
        if mark.seconds > 0:
            ranges.setdefault(mark.label, []).append(TimeRange(mark.start, mark.end))
    return ranges


def onsets(marks: Iterable[Mark]) -> dict[str, list[float]]:
    """Return when each mark of a label begins, moments and ranges alike."""
    found: dict[str, list[float]] = {}
    for mark in marks:
        found.setdefault(mark.label, []).append(mark.start)
    return found
