"""The projection that a map starts from; the map itself: test_embedding_map.py."""

import numpy as np

from emotion_core.judging.predictions import tsne
from emotion_core.judging.predictions.tsne import STEPS, project, share_of_time


def test_the_share_of_time_is_not_that_of_steps_where_later_ones_take_longer():
    assert [share_of_time(steps, 2000) for steps in (0, 75, STEPS)] == [0, 0.1, 1]
    shares = [share_of_time(steps, 30_000) for steps in range(0, STEPS + 1, 10)]
    assert (shares[0], shares[-1]) == (0, 1)
    assert shares == sorted(shares)
    assert share_of_time(STEPS // 2, 30_000) < 0.3


def test_progress_is_told_while_neighbours_are_found(monkeypatch):
    """Finding them says nothing by itself, for a minute on a slow machine."""
    monkeypatch.setattr(tsne, "_TRIAL_IMAGES", 60)
    monkeypatch.setattr(tsne, "_PAUSE_SECONDS", 0.001)
    shares: list[float] = []
    rows = np.random.default_rng(0).normal(size=(2000, 8)).astype(np.float32)
    tsne._neighbours(rows, shares.append)
    assert shares
    assert shares == sorted(shares)
    assert shares[-1] <= 0.07


def test_projection():
    rows = np.array([[0, 0, 0], [4, 0, 0], [0, 1, 0], [4, 1, 0]], np.float32)
    expected = [[-2, -0.5], [2, -0.5], [-2, 0.5], [2, 0.5]]
    np.testing.assert_allclose(project(rows), expected, atol=1e-6)
    assert project(np.array([[1], [3]], np.float32)).tolist() == [[-1, 0], [1, 0]]
