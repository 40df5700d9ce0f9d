"""Scores over time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.live.smoothing import (
    BothViewsSmoother,
    ScoreSmoother,
    SteadyScores,
    certainty,
    hold,
)
from emotion_core.models.folder import MIRRORED, SINGLE
from emotion_core.models.views import FittedViews

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


AS_IT_IS, MIRROR_IMAGE = (0.9, 0.1), (0.3, 0.7)


def read_views(smoother, start, seconds, *, every=1 / 15, times=60):
    """Read a face that stays as it is, and return what was read and the smoothed scores."""
    read, smoothed = [], []
    for index in range(times):
        now = start + index * every
        view = smoother.next_view(now, seconds)
        scores = MIRROR_IMAGE if view == MIRRORED else AS_IT_IS
        read.append(view)
        smoothed.append(smoother.update(scores, now, seconds, view))
    return read, smoothed


@pytest.mark.parametrize("every", [1 / 30, 1 / 15, 0.2])
def test_views_take_turns_and_their_mean_stands_still(every):
    read, smoothed = read_views(BothViewsSmoother(), 3.0, 0.5, every=every)
    assert read == [SINGLE, MIRRORED] * 30
    assert smoothed[0] == pytest.approx(AS_IT_IS)
    # Smoothed together, the newest view would weigh more: the scores would swing for good.
    for scores in smoothed[1:]:
        assert scores == pytest.approx((0.6, 0.4))


def test_a_face_that_is_read_seldom_is_read_as_it_is():
    read, smoothed = read_views(BothViewsSmoother(), 0.0, 0.5, every=0.35, times=5)
    assert set(read) == {SINGLE}
    assert smoothed[-1] == pytest.approx(AS_IT_IS)


def test_without_smoothing_only_the_face_as_it_is_counts():
    smoother = BothViewsSmoother()
    read_views(smoother, 0.0, 0.5, times=2)
    assert smoother.view == MIRRORED
    read, smoothed = read_views(smoother, 0.2, 0.0, times=3)
    assert set(read) == {SINGLE}
    assert smoothed == [pytest.approx(AS_IT_IS)] * 3
    assert smoother.view == SINGLE


def test_a_view_that_is_not_read_any_more_no_longer_counts():
    smoother = BothViewsSmoother()
    read_views(smoother, 0.0, 0.5, times=20)
    _, smoothed = read_views(smoother, 2.0, 0.5, every=0.35, times=2)
    assert smoothed[0] == pytest.approx(AS_IT_IS)
    # And when it is read again, nothing is left of it.
    smoother.update((0.9, 0.1), 3.0, 0.5, SINGLE)
    assert smoother.update((0.1, 0.9), 3.1, 0.5, MIRRORED) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize("every", [1 / 30, 1 / 15, 0.2])
def test_a_change_shows_hardly_later_than_with_one_view(every):
    def lag(smoother, views):
        now = 0.0
        for index in range(60):
            now = index * every
            smoother.update((1.0, 0.0), now, 0.5, *views[index % len(views)])
        for index in range(60, 120):
            scores = smoother.update((0.0, 1.0), index * every, 0.5, *views[index % len(views)])
            if scores[1] > 0.55:
                return index * every - now
        return np.inf

    one = lag(ScoreSmoother(), [()])
    assert lag(BothViewsSmoother(), [(SINGLE,), (MIRRORED,)]) <= one + every + 1e-9


def test_temperature_and_threshold_are_those_of_the_views_that_count():
    views = FittedViews(single=0.75, mirrored=0.5, sharpening=2.0)
    steady = SteadyScores()
    steady.note((0.7, 0.3), 0.0, 0.5, views, SINGLE)
    assert (steady.smoothed, steady.certain, steady.threshold) == ((0.7, 0.3), False, 0.75)
    steady.note((0.7, 0.3), 0.1, 0.5, views, MIRRORED)
    assert steady.smoothed == pytest.approx((0.49 / 0.58, 0.09 / 0.58))
    assert steady.raw == (0.7, 0.3)
    assert (steady.certain, steady.threshold) == (True, pytest.approx(0.4))
    steady.note((0.7, 0.3), 0.2, 0.0, views, SINGLE)
    assert (steady.smoothed, steady.certain, steady.threshold) == ((0.7, 0.3), False, 0.75)


def surest(emotion: str, score: float) -> tuple[tuple[float, ...], int]:
    """Return scores of which this is the highest, and its index."""
    held = EMOTIONS.index(emotion)
    rest = (1 - score) / (len(EMOTIONS) - 1)
    return tuple(score if index == held else rest for index in range(len(EMOTIONS))), held


@pytest.mark.parametrize(
    ("emotion", "score", "certain", "expected"),
    [
        ("happy", 0.51, False, (True, 0.4)),
        ("happy", 0.49, False, (False, 0.5)),
        ("happy", 0.41, True, (True, 0.4)),
        ("neutral", 0.51, False, (True, 0.4)),
        # A calm face looks a little sad; to be called so it has to look it more.
        ("sad", 0.51, False, (False, 0.55)),
        ("sad", 0.56, False, (True, 0.45)),
        ("sad", 0.44, True, (False, 0.55)),
    ],
)
def test_sad_takes_more_than_other_answers(emotion, score, certain, expected):
    scores, held = surest(emotion, score)
    found = certainty(scores, held, 0.5, certain=certain, seconds=0.5)
    assert found == (expected[0], pytest.approx(expected[1]))


def test_without_smoothing_the_models_threshold_counts():
    scores, held = surest("sad", 0.51)
    for certain in (False, True):
        assert certainty(scores, held, 0.5, certain=certain, seconds=0.0) == (True, 0.5)
