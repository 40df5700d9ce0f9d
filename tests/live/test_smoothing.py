"""Scores over time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emotion_core.live.smoothing import ScoreSmoother, hold

FIRST, SECOND = (0.8, 0.2), (0.1, 0.9)


def crossing_time(rate: float, seconds: float) -> float:
    """Return how long after a change of the scores the smoothed ones change order."""
    smoother = ScoreSmoother()
    now = 0.0
    while now < 10 * seconds:
        smoother.update((1.0, 0.0), now, seconds)
        now += 1 / rate
    changed_at = now
    while True:
        scores = smoother.update((0.0, 1.0), now, seconds)
        if scores[1] > scores[0]:
            return now - changed_at
        now += 1 / rate


@pytest.mark.parametrize("rate", [5, 12, 30, 60])
def test_the_lag_is_the_same_at_any_frame_rate(rate):
    # Half way after ln 2 time constants; the first changed frame already counts for one interval.
    assert crossing_time(rate, 0.5) == pytest.approx(0.5 * math.log(2), abs=1.01 / rate)


def test_the_first_reading_stands_for_itself():
    assert ScoreSmoother().update(FIRST, 5.0, 0.5) == pytest.approx(FIRST)


def test_the_first_readings_count_alike():
    smoother = ScoreSmoother()
    smoother.update(FIRST, 0.0, 1.0)
    assert smoother.update(SECOND, 0.001, 1.0) == pytest.approx((0.45, 0.55))
    assert smoother.update(SECOND, 0.002, 1.0) == pytest.approx((1 / 3, 2 / 3))


def test_scores_stay_probabilities():
    random = np.random.default_rng(0)
    smoother = ScoreSmoother()
    for index in range(100):
        scores = smoother.update(tuple(random.dirichlet(np.ones(7))), index / 30, 0.5)
        assert sum(scores) == pytest.approx(1)
        assert min(scores) >= 0


def test_without_smoothing_every_reading_shows():
    smoother = ScoreSmoother()
    smoother.update(FIRST, 0.0, 0.5)
    smoother.update(FIRST, 1.0, 0.5)
    assert smoother.update(SECOND, 1.1, 0.0) == pytest.approx(SECOND)


def test_after_a_long_pause_only_the_new_counts():
    smoother = ScoreSmoother()
    for index in range(10):
        smoother.update(FIRST, index / 10, 0.5)
    assert smoother.update(SECOND, 60.0, 0.5) == pytest.approx(SECOND)


def test_a_clock_that_stands_still_or_goes_back_does_no_harm():
    smoother = ScoreSmoother()
    for now in (1.0, 1.0, 0.5):
        scores = smoother.update(FIRST, now, 0.5)
    assert scores == pytest.approx(FIRST)


@pytest.mark.parametrize(
    ("held", "scores", "expected"),
    [
        (None, (0.3, 0.4, 0.3), 1),
        (0, (0.45, 0.5, 0.05), 0),
        (0, (0.4, 0.55, 0.05), 1),
        (1, (0.45, 0.5, 0.05), 1),
        (2, (0.9, 0.1, 0.0), 0),
    ],
)
def test_a_label_is_held_until_another_is_clearly_ahead(held, scores, expected):
    assert hold(held, scores, 0.1) == expected
