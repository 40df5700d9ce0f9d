from __future__ import annotations

import numpy as np
import pytest

from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.errors import SessionError
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.numbers.baseline import (
    RELATIVE_COLUMNS,
    relative_faces,
    relative_scores,
    rest_of,
    with_relative,
)
from tests.sessions.numbers.made import tables

SAD_AT_REST = np.array([0.05, 0.05, 0.05, 0.05, 0.55, 0.05, 0.2])
SMILE = np.array([0.02, 0.02, 0.02, 0.6, 0.25, 0.02, 0.07])


@pytest.fixture
def made():
    return tables({1: np.vstack([[SAD_AT_REST] * 50, [SMILE] * 50]), 2: np.array([SMILE] * 100)})


def test_a_rest_is_the_mean_of_the_logarithms(made):
    rest = rest_of(made[1], 1, TimeRange(0, 4.95))
    assert rest == pytest.approx(np.log(SAD_AT_REST))
    relative = relative_scores(np.array([SAD_AT_REST, SMILE]), rest)
    assert relative[0] == pytest.approx(1 / 7)
    by_hand = SMILE / SAD_AT_REST
    assert relative[1] == pytest.approx(by_hand / by_hand.sum())
    # A score that is written as 0 is not the end of all others.
    assert np.isfinite(relative_scores(np.eye(7)[:1], rest)).all()


def test_who_has_a_rest_is_read_relative_to_it(made):
    rests = {1: rest_of(made[1], 1, TimeRange(0, 4.95))}
    faces = relative_faces(made[1], rests)
    first, second = (faces[faces["person"] == person] for person in (1, 2))
    assert set(first["answer"][:50]) == {UNCERTAIN}
    assert set(first["answer"][50:]) == {"happy"}
    assert first[list(EMOTIONS)].sum(axis=1).to_numpy() == pytest.approx(1)
    assert second.equals(made[1][made[1]["person"] == 2])
    # The raw scores are never changed.
    assert made[1].loc[0, "sad"] == 0.55


def test_a_table_has_both(made):
    table = with_relative(made[1], {1: rest_of(made[1], 1, TimeRange(0, 4.95))})
    assert table[list(EMOTIONS)].equals(made[1][list(EMOTIONS)])
    own = table["person"] == 1
    assert table.loc[own, list(RELATIVE_COLUMNS)].sum(axis=1).to_numpy() == pytest.approx(1)
    assert table.loc[~own, list(RELATIVE_COLUMNS)].isna().all(axis=None)


def test_a_rest_of_hardly_any_rows(made):
    with pytest.raises(SessionError, match=r"expected 10 rows or more of person 1 .* found 3;"):
        rest_of(made[1], 1, TimeRange(0, 0.2))
