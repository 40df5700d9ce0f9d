import json

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from emotion_core.emotions import EMOTIONS
from emotion_core.judging.measures.evaluation import evaluate_logits
from emotion_core.judging.measures.intervals import wilson_interval
from emotion_core.models.interface import softmax
from tests.made_scores import random_answers


@pytest.fixture
def answers():
    return random_answers()


def test_figures_agree_with_scikit_learn(answers):
    logits, labels = answers
    report = evaluate_logits(logits, labels)
    predicted, scores = logits.argmax(axis=1), softmax(logits)
    everything = list(range(7))
    precision, recall, f1, support = sklearn_metrics.precision_recall_fscore_support(
        labels, predicted, labels=everything, zero_division=0
    )
    assert report.accuracy.value == pytest.approx(sklearn_metrics.accuracy_score(labels, predicted))
    known = support > 0
    assert known.sum() == 6  # nothing is labelled disgust
    assert report.macro_f1.value == pytest.approx(f1[known].mean())
    assert report.log_loss == pytest.approx(
        sklearn_metrics.log_loss(labels, scores, labels=everything)
    )
    assert [m.precision.value for m in report.per_class] == pytest.approx(precision)
    labelled = [m for m in report.per_class if m.support]
    assert [m.recall.value for m in labelled] == pytest.approx(recall[known])
    assert [m.f1.value for m in labelled] == pytest.approx(f1[known])
    assert [m.support for m in report.per_class] == list(support)
    matrix = sklearn_metrics.confusion_matrix(labels, predicted, labels=everything)
    assert np.array_equal(report.confusion, matrix)
    one_hot = np.eye(7)[labels]
    assert report.brier == pytest.approx(((scores - one_hot) ** 2).sum(axis=1).mean())


def test_expressions_without_images_have_no_figures_and_do_not_count_in_the_mean(answers):
    logits, labels = answers
    kept = np.isin(labels, (0, 3))
    # One that no image is labelled with is named all the same, another one never.
    logits = logits[kept].copy()
    logits[:, 1], logits[0, 2] = -50, 50
    report = evaluate_logits(logits, labels[kept])
    by_name = dict(zip(EMOTIONS, report.per_class, strict=True))
    disgust, fear = by_name["disgust"], by_name["fear"]
    assert (disgust.precision, disgust.recall, disgust.f1, disgust.answered) == (None,) * 4
    assert fear.precision.value == 0
    assert (fear.recall, fear.f1, fear.answered) == (None, None, None)
    f1 = sklearn_metrics.f1_score(labels[kept], logits.argmax(axis=1), labels=[0, 3], average=None)
    assert report.macro_f1.value == pytest.approx(f1.mean())
    assert report.macro_f1.low <= report.macro_f1.value <= report.macro_f1.high
    content = json.loads(json.dumps(report.to_json(), allow_nan=False))["per_class"]["disgust"]
    assert content == {
        "precision": None, "recall": None, "f1": None, "answered": None,
        "support": 0, "interval_95": {},
    }  # fmt: skip


def test_intervals_enclose_their_values(answers):
    report = evaluate_logits(*answers)
    for estimate in (
        report.accuracy,
        report.macro_f1,
        *(m.recall for m in report.per_class if m.support),
        *(m.f1 for m in report.per_class if m.support),
    ):
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


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
        expected = wilson_interval(answered[members].sum(), members.sum())
        assert metrics.answered == (expected if members.any() else None)
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
