import json

import numpy as np
import pytest

from emotion_core.datasets import VOTE_NAMES, FaceDataset
from emotion_core.judging.judgement import judge, judge_model
from emotion_core.judging.measures.evaluation import evaluate_logits
from emotion_core.judging.predictions.predict import predict_dataset
from tests.judging.made_answers import made_answers, made_card, random_answers


def test_figures_are_those_of_the_report():
    answers = random_answers(card=made_card(temperature=1.7, certainty_threshold=0.4))
    judgement = judge(answers)
    expected = evaluate_logits(
        answers.logits, answers.labels, temperature=1.7, certainty_threshold=0.4
    )
    assert judgement.report.log_loss == expected.log_loss
    assert (
        judgement.uncalibrated.log_loss == evaluate_logits(answers.logits, answers.labels).log_loss
    )
    assert 0.5 < judgement.mean_average_precision < judgement.mean_auc < 1
    assert judgement.votes is None


@pytest.mark.parametrize("labels", [[3], [3, 3], [0, 3]])
def test_json_of_next_to_nothing_holds_no_nan(labels):
    content = judge(made_answers(labels, labels)).to_json()
    text = json.dumps(content, allow_nan=False)
    assert json.loads(text)["n"] == len(labels)


def test_json_holds_curves_and_votes():
    votes = np.zeros((300, len(VOTE_NAMES)), np.uint8)
    votes[:, VOTE_NAMES.index("sadness")] = 10
    content = judge(random_answers(votes=votes)).to_json()
    assert content["votes"]["n"] == 300
    assert content["curves"]["disgust"]["auc"] is None
    assert content["model"] == "made"
    assert content["uncalibrated"]["ece"] >= 0


def test_a_model_is_judged_and_its_answers_are_kept(tiny_model, demo, monkeypatch):
    steps = []
    judgement = judge_model(
        tiny_model, demo, "PublicTest", progress=lambda *step: steps.append(step)
    )
    public = int((demo.splits == 1).sum())
    assert judgement.report.n == public
    assert steps[-1] == (public, public)
    monkeypatch.setattr("emotion_core.judging.predictions.predict._compute", None)
    again = judge_model(tiny_model, demo, "PublicTest")
    assert again.report.log_loss == judgement.report.log_loss


def test_what_is_known_of_all_images_is_used(tiny_model, demo, monkeypatch):
    logits = predict_dataset(tiny_model, demo).logits
    monkeypatch.setattr("emotion_core.judging.predictions.predict._compute", None)
    judgement = judge_model(tiny_model, demo, "PrivateTest")
    assert np.array_equal(judgement.answers.logits, logits[demo.splits == 2])


def test_images_left_out_do_not_count_and_nothing_is_computed_again(tiny_model, demo, monkeypatch):
    everything = judge_model(tiny_model, demo, "PublicTest")
    monkeypatch.setattr("emotion_core.judging.predictions.predict._compute", None)
    left_out = np.zeros(len(demo), bool)
    left_out[everything.answers.indices[:3]] = True
    rest = judge_model(tiny_model, demo, "PublicTest", left_out=left_out)
    assert rest.report.n == everything.report.n - 3
    assert np.array_equal(rest.answers.logits, everything.answers.logits[3:])


def test_other_labels_count_and_nothing_is_computed_again(tiny_model, demo, monkeypatch):
    before = judge_model(tiny_model, demo, "PublicTest")
    monkeypatch.setattr("emotion_core.judging.predictions.predict._compute", None)
    labels = np.array(demo.labels)
    labels[before.answers.indices] = before.answers.emotions
    assert judge_model(tiny_model, demo, "PublicTest", labels=labels).report.accuracy.value == 1
    assert before.report.accuracy.value < 1


def test_a_data_set_of_one_split(tiny_model, demo):
    alone: FaceDataset = demo.split("PublicTest")
    assert judge_model(tiny_model, alone, "PublicTest").report.n == len(alone)
