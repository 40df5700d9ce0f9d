import json

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from emotion_core.emotions import EMOTIONS
from emotion_core.evaluation import (
    CALIBRATION_BINS,
    CERTAINTY_ACCURACY,
    CERTAINTY_COVERAGE,
    calibrate,
    coverage_curve,
    coverage_point,
    cross_fit,
    evaluate_classifier,
    evaluate_logits,
    expected_calibration_error,
    fit_certainty_threshold,
    fit_temperature,
    negative_log_likelihood,
    reliability_bins,
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
    assert cross_fit(logits * 4, labels).ece < raw


def scores_of(*confidences):
    """Scores whose highest, that of happy, are the given ones."""
    rest = (1 - np.array(confidences)[:, None]) / 6
    scores = np.repeat(rest, 7, axis=1)
    scores[:, 3] = confidences
    return scores


HAPPY, SAD = 3, 4


def labels_of(*labels):
    return np.array(labels, np.uint8)


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
    assert selective["coverage_cross_fitted"] == crossed.coverage.value
    assert selective["accuracy_answered_cross_fitted"] == crossed.accuracy_answered.value


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
    assert json.loads(json.dumps(content, allow_nan=False)) == content


def test_certainty_threshold_leaves_accuracy_alone_and_counts_by_class(answers):
    logits, labels = answers
    report = evaluate_logits(logits, labels, certainty_threshold=0.5)
    assert report.accuracy == evaluate_logits(logits, labels).accuracy
    answered = softmax(logits).max(axis=1) >= 0.5
    assert report.selective.answered == answered.sum()
    for number, metrics in enumerate(report.per_class):
        members = labels == number
        assert metrics.answered == wilson_interval(answered[members].sum(), members.sum())
    selective = report.to_json()["selective"]
    assert selective["threshold"] == 0.5
    assert selective["coverage"] == answered.mean()
    assert selective["accuracy_all"] == report.accuracy.value
    curve = selective["curve"]
    assert curve["coverage"][0] == 1
    assert curve["accuracy"][0] == report.accuracy.value
    at_threshold = curve["threshold"].index(0.5)
    assert curve["coverage"][at_threshold] == selective["coverage"]
    assert curve["accuracy"][at_threshold] == selective["accuracy_answered"]


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
    assert report.selective.answered == report.n
    unsure = evaluate_classifier(Constant(), leaking, "PublicTest", certainty_threshold=0.9)
    assert unsure.selective.answered == 0
    assert evaluate_classifier(Constant(), leaking, "Training").clean is None
