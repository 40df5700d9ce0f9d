from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import SessionError
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.numbers.around import mark_average
from tests.sessions.numbers.made import steady, tables, wandering

ONSETS = (5.0, 12.3, 30.05, 58.5)


@pytest.fixture(scope="module")
def made():
    return tables({1: wandering(600, 1), 2: wandering(600, 2)})


def by_pandas(faces: pd.DataFrame, before: float, after: float, step: float) -> pd.DataFrame:
    """Return the mean of each mark and step, of one person."""
    curves = []
    for onset in ONSETS:
        rows = faces[faces["person"] == 1]
        bins = np.floor((rows["seconds"] - onset + 1e-9) / step)
        inside = (bins >= -before / step) & (bins < after / step)
        curves.append(rows[inside].groupby(bins[inside])[list(EMOTIONS)].mean())
    return pd.concat(curves, keys=range(len(ONSETS)))


def test_it_is_what_pandas_makes_of_the_rows(made):
    average = mark_average(*made, ONSETS, person=1, before=2, after=4, step=0.5)
    grouped = by_pandas(made[1], 2, 4, 0.5).groupby(level=1)
    n = grouped.size().to_numpy()
    assert average.seconds == pytest.approx(np.arange(-1.75, 4, 0.5))
    assert average.mean == pytest.approx(grouped.mean().to_numpy())
    # The last mark is a second and a half before the end.
    assert average.marks.tolist() == n.tolist() == [4] * 7 + [3] * 5
    assert average.n == 4
    margin = scipy.stats.t.ppf(0.975, n - 1)[:, None] * grouped.sem().to_numpy()
    assert average.high - average.mean == pytest.approx(margin, rel=0.01)


def test_what_was_before_is_taken_away(made):
    average = mark_average(*made, ONSETS, person=1, before=2, after=4, step=0.5, subtract=True)
    curves = by_pandas(made[1], 2, 4, 0.5)
    before = curves[curves.index.get_level_values(1) < 0].groupby(level=0).mean()
    changed = pd.concat(
        {mark: curves.loc[mark] - before.loc[mark] for mark in range(len(ONSETS))}
    ).groupby(level=1).mean()  # fmt: skip
    assert average.mean == pytest.approx(changed.to_numpy())
    assert average.mean[:4].mean(axis=0) == pytest.approx(0)


def test_of_everybody_each_counts_alike(made):
    both = mark_average(*made, ONSETS, before=1, after=2)
    alone = [mark_average(*made, ONSETS, person=each, before=1, after=2).mean for each in (1, 2)]
    assert both.mean == pytest.approx(np.mean(alone, axis=0))


def test_how_soon_something_comes():
    made = tables({1: steady(*[(2, "neutral"), (2, "happy")] * 10)})
    happy, neutral = mark_average(*made, (1.0, 5.5, 39.5), after=3).latencies
    assert (happy.emotion, happy.seconds, happy.marks) == ("happy", pytest.approx(0.75), 2)
    assert (neutral.emotion, neutral.seconds, neutral.marks) == ("neutral", pytest.approx(2.5), 1)


def test_marks_without_rows_and_times_left_out(made):
    average = mark_average(*made, (5.0, 500.0), left_out=[TimeRange(5.5, 7.0)])
    assert average.n == 1
    assert np.isnan(average.low).all()  # of one mark nobody knows how far it is off
    assert np.isnan(average.mean[(average.seconds > 0.75) & (average.seconds < 1.75)]).all()
    assert mark_average(*made, ()).n == 0
    assert {row["mean"] for row in mark_average(*made, ()).rows()} == {None}


@pytest.mark.parametrize(("before", "after"), [(-1, 1), (1, 0), (500, 1)])
def test_no_curve(made, before, after):
    with pytest.raises(SessionError, match=r"expected 0 s or more before a mark .*, found"):
        mark_average(*made, ONSETS, before=before, after=after)
