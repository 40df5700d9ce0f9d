from __future__ import annotations

import pytest

from emotion_core.errors import PlacesError
from emotion_core.live.places.limit import VARIABLE, most_viewers


@pytest.fixture(autouse=True)
def nobody_has_said_it(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.mark.parametrize(
    ("table", "limit"),
    [(None, None), ({}, None), ({"most_viewers": 1}, 1), ({"most_viewers": 30}, 30)],
)
def test_a_limit_in_the_settings(table, limit):
    assert most_viewers(table) == limit


def test_the_variable_wins(monkeypatch):
    monkeypatch.setenv(VARIABLE, " 3 ")
    assert most_viewers({"most_viewers": 30}) == 3
    monkeypatch.setenv(VARIABLE, "")
    assert most_viewers({"most_viewers": 30}) == 30


ADVICE = "fix or remove it; without, the app goes by what it measures"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"most_viewers": 0},
            f"[live] most_viewers: expected a whole number from 1 to 1000, found 0; {ADVICE}",
        ),
        (
            {"most_viewers": True},
            f"[live] most_viewers: expected a whole number from 1 to 1000, found True; {ADVICE}",
        ),
        (
            {"most_viewers": "4"},
            f"[live] most_viewers: expected a whole number from 1 to 1000, found '4'; {ADVICE}",
        ),
        ({"viewers": 4}, f'[live] viewers: expected "most_viewers", found this name; {ADVICE}'),
        (4, f'[live]: expected a table with "most_viewers", found something else; {ADVICE}'),
    ],
)
def test_what_cannot_be_a_limit(table, message):
    with pytest.raises(PlacesError) as caught:
        most_viewers(table)
    assert str(caught.value) == message


def test_a_variable_that_cannot_be_a_limit(monkeypatch):
    monkeypatch.setenv(VARIABLE, "many")
    with pytest.raises(
        PlacesError, match=r"EMOTION_MOST_VIEWERS: expected a whole number .* 'many'"
    ):
        most_viewers()
