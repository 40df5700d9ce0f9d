"""What a session comes to: how long who showed what, and how it changed.

A frame stands for the time until the next one. Where the next one comes more than ``LONGEST_GAP``
later (the stream was interrupted, frames were lost), nothing is known of the time between, and it
counts as nothing; so does the time after the last frame. What people said afterwards counts: merged
and hidden persons, corrected answers, ranges left out (`emotion_core.sessions.edits`). In a range
of time is each frame whose own time lies in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS, UNCERTAIN
from emotion_core.sessions.edits.folding import EditedSession, InFolder, read_edited
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.rows import (
    LONGEST_GAP,
    ROUNDING,
    PersonRows,
    frames_within,
    persons_rows,
)

if TYPE_CHECKING:
    import pandas as pd

#: Seconds: an answer that lasts less is taken for flicker. Spontaneous expressions mostly last
#: between half a second and four seconds (Ekman 2003, "Emotions Revealed").
SHORTEST_RUN: Final = 0.5
#: Most points of a timeline.
TIMELINE_POINTS: Final = 600

_ANSWERS: Final = tuple(ANSWER_COLORS)
_UNCERTAIN: Final = _ANSWERS.index(UNCERTAIN)


@dataclass(frozen=True)
class Stretch:
    """A time in which one person showed one expression.

    Attributes:
        emotion: one of ``EMOTIONS``.
        start: seconds since the start of the session.
        end: the same.
    """

    emotion: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end - self.start


@dataclass(frozen=True)
class Timeline:
    """Scores over time, few enough to draw.

    Attributes:
        seconds: float64 ``[M]``, since the start of the session; M is at most the number of points
            asked for.
        scores: float64 ``[M, 7]``, 0 to 1, means of the frames around; a row of NaN separates
            times between which the person was not seen.
    """

    seconds: NDArray[np.float64]
    scores: NDArray[np.float64]


@dataclass(frozen=True)
class PersonSummary:
    """One person.

    Attributes:
        person: their number, the same when they came back; see
            `emotion_core.faces.persons.gallery`.
        name: what somebody called them; or "person 2".
        frames: frames with this person.
        seconds: how long the person was seen.
        answer_seconds: how long each answer was given: the seven expressions and "uncertain". They
            add up to ``seconds``.
        mean_scores: mean of each score over the time seen, in the order of ``EMOTIONS``.
        transitions: int64 ``[7, 7]``, how often the expression of the row was followed by that of
            the column. Uncertain times and those shorter than ``SHORTEST_RUN`` are left out first;
            what remains is followed by what begins within ``LONGEST_GAP`` after it.
        longest: the longest time with one expression, what was left out in between included; None
            when no expression lasted ``SHORTEST_RUN``.
        timeline: the scores, for drawing.
        stretches: every time with one expression that lasted, in order, ``longest`` among them.
    """

    person: int
    frames: int
    seconds: float
    answer_seconds: dict[str, float]
    mean_scores: tuple[float, ...]
    transitions: NDArray[np.int64]
    longest: Stretch | None
    timeline: Timeline
    name: str = ""
    stretches: tuple[Stretch, ...] = ()

    @property
    def shares(self) -> dict[str, float]:
        """Share 0..1 of the time seen, for each answer; all 0 when no time is known."""
        return {
            answer: seconds / self.seconds if self.seconds else 0.0
            for answer, seconds in self.answer_seconds.items()
        }

    @property
    def changes_per_minute(self) -> float:
        """Changes of expression (``transitions``) in a minute seen."""
        return 60 * int(self.transitions.sum()) / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Event:
    """Something that a rule was waiting for.

    Attributes:
        seconds: when, since the start of the session.
        rule: the rule in words.
        person: number of the person whom it is about; None where it is about all faces.
        score: the score that a rule on an expression asks for, at that time; else None.
    """

    seconds: float
    rule: str
    person: int | None = None
    score: float | None = None


@dataclass(frozen=True)
class SessionSummary:
    """A whole session.

    Attributes:
        frames: frames recorded.
        seconds: time that the frames stand for.
        no_face_seconds: the part of it without any face.
        persons: who was seen longest comes first.
        events: in the order of their times.
        passing: faces that were seen for less than half a second, and so are nobody's: their
            tracks are in the tables, but in no person's sums.
        no_face_frames: frames without any face.
    """

    frames: int
    seconds: float
    no_face_seconds: float
    persons: tuple[PersonSummary, ...]
    events: tuple[Event, ...] = ()
    passing: int = 0
    no_face_frames: int = 0


def summarize_session(session: InFolder, edited: EditedSession | None = None) -> SessionSummary:
    """Return what a session comes to, with everything that people said afterwards.

    Args:
        session: which one.
        edited: what `read_edited` returned of it, where it was read already.

    Raises:
        SessionError: a table is missing or damaged.
    """
    edited = edited or read_edited(session)
    summary = summarize(edited.frames, edited.faces, left_out=edited.left_out)
    persons = tuple(replace(each, name=edited.called(each.person)) for each in summary.persons)
    return replace(summary, persons=persons, events=_events(edited.counted().events))


def summarize(
    frames: pd.DataFrame,
    faces: pd.DataFrame,
    timeline_points: int = TIMELINE_POINTS,
    left_out: Sequence[TimeRange] = (),
    within: Sequence[TimeRange] | None = None,
) -> SessionSummary:
    """Return what the two tables of a session come to.

    Args:
        frames: one row a frame, as `emotion_core.sessions.tables.read_tables` gives them.
        faces: one row a face; every frame it names is in ``frames``. Where there is a column
            ``corrected``, what it says counts in place of ``answer``.
        timeline_points: most points of each person's timeline, 2 or more.
        left_out: times that do not count.
        within: the times that count; None: all. Nothing in one of them follows on something in
            another.
    """
    durations, ranges = frames_within(frames, left_out, within)
    kept = ranges >= 0
    without_face = frames["faces"].to_numpy()[kept] == 0
    persons = [
        _person(rows, timeline_points) for rows in persons_rows(frames, faces, left_out, within)
    ]
    seen = faces["frame"].isin(frames["frame"][kept])
    return SessionSummary(
        frames=int(kept.sum()),
        seconds=float(durations[kept].sum()),
        no_face_seconds=float(durations[kept][without_face].sum()),
        persons=tuple(sorted(persons, key=lambda person: (-person.seconds, person.person))),
        passing=int(faces.loc[faces["person"].isna() & seen, "track"].nunique()),
        no_face_frames=int(without_face.sum()),
    )


def _events(table: pd.DataFrame) -> tuple[Event, ...]:
    columns = table[["seconds", "rule", "person", "score"]].astype(object)
    columns = columns.where(columns.notna(), None)
    return tuple(Event(*row) for row in columns.itertuples(index=False))


def _person(own: PersonRows, timeline_points: int) -> PersonSummary:
    scores, answers, durations = own.scores, own.answers, own.durations
    seconds = np.bincount(answers, durations, minlength=len(_ANSWERS))
    # A person in the last frame only has no time, but scores.
    weights = durations if durations.any() else np.ones_like(durations)
    stretches, transitions = _stretches(answers, own)
    return PersonSummary(
        person=own.person,
        frames=len(own.rows),
        seconds=float(durations.sum()),
        answer_seconds=dict(zip(_ANSWERS, seconds.tolist(), strict=True)),
        mean_scores=tuple(np.average(scores, axis=0, weights=weights).tolist()),
        transitions=transitions,
        longest=max(stretches, key=lambda stretch: stretch.seconds, default=None),
        timeline=_timeline(own.times, scores, timeline_points),
        stretches=tuple(stretches),
    )


def _stretches(
    answers: NDArray[np.int64], own: PersonRows
) -> tuple[list[Stretch], NDArray[np.int64]]:
    """Return how long which expression lasted, and how often which followed which ``[7, 7]``."""
    transitions = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    stretches: list[Stretch] = []
    last_range = -1
    for answer, start, end, place in _runs(answers, own):
        if answer == _UNCERTAIN or end - start < SHORTEST_RUN - ROUNDING:
            continue
        emotion = EMOTIONS[answer]
        last = stretches[-1] if stretches and place == last_range else None
        last_range = place
        follows = last is not None and start - last.end <= LONGEST_GAP + ROUNDING
        if last is not None and follows and last.emotion == emotion:
            stretches[-1] = Stretch(emotion, last.start, end)
            continue
        if last is not None and follows:
            transitions[EMOTIONS.index(last.emotion), answer] += 1
        stretches.append(Stretch(emotion, start, end))
    return stretches, transitions


def _runs(answers: NDArray[np.int64], own: PersonRows) -> list[tuple[int, float, float, int]]:
    """Return answer, start, end and range of each time with the same answer in every frame."""
    starts, ends, ranges = own.times, own.times + own.durations, own.ranges
    begins = np.ones(len(answers), bool)
    begins[1:] = (answers[1:] != answers[:-1]) | (starts[1:] > ends[:-1] + ROUNDING)
    begins[1:] |= ranges[1:] != ranges[:-1]
    firsts = np.flatnonzero(begins)
    lasts = np.append(firsts[1:], len(answers)) - 1
    columns = answers[firsts], starts[firsts], ends[lasts], ranges[firsts]
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _timeline(times: NDArray[np.float64], scores: NDArray[np.float64], points: int) -> Timeline:
    """Return the mean time and scores of each bin that has frames, and NaN between distant ones."""
    most = points // 2  # a gap may follow each of them
    bin_seconds = max(float(times[-1] - times[0]) / most, ROUNDING)
    bins = np.minimum(np.floor((times - times[0]) / bin_seconds), most - 1)
    firsts = np.flatnonzero(np.diff(bins, prepend=-1.0))
    counts = np.diff(np.append(firsts, len(times)))
    seconds = np.add.reduceat(times, firsts) / counts
    means = np.add.reduceat(scores, firsts, axis=0) / counts[:, None]
    before = times[firsts[1:] - 1]
    gaps = np.flatnonzero(times[firsts[1:]] - before > LONGEST_GAP + ROUNDING)
    return Timeline(
        seconds=np.insert(seconds, gaps + 1, before[gaps]),
        scores=np.insert(means, gaps + 1, np.nan, axis=0),
    )
