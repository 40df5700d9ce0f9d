import numpy as np
import pytest

from emotion_core.judging.measures.intervals import wilson_interval
from emotion_core.judging.measures.scores import (
    CALIBRATION_BINS,
    coverage_curve,
    coverage_point,
    expected_calibration_error,
    reliability_bins,
)
from emotion_core.models.interface import softmax
from tests.made_scores import HAPPY, SAD, labels_of, random_answers, scores_of


@pytest.fixture
def answers():
    return random_answers()


def test_calibration_error_of_one_bin_by_hand():
    scores = np.full((4, 7), 0.2 / 6)
    scores[:, 3] = 0.8
    assert expected_calibration_error(scores, np.array([3, 3, 3, 3])) == pytest.approx(0.2)
    assert expected_calibration_error(scores, np.array([3, 0, 0, 0])) == pytest.approx(0.55)


def test_perfect_scores_have_no_calibration_error():
    assert expected_calibration_error(np.eye(7), np.arange(7)) == 0


def test_reliability_bins_by_hand():
    scores = scores_of(0.21, 0.25, 0.95, 1.0, 1.0)
    bins = reliability_bins(scores, labels_of(HAPPY, SAD, HAPPY, HAPPY, SAD))
    assert len(bins) == CALIBRATION_BINS == 15
    assert (bins[0].low, bins[-1].high) == (0, 1)
    assert [bin_.high for bin_ in bins[:-1]] == [bin_.low for bin_ in bins[1:]]
    assert [(number, bin_.count) for number, bin_ in enumerate(bins) if bin_.count] == [
        (3, 2),
        (14, 3),
    ]
    assert (bins[3].correct, bins[14].correct) == (1, 2)
    assert bins[3].confidence == pytest.approx(0.23)
    assert bins[14].confidence == pytest.approx(2.95 / 3)
    assert bins[14].accuracy == wilson_interval(2, 3)


def test_an_empty_bin_claims_nothing():
    empty = reliability_bins(scores_of(), labels_of())[0]
    assert (empty.accuracy.low, empty.accuracy.high) == (0, 1)
    content = empty.to_json()
    assert (content["count"], content["confidence"], content["accuracy"]) == (0, None, None)


def test_calibration_error_is_the_weighted_gap_of_the_bins(answers):
    logits, labels = answers
    scores = softmax(logits)
    bins = [bin_ for bin_ in reliability_bins(scores, labels) if bin_.count]
    gaps = [bin_.count * abs(bin_.accuracy.value - bin_.confidence) for bin_ in bins]
    assert sum(bin_.count for bin_ in bins) == 400
    assert expected_calibration_error(scores, labels) == pytest.approx(sum(gaps) / 400)


@pytest.mark.parametrize(
    ("threshold", "answered", "correct"),
    [(0, 4, 3), (0.5, 4, 3), (0.6, 3, 3), (0.91, 1, 1), (1, 0, 0)],
)
def test_coverage_by_hand(threshold, answered, correct):
    scores = scores_of(0.5, 0.6, 0.9, 0.99)
    point = coverage_point(scores, labels_of(SAD, HAPPY, HAPPY, HAPPY), threshold)
    assert (point.threshold, point.n) == (threshold, 4)
    assert (point.answered, point.correct) == (answered, correct)
    assert point.coverage == wilson_interval(answered, 4)
    assert point.accuracy == wilson_interval(correct, answered)


def test_curve_ends_where_nothing_is_answered():
    curve = coverage_curve(scores_of(0.3, 0.55), labels_of(SAD, HAPPY), steps=10)
    assert [point.threshold for point in curve] == [0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert [point.answered for point in curve] == [2, 2, 2, 2, 1, 1]
    assert [point.accuracy.value for point in curve] == [0.5, 0.5, 0.5, 0.5, 1, 1]
