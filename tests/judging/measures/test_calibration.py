import numpy as np
import pytest

from emotion_core.judging.measures import calibration
from emotion_core.judging.measures.calibration import (
    CERTAINTY_ACCURACY,
    CERTAINTY_COVERAGE,
    calibrate,
    cross_fit,
    fit_certainty_threshold,
    fit_temperature,
    perfect_calibration_error,
)
from emotion_core.judging.measures.evaluation import evaluate_logits
from emotion_core.judging.measures.scores import (
    coverage_point,
    expected_calibration_error,
    negative_log_likelihood,
)
from emotion_core.models.interface import softmax
from tests.made_scores import HAPPY, SAD, labels_of, random_answers, scores_of


@pytest.fixture
def answers():
    return random_answers()


def test_temperature_softens_overconfident_logits(answers):
    logits, labels = answers
    temperature = fit_temperature(logits * 3, labels)
    assert temperature == pytest.approx(3 * fit_temperature(logits, labels), rel=0.01)
    best = negative_log_likelihood(softmax(logits * 3, temperature), labels)
    for other in (temperature * 0.9, temperature * 1.1):
        assert best < negative_log_likelihood(softmax(logits * 3, other), labels)


def test_cross_fitted_error_is_no_larger_than_uncalibrated(answers):
    logits, labels = answers
    raw = expected_calibration_error(softmax(logits * 4), labels)
    assert cross_fit(logits * 4, labels).ece < raw


@pytest.mark.parametrize(
    ("confidences", "wrong", "threshold"),
    [
        # All ten right: nobody needs to be told "uncertain".
        ([0.3, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [], 0.0),
        # Eight of ten right is what is asked for, so again all are answered.
        ([0.3, 0.4, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [0, 1], 0.0),
        # Without the lowest, seven of nine are right; without the lowest two, seven of eight.
        ([0.305, 0.405, 0.5, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [0, 1, 2], 0.41),
        # Four wrong: leaving all of them out would leave six of ten. Seven are left at most.
        ([0.305, 0.405, 0.505, 0.605, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [0, 1, 2, 3], 0.51),
        # As certain of what is wrong: no threshold helps.
        ([0.9] * 10, [0, 1, 2, 3, 4], 0.0),
        # More certain of what is wrong than of what is right: none helps either.
        ([0.3] + [0.9] * 9, [1, 2, 3, 4], 0.0),
    ],
)
def test_certainty_threshold_by_hand(confidences, wrong, threshold):
    labels = np.full(len(confidences), HAPPY, np.uint8)
    labels[wrong] = SAD
    assert fit_certainty_threshold(scores_of(*confidences), labels) == threshold


def test_certainty_threshold_without_images():
    assert fit_certainty_threshold(scores_of(), labels_of()) == 0


def test_threshold_keeps_its_two_promises(answers):
    logits, labels = answers
    for sharpness in (0.5, 1, 2):
        scores = softmax(logits * sharpness)
        point = coverage_point(scores, labels, fit_certainty_threshold(scores, labels))
        assert point.coverage.value >= CERTAINTY_COVERAGE
        all_answered = coverage_point(scores, labels, 0.0)
        assert point.accuracy.value >= min(CERTAINTY_ACCURACY, all_answered.accuracy.value)
        if point.threshold and point.accuracy.value >= CERTAINTY_ACCURACY:
            lower = coverage_point(scores, labels, point.threshold - 0.01)
            assert lower.accuracy.value < CERTAINTY_ACCURACY


def test_cross_fit_judges_each_half_with_the_other_halfs_threshold():
    # Even images: the wrong ones score 0.5. Odd images: they score 0.7. So the even half's
    # threshold lets the odd half's mistakes pass, and the odd half's stops the even half's.
    even, odd = [0.505, 0.505, 0.505, *[0.99] * 7], [0.705, 0.705, 0.705, *[0.99] * 7]
    scores = scores_of(*np.ravel(list(zip(even, odd, strict=True))))
    labels = np.full(20, HAPPY, np.uint8)
    labels[:6] = SAD
    logits = np.log(scores).astype(np.float32)
    crossed = cross_fit(logits, labels)
    assert (crossed.coverage.value, crossed.accuracy_answered.value) == (17 / 20, 14 / 17)


def test_the_halves_share_their_bins(monkeypatch):
    # Even images score 0.7 and are all right, odd ones 0.7 and right in 4 of 10: in all, 0.7 are.
    # Each half by itself would be off by 0.3, which is not an error of the scores.
    monkeypatch.setattr(calibration, "fit_temperature", lambda *_: 1.0)
    labels = np.full(40, HAPPY, np.uint8)
    labels[1::2][:12] = SAD
    logits = np.log(scores_of(*[0.7] * 40)).astype(np.float32)
    assert cross_fit(logits, labels).ece == pytest.approx(0, abs=1e-6)


def test_what_perfect_scores_would_show_is_the_chance_in_so_many_images():
    random = np.random.default_rng(1)
    scores = random.dirichlet(np.ones(7), 4000)
    few, many = perfect_calibration_error(scores[:100]), perfect_calibration_error(scores)
    assert 0 < many < few / 4  # it shrinks with the root of their number
    labels = np.array([random.choice(7, p=row) for row in scores], np.uint8)
    assert expected_calibration_error(scores, labels) == pytest.approx(many, abs=0.01)
    assert perfect_calibration_error(np.eye(7)) == 0  # nothing is left to chance
    assert perfect_calibration_error(scores) == many


def test_calibration_is_what_evaluation_finds_with_it(answers):
    logits, labels = answers
    leaked = np.arange(400) < 100
    fitted = calibrate(logits * 3, labels, leaked)
    report = evaluate_logits(
        logits * 3,
        labels,
        temperature=fitted.temperature,
        certainty_threshold=fitted.certainty_threshold,
        leaked=leaked,
    )
    expected = report.to_json()
    selective = fitted.metrics["selective"]
    assert expected["selective"].items() <= selective.items()
    assert {**fitted.metrics, "selective": expected["selective"]}.items() >= expected.items()
    assert selective["threshold"] == fitted.certainty_threshold > 0
    assert fitted.metrics["ece"] < fitted.metrics["ece_uncalibrated"]
    crossed = cross_fit(logits * 3, labels)
    assert fitted.metrics["ece_cross_fitted"] == crossed.ece
    assert fitted.metrics["ece_if_perfect"] == crossed.perfect_ece
    assert selective["coverage_cross_fitted"] == crossed.coverage.value
    assert selective["accuracy_answered_cross_fitted"] == crossed.accuracy_answered.value
