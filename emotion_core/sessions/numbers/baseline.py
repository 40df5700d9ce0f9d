"""Scores relative to a person's rest: how the face differs from itself, not from faces in general.

Some people look a little sad or angry to the network while they do nothing. The mean of the
logarithms of the scores in a range of rest is taken away from the logarithms of every row's, and
the result normalised to add up to 1. At rest all seven are then about equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.errors import SessionError
from emotion_core.sessions.edits.kinds import Mark
from emotion_core.sessions.edits.ranges import TimeRange

if TYPE_CHECKING:
    import pandas as pd

#: A marked range with this label, in capitals or not, is the rest of the person it is about, or of
#: everybody.
REST_LABEL: Final = "rest"
#: Scores are written with four digits; one of 0 is about half of the last.
SMALLEST: Final = 5e-5
#: Rows that a rest is made of, at least.
FEWEST_ROWS: Final = 10
#: Columns with the scores relative to the rest, in the order of ``EMOTIONS``.
RELATIVE_COLUMNS: Final = tuple(f"relative_{emotion}" for emotion in EMOTIONS)


class Marked(Protocol):
    """A session with marks: `emotion_core.sessions.edits.folding.EditedSession`."""

    @property
    def faces(self) -> pd.DataFrame:
        """One row a face."""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Its marks."""


def rests_of(session: Marked) -> dict[int, NDArray[np.float64]]:
    """Return the rest of each person who has a marked one; of several, the first counts.

    Args:
        session: with its marks. Who is hardly seen in a rest has none.
    """
    rests: dict[int, NDArray[np.float64]] = {}
    everybody = session.faces["person"].dropna().unique().tolist()
    for mark in session.marks:
        if mark.label.casefold() != REST_LABEL or not mark.seconds:
            continue
        for person in everybody if mark.person is None else [mark.person]:
            try:
                rest = rest_of(session.faces, person, TimeRange(mark.start, mark.end))
            except SessionError:
                continue
            rests.setdefault(int(person), rest)
    return rests


def rest_of(faces: pd.DataFrame, person: int, time: TimeRange) -> NDArray[np.float64]:
    """Return the mean of the logarithms of a person's scores in a range, float64 ``[7]``.

    Args:
        faces: one row a face.
        person: whose.
        time: the range of rest, in seconds since the start.

    Raises:
        SessionError: they were hardly seen in it.
    """
    own = faces[_is(faces, person) & faces["seconds"].between(time.start, time.end)]
    if len(own) < FEWEST_ROWS:
        raise SessionError(
            f"expected {FEWEST_ROWS} rows or more of person {person} at rest between "
            f"{time.start:g} and {time.end:g} s, found {len(own)}; choose a range in which the "
            "face is in view"
        )
    scores = own[list(EMOTIONS)].to_numpy(np.float64)
    return np.asarray(np.log(np.maximum(scores, SMALLEST)).mean(axis=0), np.float64)


def relative_scores(scores: NDArray[np.float64], rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores relative to a rest, float64 ``[N, 7]``; each row adds up to 1.

    Args:
        scores: float64 ``[N, 7]``, probabilities.
        rest: float64 ``[7]``, as `rest_of` returns it.
    """
    logarithms = np.log(np.maximum(scores, SMALLEST)) - rest
    shares = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float64)


def with_relative(faces: pd.DataFrame, rests: Mapping[int, NDArray[np.float64]]) -> pd.DataFrame:
    """Return the table with ``RELATIVE_COLUMNS``; they are empty for persons without a rest.

    Args:
        faces: one row a face.
        rests: of each person who has one, as `rest_of` returns it.
    """
    values = np.full((len(faces), len(EMOTIONS)), np.nan)
    for person, rest in rests.items():
        own = _is(faces, person)
        values[own] = relative_scores(faces.loc[own, list(EMOTIONS)].to_numpy(np.float64), rest)
    return faces.assign(**dict(zip(RELATIVE_COLUMNS, values.T, strict=True)))


def relative_faces(
    faces: pd.DataFrame, rests: Mapping[int, NDArray[np.float64]], threshold: float | None = None
) -> pd.DataFrame:
    """Return the table with scores and answers relative to each person's rest.

    Persons without a rest keep theirs.

    Args:
        faces: one row a face.
        rests: of each person who has one, as `rest_of` returns it.
        threshold: score from which on the highest is the answer; None: the lowest with which a row
            of the table has one.
    """
    if threshold is None:
        answered = faces.loc[faces["answer"] != UNCERTAIN, "confidence"]
        threshold = float(answered.min()) if len(answered) else 0.5
    faces = faces.copy()
    for person, rest in rests.items():
        own = _is(faces, person)
        if not own.any():
            continue
        scores = relative_scores(faces.loc[own, list(EMOTIONS)].to_numpy(np.float64), rest)
        names = np.array(EMOTIONS, dtype=object)[scores.argmax(axis=1)]
        highest = scores.max(axis=1)
        faces.loc[own, list(EMOTIONS)] = scores
        faces.loc[own, "emotion"] = names
        faces.loc[own, "confidence"] = highest
        faces.loc[own, "answer"] = np.where(highest >= threshold, names, UNCERTAIN)
    return faces


def _is(faces: pd.DataFrame, person: int) -> NDArray[np.bool_]:
    """Return which rows are a person's; those of nobody are not."""
    return np.asarray((faces["person"] == person).fillna(False), bool)
