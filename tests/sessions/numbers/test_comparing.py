from __future__ import annotations

import numpy as np
import pytest

from emotion_core.errors import SessionError
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.numbers.comparing import (
    COMPARISON_COLUMNS,
    MEASURES,
    compare_groups,
    compare_people,
    compare_ranges,
    session_values,
)
from emotion_core.sessions.numbers.testing import (
    PAIRED_EFFECT,
    PAIRED_TEST,
    UNPAIRED_EFFECT,
    UNPAIRED_TEST,
)
from tests.sessions.numbers.made import tables, wandering

HAPPY = MEASURES.index("score of happy")
MINUTES = ("first", [TimeRange(0, 59.9)]), ("second", [TimeRange(60, 120)])


@pytest.fixture(scope="module")
def made():
    """Two people for two minutes, the second of whom is happier in the second minute."""
    return tables(
        {
            person: np.vstack([wandering(600, person), wandering(600, 10 + person, likely)])
            for person, likely in ((1, "neutral"), (2, "happy"))
        }
    )


def mean_of(faces, person: int, times: list[TimeRange]) -> float:
    own = faces[faces["person"] == person]
    return np.mean([own.loc[own["seconds"].between(t.start, t.end), "happy"].mean() for t in times])


def test_two_ranges_by_blocks_of_time(made):
    found = compare_ranges(*made, 2, *MINUTES)
    happy = found.differences[HAPPY]
    means = [mean_of(made[1], 2, times) for _, times in MINUTES]
    assert happy.value == pytest.approx(means[0] - means[1], abs=0.01)
    assert happy.high < 0
    assert happy.p < 0.05
    assert (found.paired, found.effect_name, found.test) == (False, UNPAIRED_EFFECT, UNPAIRED_TEST)
    assert found.unit.startswith("blocks of ")
    assert min(found.n) >= 2


def test_marked_times_are_the_units_where_there_are_several(made):
    sides = [
        (label, [TimeRange(start, start + 4) for start in starts])
        for label, starts in (("a", (2, 12, 22)), ("b", (62, 72, 82, 92)))
    ]
    found = compare_ranges(*made, 2, *sides)
    assert (found.n, found.counted) == ((3, 4), "n = 3 and 4 marked times")
    means = [mean_of(made[1], 2, times) for _, times in sides]
    assert found.differences[HAPPY].value == pytest.approx(means[0] - means[1])


def test_two_people_are_compared_where_both_are_seen(made):
    found = compare_people(*made, (1, "Ann"), (2, "Ben"))
    means = made[1].groupby("person")["happy"].mean()
    assert (found.paired, found.effect_name, found.test) == (True, PAIRED_EFFECT, PAIRED_TEST)
    assert found.n[0] == found.n[1] >= 5
    assert found.differences[HAPPY].value == pytest.approx(means[1] - means[2], abs=0.01)
    assert found.rows()[HAPPY]["first"] == "Ann"


def test_people_who_never_meet_are_two_groups():
    first, second = wandering(800, 1), wandering(800, 2)
    first[400:] = np.nan
    second[:400] = np.nan
    found = compare_people(*tables({1: first, 2: second}), (1, "Ann"), (2, "Ben"))
    assert not found.paired


def test_like_is_seldom_called_different():
    """Blocks are so long that frames being alike makes hardly any difference out of nothing."""
    found = [
        compare_ranges(*tables({1: wandering(1200, seed)}), 1, *MINUTES).differences[HAPPY].p
        for seed in range(40)
    ]
    assert np.mean(np.array(found) < 0.05) <= 0.15


def test_groups_of_sessions():
    people = [{1: wandering(200, seed), 2: wandering(200, 50 + seed)} for seed in range(8)]
    sessions = [session_values(*tables(each)) for each in people]
    sides = ("before", sessions[:4]), ("after", sessions[4:])
    found, paired = compare_groups(*sides), compare_groups(*sides, paired=True)
    assert (found.n, found.unit) == ((4, 4), "sessions")
    assert paired.counted == "n = 4 pairs of sessions"
    assert paired.differences[HAPPY].value == pytest.approx(found.differences[HAPPY].value)
    # All ways to choose four of eight, or four signs, are tried.
    for comparison, ways in ((found, 70), (paired, 16)):
        tried = ways * comparison.differences[HAPPY].p
        assert tried == pytest.approx(round(tried))
    assert {tuple(row) for row in found.rows()} == {COMPARISON_COLUMNS}


def test_a_session_is_the_mean_of_its_people():
    made = tables({1: wandering(200, 1), 2: wandering(200, 2)[:50]})
    means = made[1][made[1]["seconds"] < 19.9].groupby("person")["happy"].mean()
    assert session_values(*made)[HAPPY] == pytest.approx(means.mean())


def test_what_cannot_be_compared(made):
    with pytest.raises(SessionError, match="expected to find person 3 in the range first, found n"):
        compare_ranges(*made, 3, *MINUTES)
    with pytest.raises(SessionError, match="expected to find Ann, found no face there"):
        compare_people(*made, (4, "Ann"), (1, "Ben"))
    with pytest.raises(SessionError, match="as many sessions in both groups, found 1 and 2"):
        compare_groups(("a", [np.zeros(15)]), ("b", [np.zeros(15)] * 2), paired=True)
    with pytest.raises(SessionError, match="a session or more in each group, found 0 and 1"):
        compare_groups(("a", []), ("b", [np.zeros(15)]))
    with pytest.raises(SessionError, match="expected a session with a person in it, found nobody"):
        session_values(made[0], made[1][:0])


def test_no_interval_says_what_cannot_be():
    """Two units that differ much gave a share between -300 and +300 points."""
    measures = len(MEASURES)
    groups = [[np.full(measures, value) for value in values] for values in ((0.9, 0.1), (0.2, 0.8))]
    found = compare_groups(("a", groups[0]), ("b", groups[1]), paired=True)
    assert {(each.low, each.high) for each in found.differences} == {(-1, 1)}
