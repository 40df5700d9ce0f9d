"""What a session comes to: how long who showed what, and how it changed.

A frame stands for the time until the next one. Where the next one comes more than ``LONGEST_GAP``
later (the stream was interrupted, frames were lost), nothing is known of the time between, and it
counts as nothing; so does the time after the last frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS, UNCERTAIN
from emotion_core.sessions.storage import Session
from emotion_core.sessions.tables import read_events, read_tables

if TYPE_CHECKING:
    import pandas as pd

#: Seconds: a longer time between two frames is not known.
LONGEST_GAP: Final = 1.0
#: Seconds: an answer that lasts less is taken for flicker. Spontaneous expressions mostly last
#: between half a second and four seconds (Ekman 2003, "Emotions Revealed").
SHORTEST_RUN: Final = 0.5
#: Most points of a timeline.
TIMELINE_POINTS: Final = 600

_ANSWERS: Final = tuple(ANSWER_COLORS)
_UNCERTAIN: Final = _ANSWERS.index(UNCERTAIN)
# Seconds are written with four digits.
_ROUNDING: Final = 1e-3


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
    """

    person: int
    frames: int
    seconds: float
    answer_seconds: dict[str, float]
    mean_scores: tuple[float, ...]
    transitions: NDArray[np.int64]
    longest: Stretch | None
    timeline: Timeline

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
    """

    frames: int
    seconds: float
    no_face_seconds: float
    persons: tuple[PersonSummary, ...]
    events: tuple[Event, ...] = ()
    passing: int = 0


def summarize_session(session: Session) -> SessionSummary:
    """Read a session's tables and return what they come to.

    Raises:
        SessionError: a table is missing or damaged.
    """
    summary = summarize(*read_tables(session.folder))
    return replace(summary, events=_events(read_events(session.folder)))


def summarize(
    frames: pd.DataFrame, faces: pd.DataFrame, timeline_points: int = TIMELINE_POINTS
) -> SessionSummary:
    """Return what the two tables of `emotion_core.sessions.tables.read_tables` come to.

    Args:
        frames: one row a frame.
        faces: one row a face; every frame it names is in ``frames``.
        timeline_points: most points of each person's timeline, 2 or more.
    """
    times = frames["seconds"].to_numpy(np.float64)
    durations = frame_durations(times)
    position = np.searchsorted(frames["frame"].to_numpy(), faces["frame"].to_numpy())
    persons = [
        _person(
            int(person), faces.iloc[rows], times[position[rows]], durations[position[rows]],
            timeline_points,
        )
        for person, rows in faces.groupby("person").indices.items()
    ]  # fmt: skip
    return SessionSummary(
        frames=len(frames),
        seconds=float(durations.sum()),
        no_face_seconds=float(durations[frames["faces"].to_numpy() == 0].sum()),
        persons=tuple(sorted(persons, key=lambda person: (-person.seconds, person.person))),
        passing=int(faces.loc[faces["person"].isna(), "track"].nunique()),
    )


def frame_durations(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many seconds each frame stands for.

    Args:
        times: float64 ``[N]``, ascending seconds.

    Returns:
        float64 ``[N]``: the time to the next frame; 0 for the last one, and where it is longer
        than ``LONGEST_GAP``.
    """
    steps = np.diff(times, append=times[-1:])
    return np.where(steps > LONGEST_GAP + _ROUNDING, 0.0, steps)


def _events(table: pd.DataFrame) -> tuple[Event, ...]:
    columns = table[["seconds", "rule", "person", "score"]].astype(object)
    columns = columns.where(columns.notna(), None)
    return tuple(Event(*row) for row in columns.itertuples(index=False))


def _person(
    person: int,
    rows: pd.DataFrame,
    times: NDArray[np.float64],
    durations: NDArray[np.float64],
    timeline_points: int,
) -> PersonSummary:
    scores = rows[list(EMOTIONS)].to_numpy(np.float64)
    answers = rows["answer"].map(_ANSWERS.index).to_numpy(np.int64)
    seconds = np.bincount(answers, durations, minlength=len(_ANSWERS))
    # A person in the last frame only has no time, but scores.
    weights = durations if durations.any() else np.ones_like(durations)
    stretches, transitions = _stretches(answers, times, times + durations)
    return PersonSummary(
        person=person,
        frames=len(rows),
        seconds=float(durations.sum()),
        answer_seconds=dict(zip(_ANSWERS, seconds.tolist(), strict=True)),
        mean_scores=tuple(np.average(scores, axis=0, weights=weights).tolist()),
        transitions=transitions,
        longest=max(stretches, key=lambda stretch: stretch.seconds, default=None),
        timeline=_timeline(times, scores, timeline_points),
    )


def _stretches(
    answers: NDArray[np.int64], starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> tuple[list[Stretch], NDArray[np.int64]]:
    """Return how long which expression lasted, and how often which followed which ``[7, 7]``."""
    transitions = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    stretches: list[Stretch] = []
    for answer, start, end in _runs(answers, starts, ends):
        if answer == _UNCERTAIN or end - start < SHORTEST_RUN - _ROUNDING:
            continue
        emotion = EMOTIONS[answer]
        last = stretches[-1] if stretches else None
        follows = last is not None and start - last.end <= LONGEST_GAP + _ROUNDING
        if last is not None and follows and last.emotion == emotion:
            stretches[-1] = Stretch(emotion, last.start, end)
            continue
        if last is not None and follows:
            transitions[EMOTIONS.index(last.emotion), answer] += 1
        stretches.append(Stretch(emotion, start, end))
    return stretches, transitions


def _runs(
    answers: NDArray[np.int64], starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> list[tuple[int, float, float]]:
    """Return answer, start and end of each time with the same answer in every frame."""
    begins = np.ones(len(answers), bool)
    begins[1:] = (answers[1:] != answers[:-1]) | (starts[1:] > ends[:-1] + _ROUNDING)
    firsts = np.flatnonzero(begins)
    lasts = np.append(firsts[1:], len(answers)) - 1
    return list(
        zip(answers[firsts].tolist(), starts[firsts].tolist(), ends[lasts].tolist(), strict=True)
    )


def _timeline(times: NDArray[np.float64], scores: NDArray[np.float64], points: int) -> Timeline:
    """Return the mean time and scores of each bin that has frames, and NaN between distant ones."""
    most = points // 2  # a gap may follow each of them
    bin_seconds = max(float(times[-1] - times[0]) / most, _ROUNDING)
    bins = np.minimum(np.floor((times - times[0]) / bin_seconds), most - 1)
    firsts = np.flatnonzero(np.diff(bins, prepend=-1.0))
    counts = np.diff(np.append(firsts, len(times)))
    seconds = np.add.reduceat(times, firsts) / counts
    means = np.add.reduceat(scores, firsts, axis=0) / counts[:, None]
    before = times[firsts[1:] - 1]
    gaps = np.flatnonzero(times[firsts[1:]] - before > LONGEST_GAP + _ROUNDING)
    return Timeline(
        seconds=np.insert(seconds, gaps + 1, before[gaps]),
        scores=np.insert(means, gaps + 1, np.nan, axis=0),
    )
