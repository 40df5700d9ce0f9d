import json

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from emotion_core.judging.curves import MOST_POINTS, class_curves, mean_of_known
from tests.judging.made_answers import made_answers, random_answers


def test_areas_agree_with_scikit_learn():
    answers = random_answers(400)
    for place, curves in enumerate(class_curves(answers.scores, answers.labels)):
        positive = answers.labels == place
        assert curves.positives == positive.sum()
        if not positive.any():
            continue
        scores = answers.scores[:, place]
        assert curves.auc == pytest.approx(sklearn_metrics.roc_auc_score(positive, scores))
        assert curves.average_precision == pytest.approx(
            sklearn_metrics.average_precision_score(positive, scores)
        )


def test_points_agree_with_scikit_learn_with_ties():
    scores = np.full((60, 7), 0.1)
    scores[:, 3] = np.random.default_rng(1).integers(0, 5, 60) / 5
    labels = np.random.default_rng(2).choice([3, 6], 60).astype(np.uint8)
    curves = class_curves(scores, labels)[3]
    false_alarms, found, _ = sklearn_metrics.roc_curve(
        labels == 3, scores[:, 3], drop_intermediate=False
    )
    assert curves.false_positive_rate == pytest.approx(false_alarms)
    assert curves.true_positive_rate == pytest.approx(found)
    precision, recall, _ = sklearn_metrics.precision_recall_curve(labels == 3, scores[:, 3])
    assert curves.precision == pytest.approx(precision[:-1][::-1])
    assert curves.recall == pytest.approx(recall[:-1][::-1])


def test_a_class_without_images_has_no_curve():
    disgust = class_curves(random_answers().scores, random_answers().labels)[1]
    assert (disgust.auc, disgust.average_precision) == (None, None)
    assert len(disgust.true_positive_rate) == len(disgust.recall) == 0


def test_one_image_has_precision_but_no_roc():
    answers = made_answers([3], [3])
    curves = class_curves(answers.scores, answers.labels)
    assert [each.auc for each in curves] == [None] * 7
    assert curves[3].average_precision == 1
    assert mean_of_known([each.auc for each in curves]) is None


def test_curves_of_many_images_are_thinned_and_keep_their_ends():
    answers = random_answers(5000)
    happy = class_curves(answers.scores, answers.labels)[3]
    assert len(happy.false_positive_rate) <= MOST_POINTS + 1
    assert (happy.false_positive_rate[0], happy.true_positive_rate[0]) == (0, 0)
    assert (happy.false_positive_rate[-1], happy.true_positive_rate[-1]) == (1, 1)
    area = np.trapezoid(happy.true_positive_rate, happy.false_positive_rate)
    assert area == pytest.approx(happy.auc, abs=0.01)


def test_json_holds_no_nan():
    answers = made_answers([3], [3])
    for curves in class_curves(answers.scores, answers.labels):
        json.dumps(curves.to_json(), allow_nan=False)


def test_mean_leaves_out_what_is_not_known():
    assert mean_of_known([0.5, None, 1.0]) == 0.75
