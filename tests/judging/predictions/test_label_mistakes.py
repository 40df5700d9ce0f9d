import os

import numpy as np
import pytest

from emotion_core.datasets import VOTE_NAMES, FaceDataset, open_dataset
from emotion_core.emotions import EMOTIONS
from emotion_core.judging.measures.ranking import ranked
from emotion_core.judging.predictions.label_mistakes import (
    VoteVerdicts,
    find_label_mistakes,
    judge_ranking,
    mistakes_table,
    seen_in_training,
    votes_contradict,
)
from emotion_core.judging.predictions.predict import predict_dataset
from emotion_core.models.folder import default_model_dir, load_card

ANGRY, HAPPY, SAD = (EMOTIONS.index(name) for name in ("angry", "happy", "sad"))


def votes(**counts):
    return [counts.get(name, 0) for name in VOTE_NAMES]


def logits_of(*rows):
    """Logits whose softmax are the given probabilities of angry, disgust and fear."""
    rest = [[*row, *[(1 - sum(row)) / 4] * 4] for row in rows]
    return np.log(np.array(rest, np.float32))


def test_scores_by_hand():
    found = find_label_mistakes(
        logits_of((0.6, 0.2, 0.1), (0.2, 0.6, 0.1), (0.1, 0.3, 0.5)), np.zeros(3, np.uint8), 1.0
    )
    np.testing.assert_allclose(found.scores, [0.3, 0.7, 0.7], rtol=1e-5)
    np.testing.assert_allclose(found.label_scores, [0.6, 0.2, 0.1], rtol=1e-5)
    np.testing.assert_allclose(found.suggested_scores, [0.2, 0.6, 0.5], rtol=1e-5)
    assert found.suggested.tolist() == [1, 1, 2]


def test_more_than_half_means_that_the_model_answers_otherwise():
    logits = np.random.default_rng(0).normal(size=(500, 7)).astype(np.float32)
    labels = np.random.default_rng(1).integers(0, 7, 500).astype(np.uint8)
    found = find_label_mistakes(logits, labels, 1.3)
    assert ((found.scores > 0.5) == (logits.argmax(axis=1) != labels)).all()
    assert ((found.scores >= 0) & (found.scores <= 1)).all()
    assert (found.suggested != labels).all()
    assert found.scores.dtype == np.float32


def test_temperature_is_applied():
    hot = find_label_mistakes(logits_of((0.1, 0.8, 0.05)), np.zeros(1, np.uint8), 4.0)
    cold = find_label_mistakes(logits_of((0.1, 0.8, 0.05)), np.zeros(1, np.uint8), 0.5)
    assert 0.5 < hot.scores[0] < cold.scores[0]


def test_no_image_at_all():
    found = find_label_mistakes(np.empty((0, 7), np.float32), np.empty(0, np.uint8), 1.0)
    assert len(found.scores) == len(found.ranking()) == 0


def test_ranking_keeps_the_order_of_equal_scores_and_takes_a_mask():
    found = find_label_mistakes(
        logits_of((0.6, 0.2, 0.1), (0.2, 0.6, 0.1), (0.2, 0.6, 0.1)), np.zeros(3, np.uint8), 1.0
    )
    assert found.ranking().tolist() == [1, 2, 0]
    assert found.ranking(np.array([True, False, True])).tolist() == [2, 0]
    assert found.ranking(np.zeros(3, bool)).tolist() == []


def test_ranked_is_by_score():
    assert ranked(np.array([0.1, 0.9, 0.5, 0.9])).tolist() == [1, 3, 2, 0]


@pytest.mark.parametrize(
    ("row", "judged", "contradicted"),
    [
        (votes(happiness=10), True, False),
        (votes(happiness=6, sadness=4), True, False),
        (votes(sadness=6, happiness=4), True, True),
        (votes(happiness=5, sadness=5), False, False),  # a tie
        (votes(sadness=5, happiness=3, neutral=2), False, False),  # most, not more than half
        (votes(contempt=9, sadness=1), False, False),
        (votes(unknown=9, sadness=1), False, False),
        (votes(NF=10), False, False),
        (votes(), False, False),
        (votes(sadness=3, NF=2), True, True),  # more than half of five
    ],
)
def test_what_the_majority_says_of_a_happy_face(row, judged, contradicted):
    found = votes_contradict(np.array([HAPPY], np.uint8), np.array([row], np.uint8))
    assert (found.judged[0], found.contradicted[0]) == (judged, contradicted)


def test_quality_by_hand():
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5], np.float32)
    labels = np.array([HAPPY, HAPPY, SAD, HAPPY, SAD], np.uint8)
    verdicts = VoteVerdicts(
        judged=np.array([True, True, False, True, True]),
        contradicted=np.array([True, False, False, True, False]),
    )
    found = judge_ranking(scores, labels, verdicts, top=3)
    assert (found.images, found.judged, found.contradicted, found.top) == (5, 4, 2, 3)
    assert found.auc == pytest.approx(3 / 4)
    assert found.auc_within_label == pytest.approx(1 / 2)
    assert found.precision == pytest.approx(2 / 3)
    counts = (found.top_contradicted, found.top_confirmed, found.top_undecided)
    assert counts == (1, 1, 1)
    assert judge_ranking(scores, labels, verdicts).top == 5


def test_the_class_alone_does_not_help_within_a_label():
    scores = np.array([0.9, 0.9, 0.1, 0.1], np.float32)
    labels = np.array([ANGRY, ANGRY, HAPPY, HAPPY], np.uint8)
    verdicts = VoteVerdicts(np.ones(4, bool), np.array([True, True, True, False]))
    found = judge_ranking(scores, labels, verdicts)
    assert found.auc > 0.8
    assert found.auc_within_label == 0.5


@pytest.mark.parametrize("contradicted", [[False, False], [True, True]])
@pytest.mark.parametrize("judged", [True, False])
def test_nothing_to_judge_by(contradicted, judged):
    both = np.array([judged, judged])
    verdicts = VoteVerdicts(both, both & np.array(contradicted))
    assert judge_ranking(np.array([0.1, 0.2]), np.zeros(2, np.uint8), verdicts) is None


def test_no_label_with_both_kinds():
    verdicts = VoteVerdicts(np.ones(2, bool), np.array([True, False]))
    found = judge_ranking(np.array([0.9, 0.1]), np.array([0, 1], np.uint8), verdicts)
    assert (found.auc, found.auc_within_label) == (1.0, None)


def test_training_images_of_the_models_data_were_seen(tiny_model, demo):
    card = load_card(tiny_model)
    training = demo.splits == 0
    assert (seen_in_training(card, demo) == training).all()
    without_private = demo.subset(demo.splits != 2)  # the same Training images
    assert (seen_in_training(card, without_private) == (without_private.splits == 0)).all()
    other = demo.subset(np.arange(len(demo)) % 2 == 0)
    assert not seen_in_training(card, other).any()
    assert not seen_in_training(card, demo.split("PublicTest")).any()
    assert seen_in_training(card, demo.split("Training")).all()


def test_table(demo):
    logits = np.random.default_rng(0).normal(size=(len(demo), 7)).astype(np.float32)
    mistakes = find_label_mistakes(logits, demo.labels, 1.0)
    table = mistakes_table(demo, mistakes, [5, 2])
    assert table["index"].tolist() == [5, 2]
    assert table["label"].tolist() == [EMOTIONS[demo.labels[index]] for index in (5, 2)]
    assert table["suggested"].tolist() == [EMOTIONS[mistakes.suggested[index]] for index in (5, 2)]
    assert table["score"].tolist() == pytest.approx(mistakes.scores[[5, 2]].tolist())
    with_votes = FaceDataset(
        demo.name, demo.images, demo.labels, demo.splits, demo.rows,
        votes=np.tile(np.array(votes(fear=10), np.uint8), (len(demo), 1)),
    )  # fmt: skip
    assert mistakes_table(with_votes, mistakes, [5])["votes_fear"].tolist() == [10]
    assert len(mistakes_table(demo, mistakes, [])) == 0


@pytest.mark.fer2013
@pytest.mark.skipif("FER2013_CSV" not in os.environ, reason="FER2013_CSV names no fer2013.csv")
@pytest.mark.timeout(290)
def test_the_shipped_model_finds_what_voters_contradict():
    dataset = open_dataset(os.environ["FER2013_CSV"])
    if dataset.votes is None:
        pytest.skip("no fer2013new.csv beside FER2013_CSV")
    held_out = dataset.split("PublicTest")
    predictions = predict_dataset(default_model_dir(), held_out)
    card = load_card(default_model_dir())
    mistakes = find_label_mistakes(predictions.logits, held_out.labels, card.temperature)
    verdicts = votes_contradict(held_out.labels, held_out.votes)
    quality = judge_ranking(mistakes.scores, held_out.labels, verdicts)
    assert quality.auc > 0.8
    assert quality.auc_within_label > 0.8
    assert quality.precision > 0.8
