"""What each person showed in a range of time: shares, mean scores, episodes, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import ANSWER_COLORS, UNCERTAIN
from emotion_core.sessions.edits.ranges import TimeRange, joined
from emotion_core.sessions.numbers.resampling import (
    BIN_SECONDS,
    Bins,
    Estimate,
    binned,
    estimates,
)
from emotion_core.sessions.rows import PersonRows, persons_rows
from emotion_core.sessions.summary import Stretch, summarize

if TYPE_CHECKING:
    import pandas as pd

#: The range that is the whole session.
WHOLE: Final = "whole session"

_ANSWERS: Final = tuple(ANSWER_COLORS)


@dataclass(frozen=True)
class AnswerNumbers:
    """One expression, or "uncertain", of one person in one range.

    Attributes:
        answer: one of ``EMOTIONS``, or ``UNCERTAIN``.
        share: of the time seen with this answer, 0..1.
        score: mean score over the time seen, 0..1; None for "uncertain", which has none.
        episodes: how often it was shown for `summary.SHORTEST_RUN` or longer.
        episode_seconds: how long such an episode lasted, in the mean; None without any.
        latency: seconds from the range's start to the first episode's, in the mean over those of
            its times that have one; about 0 where it goes on at the start. None without any, and
            for the whole session.
        latencies: times of the range that ``latency`` is a mean of.
    """

    answer: str
    share: Estimate
    score: Estimate | None
    episodes: int = 0
    episode_seconds: float | None = None
    latency: float | None = None
    latencies: int = 0


@dataclass(frozen=True, eq=False)
class PersonNumbers:
    """One person in one range.

    Attributes:
        person: their number.
        name: their name; "" without one.
        seconds: how long they were seen in it.
        frames: frames with them.
        answers: the seven expressions, in their order, then "uncertain".
        answered: share of the time seen with an expression for an answer.
        transitions: int64 ``[7, 7]``, see `summary.PersonSummary`.
        block_seconds: length of the blocks of time that the intervals were drawn with.
    """

    person: int
    name: str
    seconds: float
    frames: int
    answers: tuple[AnswerNumbers, ...]
    answered: Estimate
    transitions: NDArray[np.int64]
    block_seconds: float

    def of(self, answer: str) -> AnswerNumbers:
        """Return the numbers of one answer."""
        return self.answers[_ANSWERS.index(answer)]


@dataclass(frozen=True)
class RangeNumbers:
    """A range of time: a marked one, several with one label, or the whole session.

    Attributes:
        label: of its marks; ``WHOLE`` for the session.
        times: its times, what is left out within them included.
        seconds: time recorded in it.
        frames: frames in it.
        no_face_frames: those without a face.
        no_face_seconds: the time of these.
        persons: who was seen longest comes first.
    """

    label: str
    times: tuple[TimeRange, ...]
    seconds: float
    frames: int
    no_face_frames: int
    no_face_seconds: float
    persons: tuple[PersonNumbers, ...]

    def of(self, person: int) -> PersonNumbers | None:
        """Return the numbers of one person; None where they were not seen."""
        return next((each for each in self.persons if each.person == person), None)


def session_numbers(
    frames: pd.DataFrame,
    faces: pd.DataFrame,
    ranges: Mapping[str, Sequence[TimeRange]] | None = None,
    *,
    left_out: Sequence[TimeRange] = (),
    names: Mapping[int, str] | None = None,
) -> tuple[RangeNumbers, ...]:
    """Return the numbers of the whole session, then of each range.

    Args:
        frames: one row a frame, as `tables.read_tables` gives them.
        faces: one row a face.
        ranges: times in seconds by their label.
        left_out: what counts for nothing, in seconds.
        names: of persons.
    """
    end = float(frames["seconds"].iloc[-1]) if len(frames) else 0.0
    everything = [(WHOLE, [TimeRange(0.0, end)]), *(ranges or {}).items()]
    return tuple(
        _range_numbers(frames, faces, label, joined(times), left_out, names or {}, place > 0)
        for place, (label, times) in enumerate(everything)
    )


def person_bins(own: PersonRows) -> Bins:
    """Return a person's shares of time of each answer, then their seven scores, over time.

    Returns:
        bins with 15 values: the answers in the order of ``ANSWER_COLORS``, then ``EMOTIONS``.
    """
    shown = np.eye(len(_ANSWERS))[own.answers]
    values = np.column_stack([shown, own.scores])
    return binned(own.times, own.durations, values, own.ranges)


def _range_numbers(
    frames: pd.DataFrame,
    faces: pd.DataFrame,
    label: str,
    times: tuple[TimeRange, ...],
    left_out: Sequence[TimeRange],
    names: Mapping[int, str],
    marked: bool,
) -> RangeNumbers:
    summary = summarize(frames, faces, left_out=left_out, within=times)
    rows = {own.person: own for own in persons_rows(frames, faces, left_out, times)}
    persons = []
    for person in summary.persons:
        bins = person_bins(rows[person.person])
        if len(bins):
            values, length = estimates(_with_answered(bins))
        else:  # seen in the last frame only, which stands for no time
            values = tuple(map(Estimate, [*[0.0] * 8, *person.mean_scores, 0.0]))
            length = 1
        shares, scores = values[:8], (*values[8:15], None)
        persons.append(
            PersonNumbers(
                person=person.person,
                name=names.get(person.person, ""),
                seconds=person.seconds,
                frames=person.frames,
                answers=tuple(
                    _answer(answer, share, score, person.stretches, times if marked else ())
                    for answer, share, score in zip(_ANSWERS, shares, scores, strict=True)
                ),
                answered=values[15],
                transitions=person.transitions,
                block_seconds=length * BIN_SECONDS,
            )
        )
    return RangeNumbers(
        label=label,
        times=times,
        seconds=summary.seconds,
        frames=summary.frames,
        no_face_frames=summary.no_face_frames,
        no_face_seconds=summary.no_face_seconds,
        persons=tuple(persons),
    )


def _with_answered(bins: Bins) -> Bins:
    answered = 1 - bins.means[:, [_ANSWERS.index(UNCERTAIN)]]
    means = np.column_stack([bins.means, answered])
    return Bins(bins.seconds, means, bins.ranges, bins.numbers)


def _answer(
    answer: str,
    share: Estimate,
    score: Estimate | None,
    stretches: Sequence[Stretch],
    onsets: Sequence[TimeRange],
) -> AnswerNumbers:
    own = [stretch for stretch in stretches if stretch.emotion == answer]
    firsts = [
        (time, next((each for each in own if time.start <= each.start <= time.end), None))
        for time in onsets
    ]
    waited = [first.start - time.start for time, first in firsts if first is not None]
    return AnswerNumbers(
        answer=answer,
        share=share,
        score=score,
        episodes=len(own),
        episode_seconds=sum(each.seconds for each in own) / len(own) if own else None,
        latency=sum(waited) / len(waited) if waited else None,
        latencies=len(waited),
    )
