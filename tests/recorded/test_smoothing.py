"""Scores steadied over the time around."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.recorded.segments.smoothing import both_views, centred


def column(*values: float) -> np.ndarray:
    return np.array([[value, 1 - value] for value in values], np.float32)


def test_a_change_is_half_way_when_it_happens():
    times = np.arange(0, 4, 0.1)
    scores = column(*(times >= 1.95))
    means = centred(times, scores, times, 0.25)
    before, after = means[19, 0], means[20, 0]
    assert before < 0.5 < after
    assert before + after == pytest.approx(1, abs=0.01)
    assert means[10, 0] < 0.03
    assert means[30, 0] > 0.97
    assert means.sum(axis=1) == pytest.approx(np.ones(40))


def test_it_is_as_steady_as_twice_the_time_before():
    noise = np.random.default_rng(3).normal(0.5, 0.1, 3000)
    times = np.arange(3000) / 15
    around = centred(times, column(*noise), times, 0.25)[50:-50, 0]
    trailing = noise[0]
    share, means = 1 - np.exp(-1 / 15 / 0.5), []
    for value in noise:
        trailing += share * (value - trailing)
        means.append(trailing)
    assert around.std() == pytest.approx(np.std(means[50:-50]), rel=0.15)


def test_without_smoothing_the_nearest_reading_counts():
    means = centred(np.array([0.0, 1.0]), column(0.2, 0.8), np.array([0.0, 0.4, 0.6, 5.0]), 0.0)
    assert means[:, 0] == pytest.approx([0.2, 0.2, 0.8, 0.8])


def test_readings_far_away_do_not_count_but_one_always_does():
    means = centred(np.array([0.0, 9.0]), column(0.2, 0.8), np.array([3.0, 8.9]), 0.25)
    assert means[:, 0] == pytest.approx([0.2, 0.8])


def test_many_frames_are_as_few():
    times = np.arange(1500) / 30
    scores = column(*np.random.default_rng(4).random(1500))
    whole = centred(times, scores, times, 0.25)
    assert np.array_equal(whole[700:710], centred(times, scores, times[700:710], 0.25))


def test_both_views_weigh_alike_whichever_is_nearer():
    times = np.arange(0, 3, 0.1)
    mirrored = np.arange(30) % 2 == 1
    means, both = both_views(times, column(*np.where(mirrored, 0.8, 0.2)), mirrored, times, 0.25)
    assert both.all()
    assert means[:, 0] == pytest.approx(np.full(30, 0.5), abs=1e-6)


def test_a_view_that_was_not_read_close_by_does_not_count():
    times = np.array([0.0, 0.1, 0.2, 2.0, 2.1])
    mirrored = np.array([False, True, False, False, False])
    means, both = both_views(times, column(0.2, 0.8, 0.2, 0.2, 0.2), mirrored, times, 0.25)
    assert both.tolist() == [True, True, True, False, False]
    assert means[:, 0] == pytest.approx([0.5, 0.5, 0.5, 0.2, 0.2], abs=1e-6)
    single, both = both_views(times[:1], column(0.2), mirrored[:1], times, 0.25)
    assert not both.any()
    assert single[:, 0] == pytest.approx(np.full(5, 0.2))
