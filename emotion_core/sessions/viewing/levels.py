"""Scores over time in bins of several widths: lowest, mean and highest, so that no peak vanishes.

The widths grow by ``FACTOR``; a chart takes the one of which a bin is about a pixel wide. This is
the "level of detail" of maps and of audio editors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS

if TYPE_CHECKING:
    import pandas as pd

#: Seconds: between two rows of a person that are further apart nothing is known.
LONGEST_GAP: Final = 1.0
#: How much wider the bins of the next level are.
FACTOR: Final = 4
#: The widest bins are so few, or fewer.
FEWEST_BINS: Final = 512
#: Most bins of the narrowest level, times persons: 24 bytes each.
MOST_CELLS: Final = 2_000_000
#: The code of an answer where there is no row.
NO_ANSWER: Final = 255

_ANSWERS: Final = tuple(ANSWER_COLORS)
_CODES: Final = {answer: code for code, answer in enumerate(_ANSWERS)}
_NOBODY: Final = -1
# Seconds are written with four digits.
_ROUNDING: Final = 1e-3
#: Frames in a bin of the narrowest level; what is narrower is drawn row by row.
_FRAMES_A_BIN: Final = 4


@dataclass(frozen=True, eq=False)
class Level:
    """Bins of one width, the first of which begins with the session.

    Attributes:
        seconds: how wide a bin is.
        low: float32 ``[B, P, 7]``, 0 to 1: the lowest of each score among a person's rows in a bin;
            NaN without any.
        mean: float32 ``[B, P, 7]``, their mean.
        high: float32 ``[B, P, 7]``, the highest.
        answer: uint8 ``[B, P]``, the most frequent answer, by its place in ``ANSWER_COLORS``, of
            several the first; ``NO_ANSWER`` without a row.
        joined: bool ``[B, P]``, whether the first row in a bin comes at most ``LONGEST_GAP`` after
            the person's row before it, so that a line leads there.
    """

    seconds: float
    low: NDArray[np.float32]
    mean: NDArray[np.float32]
    high: NDArray[np.float32]
    answer: NDArray[np.uint8]
    joined: NDArray[np.bool_]


def levels_of(
    frames: pd.DataFrame, faces: pd.DataFrame, persons: Sequence[int]
) -> tuple[Level, ...]:
    """Return the rows of some persons in bins, the narrowest first.

    Args:
        frames: one row a frame, as of `emotion_core.sessions.tables.read_tables`.
        faces: one row a face.
        persons: their numbers, in the order of the axis ``P``.

    Returns:
        one level or more; none without frames or persons.
    """
    if not len(frames) or not persons:
        return ()
    width, bins = _narrowest(frames["seconds"].to_numpy(np.float64), len(persons))
    times, scores = (
        faces["seconds"].to_numpy(np.float64),
        faces[list(EMOTIONS)].to_numpy(np.float64),
    )
    answers, of = answer_codes(faces), faces["person"].to_numpy(np.int64, na_value=_NOBODY)
    parts = []
    for person in persons:
        rows = np.flatnonzero(of == person)
        parts.append(_levels_of_person(times[rows], scores[rows], answers[rows], width, bins))
    return tuple(
        Level(
            each[0].seconds,
            *(
                np.concatenate([getattr(part, name) for part in each], axis=1)
                for name in ("low", "mean", "high", "answer", "joined")
            ),
        )
        for each in zip(*parts, strict=True)
    )


def answer_codes(faces: pd.DataFrame) -> NDArray[np.uint8]:
    """Return the answer of each row by its place in ``ANSWER_COLORS``: uint8 ``[N]``.

    Args:
        faces: one row a face; what a column ``corrected`` says counts in place of ``answer``.
    """
    # Each answer is looked up once, and not each row.
    places, answers = faces["answer"].factorize()
    codes: NDArray[np.uint8] = np.array([_CODES[answer] for answer in answers], np.uint8)[places]
    if "corrected" in faces and (said := faces["corrected"].notna().to_numpy()).any():
        codes[said] = faces["corrected"][said].map(_CODES).to_numpy(np.uint8)
    return codes


def _narrowest(times: NDArray[np.float64], persons: int) -> tuple[float, int]:
    """Return the width of the narrowest bins in seconds, and how many of them there are."""
    length = float(times[-1]) + _ROUNDING
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    width = max(_FRAMES_A_BIN * step, _ROUNDING)
    while length / width * persons > MOST_CELLS:
        width *= FACTOR
    return width, max(1, math.ceil(length / width))


def _levels_of_person(
    times: NDArray[np.float64],
    scores: NDArray[np.float64],
    answers: NDArray[np.uint8],
    width: float,
    bins: int,
) -> list[Level]:
    """Return the levels of one person, whose axis ``P`` has the length 1."""
    places = np.minimum((times / width).astype(np.int64), bins - 1)
    firsts = np.flatnonzero(np.diff(places, prepend=-1))
    filled = places[firsts]
    low = np.full((bins, len(EMOTIONS)), np.inf)
    high = np.full((bins, len(EMOTIONS)), -np.inf)
    sums = np.zeros((bins, len(EMOTIONS)))
    counts = np.zeros((bins, len(_ANSWERS)), np.int64)
    joined = np.zeros(bins, bool)
    if len(times):
        low[filled] = np.minimum.reduceat(scores, firsts)
        high[filled] = np.maximum.reduceat(scores, firsts)
        sums[filled] = np.add.reduceat(scores, firsts)
        counts += np.bincount(places * len(_ANSWERS) + answers, minlength=counts.size).reshape(
            counts.shape
        )
        after = np.diff(times, prepend=-np.inf)
        joined[filled] = after[firsts] <= LONGEST_GAP + _ROUNDING
    levels = [_level(width, low, high, sums, counts, joined)]
    while len(low) > FEWEST_BINS:
        # Of a wider bin, the first of its bins with a row says whether a line leads there.
        full = _wider(np.any(counts, axis=1), False)
        joined = np.take_along_axis(_wider(joined, False), full.argmax(axis=1)[:, None], axis=1)[
            :, 0
        ]
        low, high = _wider(low, np.inf).min(axis=1), _wider(high, -np.inf).max(axis=1)
        sums, counts = _wider(sums, 0).sum(axis=1), _wider(counts, 0).sum(axis=1)
        width *= FACTOR
        levels.append(_level(width, low, high, sums, counts, joined))
    return levels


def _wider(bins: NDArray[Any], nothing: float) -> NDArray[Any]:
    """Return bins ``[B, …]`` as ``[B / FACTOR, FACTOR, …]``, filled up with ``nothing``."""
    missing = -len(bins) % FACTOR
    padding = [(0, missing)] + [(0, 0)] * (bins.ndim - 1)
    padded = np.pad(bins, padding, constant_values=nothing)
    return padded.reshape(-1, FACTOR, *bins.shape[1:])


def _level(
    width: float,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    sums: NDArray[np.float64],
    counts: NDArray[np.int64],
    joined: NDArray[np.bool_],
) -> Level:
    rows = counts.sum(axis=1)
    empty = rows == 0
    with np.errstate(invalid="ignore"):
        means = sums / rows[:, None]  # NaN without a row
    answer = np.where(empty, NO_ANSWER, counts.argmax(axis=1)).astype(np.uint8)
    return Level(
        seconds=width,
        low=_without(low, empty),
        mean=_without(means, empty),
        high=_without(high, empty),
        answer=answer[:, None],
        joined=joined[:, None],
    )


def _without(scores: NDArray[np.float64], empty: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.where(empty[:, None], np.nan, scores).astype(np.float32)[:, None]
