import json

import numpy as np
import pytest
from scipy.stats import binomtest

from emotion_core.judging.paired_comparison import PairedCounts, compare_answers
from tests.judging.made_answers import made_answers, random_answers


@pytest.mark.parametrize("counts", [(0, 0), (1, 0), (3, 9), (10, 10), (25, 61), (900, 1100)])
def test_p_agrees_with_the_exact_binomial_test(counts):
    expected = binomtest(counts[0], sum(counts)).pvalue if sum(counts) else 1.0
    assert PairedCounts(50, *counts, 7).p_value == pytest.approx(expected)
    assert PairedCounts(50, *counts[::-1], 7).p_value == pytest.approx(expected)


def test_difference_by_hand():
    difference = PairedCounts(60, 20, 10, 10).difference
    assert difference.value == pytest.approx(0.1)
    # Bonett and Price 2012, equation 4, with n12 = 20, n21 = 10, n = 100.
    first, second = 21 / 102, 11 / 102
    margin = 1.959964 * np.sqrt((first + second - (first - second) ** 2) / 102)
    assert difference.low == pytest.approx(first - second - margin)
    assert difference.high == pytest.approx(first - second + margin)


def test_interval_keeps_its_coverage_with_few_images():
    random = np.random.default_rng(0)
    covered = 0
    for counts in random.multinomial(30, [0.6, 0.2, 0.1, 0.1], size=2000):
        interval = PairedCounts(*counts.tolist()).difference
        covered += interval.low <= 0.1 <= interval.high
    assert 0.93 < covered / 2000 < 0.98


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (5, 0, 0, 0), (0, 5, 0, 0), (0, 0, 0, 1)])
def test_degenerate_counts(counts):
    difference = PairedCounts(*counts).difference
    assert -1 <= difference.low <= difference.value <= difference.high <= 1
    assert difference.low < difference.high


def test_two_models_by_hand():
    labels = [0, 0, 3, 3, 6]
    first = made_answers(labels, [0, 0, 3, 1, 2], name="first")
    second = made_answers(labels, [0, 2, 3, 3, 4], name="second")
    comparison = compare_answers(first, second)
    assert comparison.counts == PairedCounts(both=2, only_first=1, only_second=1, neither=1)
    assert comparison.only_first().tolist() == [1]
    assert comparison.only_second().tolist() == [3]
    assert comparison.wrong_differently().tolist() == [4]
    angry, disgust, *_ = comparison.per_class
    assert angry.counts == PairedCounts(1, 1, 0, 0)
    assert angry.f1 == pytest.approx(1 - 2 / 3)
    assert disgust.counts.n == 0


def test_a_model_with_itself_differs_nowhere():
    answers = random_answers()
    comparison = compare_answers(answers, answers)
    assert comparison.counts.difference.value == 0
    assert comparison.counts.p_value == 1
    assert len(comparison.only_first()) == len(comparison.wrong_differently()) == 0
    json.dumps(comparison.to_json(), allow_nan=False)


def test_other_images_are_refused():
    answers = made_answers([0, 1], [0, 1])
    for other in (
        made_answers([0], [0]),
        made_answers([0, 2], [0, 1]),
        made_answers([0, 1], [0, 1], indices=np.array([10, 12])),
    ):
        with pytest.raises(ValueError, match="to the same images, found other images"):
            compare_answers(answers, other)
