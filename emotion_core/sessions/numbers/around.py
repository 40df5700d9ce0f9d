"""The average around marks: scores before and after each mark of one label, put on each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import SessionError
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.numbers.resampling import t_quantile
from emotion_core.sessions.rows import PersonRows, persons_rows
from emotion_core.sessions.summary import summarize

if TYPE_CHECKING:
    import pandas as pd

#: Seconds: rows this far apart are averaged into one point of the curve.
STEP_SECONDS: Final = 0.25
#: Points of a curve, at most.
MOST_STEPS: Final = 2000


@dataclass(frozen=True)
class Latency:
    """How soon an expression was shown after a mark.

    Attributes:
        emotion: one of ``EMOTIONS``.
        seconds: from the mark to the start of the first episode after it, in the mean.
        marks: after how many marks there was one.
    """

    emotion: str
    seconds: float
    marks: int


@dataclass(frozen=True, eq=False)
class MarkAverage:
    """Scores around marks.

    Attributes:
        seconds: float64 ``[M]``, middle of each step, from the mark on; negative before it.
        mean: float64 ``[M, 7]``, mean over the marks; NaN where none has rows.
        low: float64 ``[M, 7]``, lower end of the mean's 95% interval over marks (Student's t); NaN
            with fewer than two.
        high: float64 ``[M, 7]``, upper end likewise.
        marks: int64 ``[M]``, marks that have rows in this step.
        n: marks that have rows in any.
        subtracted: whether each mark's mean before it was taken away.
        latencies: of the expressions that were shown within the time after some mark.
    """

    seconds: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    marks: NDArray[np.int64]
    n: int
    subtracted: bool
    latencies: tuple[Latency, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return one flat row a step and expression; NaN becomes None."""
        return [
            {
                "seconds": round(float(self.seconds[step]), 4),
                "expression": emotion,
                "mean": _number(self.mean[step, place]),
                "low": _number(self.low[step, place]),
                "high": _number(self.high[step, place]),
                "marks": int(self.marks[step]),
            }
            for step in range(len(self.seconds))
            for place, emotion in enumerate(EMOTIONS)
        ]


def mark_average(
    frames: pd.DataFrame,
    faces: pd.DataFrame,
    onsets: Sequence[float],
    *,
    person: int | None = None,
    before: float = 2.0,
    after: float = 5.0,
    step: float = STEP_SECONDS,
    subtract: bool = False,
    left_out: Sequence[TimeRange] = (),
) -> MarkAverage:
    """Return the scores around marks, averaged over them.

    First the rows of one mark that fall into one step are averaged, of several people each by
    themselves and then over the people; then the marks, each counting alike. The band tells how far
    the mean over marks may be off: marks are what repeats, not frames.

    Args:
        frames: one row a frame.
        faces: one row a face.
        onsets: times of the marks, in seconds since the start.
        person: whose scores; None: everybody's.
        before: seconds before each mark, 0 or more.
        after: seconds after it, a step or more.
        step: seconds of one point of the curve.
        subtract: whether to take each mark's own mean over the time before away; marks with nobody
            in view before them are then left out.
        left_out: times that do not count.

    Raises:
        SessionError: the times ask for no curve, or for one of more than ``MOST_STEPS`` points.
    """
    backwards, forwards = math.floor(before / step + 1e-6), math.floor(after / step + 1e-6)
    if backwards < 0 or forwards < 1 or backwards + forwards > MOST_STEPS:
        raise SessionError(
            f"expected 0 s or more before a mark and {step:g} s or more after it, {MOST_STEPS} "
            f"steps of {step:g} s at most, found {before:g} and {after:g} s"
        )
    people = [own for own in persons_rows(frames, faces, left_out) if person in (None, own.person)]
    steps = backwards + forwards
    curves = np.full((len(onsets), steps, len(EMOTIONS)), np.nan)
    for place, onset in enumerate(onsets):
        own_curves = [_curve(own, onset - backwards * step, step, steps) for own in people]
        curves[place] = _mean(np.array(own_curves).reshape(-1, steps, len(EMOTIONS)))
    if subtract:
        curves -= _mean(curves[:, :backwards].transpose(1, 0, 2))[:, None, :]
    known = ~np.isnan(curves[:, :, 0])
    marks = known.sum(axis=0)
    mean = _mean(curves)
    margin = _margins(curves, marks)
    return MarkAverage(
        seconds=np.asarray((np.arange(steps) - backwards + 0.5) * step, np.float64),
        mean=mean,
        low=mean - margin,
        high=mean + margin,
        marks=marks,
        n=int(known.any(axis=1).sum()),
        subtracted=subtract,
        latencies=_latencies(frames, faces, onsets, person, after, left_out),
    )


def _curve(own: PersonRows, first: float, step: float, steps: int) -> NDArray[np.float64]:
    """Return the mean scores of the rows in each step, float64 ``[steps, 7]``."""
    # Seconds have four digits: one at the edge of a step belongs to the later step.
    places = np.floor((own.times - first) / step + 1e-6).astype(np.int64)
    inside = np.flatnonzero((places >= 0) & (places < steps))
    places = places[inside]
    counts = np.bincount(places, minlength=steps)
    scores = own.scores[inside]
    sums = np.stack([np.bincount(places, column, minlength=steps) for column in scores.T], axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(sums / counts[:, None], np.float64)


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over the first axis of what is not NaN; NaN where there is none."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis=0) / known.sum(axis=0), np.float64)


def _margins(curves: NDArray[np.float64], marks: NDArray[np.int64]) -> NDArray[np.float64]:
    squares = _mean((curves - _mean(curves)) ** 2)
    margins = np.full(squares.shape, np.nan)
    for count in np.unique(marks[marks > 1]).tolist():
        at = marks == count
        # The mean square over n, on n - 1, is the variance; that on n the mean's.
        margins[at] = t_quantile(count - 1) * np.sqrt(squares[at] / (count - 1))
    return margins


def _latencies(
    frames: pd.DataFrame,
    faces: pd.DataFrame,
    onsets: Sequence[float],
    person: int | None,
    after: float,
    left_out: Sequence[TimeRange],
) -> tuple[Latency, ...]:
    people = [
        each
        for each in summarize(frames, faces, left_out=left_out).persons
        if person in (None, each.person)
    ]
    found = []
    for emotion in EMOTIONS:
        starts = np.array(
            [part.start for each in people for part in each.stretches if part.emotion == emotion]
        )
        waited = [
            float(later.min())
            for onset in onsets
            if len(later := starts[(starts >= onset) & (starts < onset + after)] - onset)
        ]
        if waited:
            found.append(Latency(emotion, sum(waited) / len(waited), len(waited)))
    return tuple(found)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 6)
