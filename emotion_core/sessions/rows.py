"""The rows of people in some time, and how long each stands for: what sums are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS
from emotion_core.sessions.edits.ranges import TimeRange, inside, joined, without

if TYPE_CHECKING:
    import pandas as pd

#: Seconds: a longer time between two frames is not known.
LONGEST_GAP: Final = 1.0
#: Seconds are written with four digits.
ROUNDING: Final = 1e-3

_ANSWERS: Final = tuple(ANSWER_COLORS)


@dataclass(frozen=True, eq=False)
class PersonRows:
    """The rows of one person within some time.

    Attributes:
        person: their number.
        rows: as in the table of faces; N of them, in the order of their times.
        times: float64 ``[N]``, seconds since the start of the session.
        durations: float64 ``[N]``, how many seconds each row stands for.
        ranges: intp ``[N]``, which range of time it is in.
    """

    person: int
    rows: pd.DataFrame
    times: NDArray[np.float64]
    durations: NDArray[np.float64]
    ranges: NDArray[np.intp]

    @property
    def scores(self) -> NDArray[np.float64]:
        """The seven scores, float64 ``[N, 7]``."""
        return np.asarray(self.rows[list(EMOTIONS)], np.float64)

    @property
    def answers(self) -> NDArray[np.int64]:
        """The places of the answers that count in ``ANSWER_COLORS``, int64 ``[N]``."""
        return _answers(self.rows)


def persons_rows(
    frames: pd.DataFrame,
    faces: pd.DataFrame,
    left_out: Sequence[TimeRange] = (),
    within: Sequence[TimeRange] | None = None,
) -> Iterator[PersonRows]:
    """Return the rows of each person who was seen; for the arguments see `summary.summarize`."""
    durations, ranges = frames_within(frames, left_out, within)
    times = frames["seconds"].to_numpy(np.float64)
    position = np.searchsorted(frames["frame"].to_numpy(), faces["frame"].to_numpy())
    for person, rows in faces.groupby("person").indices.items():
        own = rows[ranges[position[rows]] >= 0]
        at = position[own]
        if len(own):
            yield PersonRows(int(person), faces.iloc[own], times[at], durations[at], ranges[at])


def frames_within(
    frames: pd.DataFrame, left_out: Sequence[TimeRange], within: Sequence[TimeRange] | None
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return how long each frame lasts, and the number of the range that it is in; -1 for none."""
    times = frames["seconds"].to_numpy(np.float64)
    durations = frame_durations(times)
    ranges = joined([TimeRange(-np.inf, np.inf)] if within is None else within)
    for each in left_out:
        ranges = without(ranges, each)
    # Frames at the very edge of what is left out are out, too.
    counts = inside(times, ranges) & ~inside(times, joined(left_out))
    starts = np.array([each.start for each in ranges])
    return durations, np.where(counts, np.searchsorted(starts, times, side="right") - 1, -1)


def frame_durations(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many seconds each frame stands for.

    Args:
        times: float64 ``[N]``, ascending seconds.

    Returns:
        float64 ``[N]``: the time to the next frame; 0 for the last one, and where it is longer
        than ``LONGEST_GAP``.
    """
    steps = np.diff(times, append=times[-1:])
    return np.where(steps > LONGEST_GAP + ROUNDING, 0.0, steps)


def _answers(rows: pd.DataFrame) -> NDArray[np.int64]:
    """Return the answers that count, as indices into ``_ANSWERS``."""
    answers: NDArray[np.int64] = rows["answer"].map(_ANSWERS.index).to_numpy(np.int64)
    if "corrected" not in rows:
        return answers
    # Of the same answers, in the same order; -1: none.
    corrected: NDArray[np.int64] = rows["corrected"].cat.codes.to_numpy(np.int64)
    return np.where(corrected >= 0, corrected, answers)
