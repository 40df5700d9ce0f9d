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
