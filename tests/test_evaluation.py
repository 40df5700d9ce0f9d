import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from emotion_core.emotions import EMOTIONS
from emotion_core.evaluation import (
    cross_fitted_calibration_error,
    evaluate_classifier,
    evaluate_logits,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    softmax,
    wilson_interval,
)


@pytest.fixture
def answers():
    """Logits that are right more often than not, and their labels; disgust never occurs."""
    random = np.random.default_rng(5)
    labels = random.choice([0, 2, 3, 4, 5, 6], 400).astype(np.uint8)
    logits = random.normal(size=(400, 7)).astype(np.float32)
    logits[np.arange(400), labels] += 1.5
    return logits, labels


def test_figures_agree_with_scikit_learn(answers):
    logits, labels = answers
    report = evaluate_logits(logits, labels)
    predicted, scores = logits.argmax(axis=1), softmax(logits)
    everything = list(range(7))
    precision, recall, f1, support = sklearn_metrics.precision_recall_fscore_support(
        labels, predicted, labels=everything, zero_division=0
    )
    assert report.accuracy.value == pytest.approx(sklearn_metrics.accuracy_score(labels, predicted))
    assert report.macro_f1.value == pytest.approx(f1.mean())
    assert report.log_loss == pytest.approx(
        sklearn_metrics.log_loss(labels, scores, labels=everything)
    )
    assert [m.precision.value for m in report.per_class] == pytest.approx(precision)
    assert [m.recall.value for m in report.per_class] == pytest.approx(recall)
    assert [m.f1.value for m in report.per_class] == pytest.approx(f1)
    assert [m.support for m in report.per_class] == list(support)
    matrix = sklearn_metrics.confusion_matrix(labels, predicted, labels=everything)
    assert np.array_equal(report.confusion, matrix)
    one_hot = np.eye(7)[labels]
    assert report.brier == pytest.approx(((scores - one_hot) ** 2).sum(axis=1).mean())


def test_intervals_enclose_their_values(answers):
    report = evaluate_logits(*answers)
    for estimate in (
        report.accuracy,
        report.macro_f1,
        *(m.recall for m in report.per_class),
        *(m.f1 for m in report.per_class),
    ):
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (0, 10, 0.0, 0.2775),  # Wilson's interval by the textbook formula
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
    ],
)
def test_wilson_interval(successes, trials, low, high):
    interval = wilson_interval(successes, trials)
    assert interval.low == pytest.approx(low, abs=1e-4)
    assert interval.high == pytest.approx(high, abs=1e-4)


def test_calibration_error_of_one_bin_by_hand():
    scores = np.full((4, 7), 0.2 / 6)
    scores[:, 3] = 0.8
    assert expected_calibration_error(scores, np.array([3, 3, 3, 3])) == pytest.approx(0.2)
    assert expected_calibration_error(scores, np.array([3, 0, 0, 0])) == pytest.approx(0.55)


def test_perfect_scores_have_no_calibration_error():
    assert expected_calibration_error(np.eye(7), np.arange(7)) == 0


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
    assert cross_fitted_calibration_error(logits * 4, labels) < raw


def test_softmax_survives_large_logits():
    scores = softmax(np.array([[1e4, 0, 0, 0, 0, 0, -1e4]], np.float32))
    assert np.isfinite(scores).all()
    assert scores.sum() == pytest.approx(1)


def test_clean_score_leaves_leaked_images_out(answers):
    logits, labels = answers
    correct = logits.argmax(axis=1) == labels
    report = evaluate_logits(logits, labels, leaked=correct)
    assert report.clean.n == (~correct).sum()
    assert report.clean.accuracy.value == 0


def test_json_holds_the_promised_keys(answers):
    content = evaluate_logits(*answers, leaked=np.zeros(400, bool)).to_json()
    promised = {"n", "accuracy", "macro_f1", "log_loss", "brier", "ece", "per_class", "confusion"}
    assert promised <= set(content)
    assert content["n"] == 400
    assert content["clean"]["n"] == 400
    assert content["clean"]["accuracy"] == content["accuracy"]
    assert tuple(content["per_class"]) == EMOTIONS


class Constant:
    """Always answers happy."""

    def predict_logits(self, crops):
        return np.tile(np.eye(7, dtype=np.float32)[3], (len(crops), 1))


def test_classifier_is_judged_on_one_split_and_leaks_are_found(demo):
    leaking = demo.subset(
        np.concatenate([np.arange(len(demo)), np.flatnonzero(demo.splits == 0)[:5]])
    )
    splits = leaking.splits.copy()
    splits[-5:] = 1
    leaking = type(demo)(
        name="leaking",
        images=leaking.images,
        labels=leaking.labels,
        splits=splits,
        rows=leaking.rows,
    )
    report = evaluate_classifier(Constant(), leaking, "PublicTest")
    assert report.n == (splits == 1).sum()
    assert report.clean.n == report.n - 5
    assert report.per_class[3].recall.value == 1
    assert evaluate_classifier(Constant(), leaking, "Training").clean is None
