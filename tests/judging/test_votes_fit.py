import json

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from emotion_core.datasets import VOTE_NAMES
from emotion_core.judging.votes_fit import fit_to_votes

#: The names of votes in the order of the expressions.
SEVEN = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")


def votes_of(**counts: int) -> np.ndarray:
    return np.array([counts.get(name, 0) for name in VOTE_NAMES], np.uint8)


def scores_of(**shares: float) -> np.ndarray:
    return np.array([shares.get(name, 0.0) for name in SEVEN])


def test_by_hand():
    votes = np.stack([votes_of(happiness=8, neutral=2), votes_of(sadness=6, neutral=4)])
    scores = np.stack([scores_of(happiness=0.6, neutral=0.4), scores_of(neutral=0.7, sadness=0.3)])
    labels = np.array([3, 4], np.uint8)
    fit = fit_to_votes(scores, labels, votes)
    assert fit.n == fit.majority_n == 2
    assert fit.majority.value == 0.5
    assert fit.label_majority.value == 1
    assert fit.expected == pytest.approx((0.8 + 0.4) / 2)
    assert fit.label_expected == pytest.approx((0.8 + 0.6) / 2)
    assert fit.ceiling == pytest.approx(0.7)
    assert fit.relative_entropy == pytest.approx(
        (
            0.8 * np.log(0.8 / 0.6)
            + 0.2 * np.log(0.2 / 0.4)
            + 0.6 * np.log(0.6 / 0.3)
            + 0.4 * np.log(0.4 / 0.7)
        )
        / 2
    )


def test_divergence_agrees_with_scipy():
    random = np.random.default_rng(0)
    votes = random.integers(0, 4, (20, 10)).astype(np.uint8)
    votes[:, 0] += 1
    scores = random.dirichlet(np.ones(7), 20)
    labels = np.zeros(20, np.uint8)
    fit = fit_to_votes(scores, labels, votes)
    columns = [VOTE_NAMES.index(name) for name in SEVEN]
    shares = votes[:, columns] / votes[:, columns].sum(axis=1, keepdims=True)
    expected = [jensenshannon(*pair, base=2) ** 2 for pair in zip(shares, scores, strict=True)]
    assert fit.divergence == pytest.approx(np.mean(expected))


def test_votes_for_nothing_that_a_model_could_say_do_not_count():
    scores, labels = scores_of(neutral=1.0)[None], np.array([6], np.uint8)
    assert fit_to_votes(scores, labels, votes_of(contempt=6, NF=4)[None]) is None
    assert fit_to_votes(scores, labels, votes_of()[None]) is None
    fit = fit_to_votes(scores, labels, votes_of(contempt=6, neutral=4)[None])
    assert (fit.n, fit.majority_n, fit.expected, fit.divergence) == (1, 0, 1.0, 0.0)


def test_impossible_scores_give_finite_figures():
    fit = fit_to_votes(
        scores_of(neutral=1.0)[None], np.array([3], np.uint8), votes_of(happiness=10)[None]
    )
    assert fit.divergence == pytest.approx(1)
    json.dumps(fit.to_json(), allow_nan=False)
