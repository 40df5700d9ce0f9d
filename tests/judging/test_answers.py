import numpy as np
import pytest

from emotion_core.datasets import SPLITS
from emotion_core.errors import DatasetError
from emotion_core.judging.answers import answers_table, collect_answers, split_members
from tests.judging.made_answers import made_answers, made_card


@pytest.fixture
def three():
    """Two mistakes, the second more confident, and one right answer that hardly is one."""
    logits = np.array([[2, 0, 0, 0, 0, 0, 0], [0, 0, 9, 0, 0, 0, 0], [0.1, 0, 0, 0, 0, 0, 0]])
    return made_answers([3, 3, 0], [0, 2, 0], logits=logits.astype(np.float32))


def test_what_follows_from_logits(three):
    assert three.emotions.tolist() == [0, 2, 0]
    assert three.correct.tolist() == [False, False, True]
    assert three.scores.sum(axis=1) == pytest.approx(1)
    assert three.confidence[2] == pytest.approx(np.exp(0.1) / (np.exp(0.1) + 6))
    assert three.label_scores[0] == three.scores[0, 3]


def test_rankings(three):
    assert three.confident_mistakes().tolist() == [1, 0]
    assert three.hardest().tolist() == [1, 0, 2]
    assert three.least_certain().tolist() == [2, 0, 1]
    assert three.in_cell(3, 2).tolist() == [1]
    assert three.in_cell(6, 6).tolist() == []


def test_a_cell_shows_the_most_confident_first():
    logits = np.zeros((3, 7), np.float32)
    logits[:, 4] = [1, 3, 2]
    assert made_answers([1, 1, 1], [4, 4, 4], logits=logits).in_cell(1, 4).tolist() == [1, 2, 0]


def test_everything_right_leaves_no_mistakes():
    assert len(made_answers([1, 2], [1, 2]).confident_mistakes()) == 0


def test_the_temperature_of_the_card_is_applied():
    softer = made_answers([3], [0], card=made_card(temperature=2.0))
    assert softer.confidence[0] < made_answers([3], [0]).confidence[0]


def test_logits_of_other_images_are_refused():
    with pytest.raises(ValueError, match=r"expected shape \(2, 7\), found \(3, 7\)"):
        made_answers([0, 1], [0, 1], logits=np.zeros((3, 7), np.float32))


def test_table():
    answers = made_answers([3, 0], [3, 2], leaked=np.array([True, False]))
    table = answers_table(answers)
    assert table["index"].tolist() == [10, 11]
    assert table["row"].tolist() == [100, 101]
    assert table["label"].tolist() == ["happy", "angry"]
    assert table["emotion"].tolist() == ["happy", "fear"]
    assert table["correct"].tolist() == [True, False]
    assert table["leaked"].tolist() == [True, False]
    assert table[["angry", "neutral"]].to_numpy().shape == (2, 2)
    (line,) = answers_table(answers, np.array([1])).to_dict("records")
    assert line["row"] == 101


def test_an_uncertain_answer_is_called_that_in_the_table():
    answers = made_answers([3], [3], sure=0.5, card=made_card(certainty_threshold=0.9))
    assert answers_table(answers)["answer"].tolist() == ["uncertain"]
    assert "leaked" not in answers_table(answers)


def test_members_of_a_split(demo):
    members = split_members(demo, "PublicTest")
    assert (demo.splits[members] == SPLITS.index("PublicTest")).all()
    left_out = np.zeros(len(demo), bool)
    left_out[members[0]] = True
    assert split_members(demo, "PublicTest", left_out).tolist() == members[1:].tolist()


def test_a_split_without_images_is_refused(demo):
    training = demo.split("Training")
    with pytest.raises(DatasetError, match="expected PublicTest images to judge a model on, found"):
        split_members(training, "PublicTest")
    with pytest.raises(DatasetError, match="or another correction list"):
        split_members(training, "Training", np.ones(len(training), bool))


def test_leaks_are_known_where_there_is_training(demo):
    training = np.flatnonzero(demo.splits == 0)
    images = demo.images.copy()
    members = split_members(demo, "PublicTest")
    images[members[0]] = images[training[0]]
    dataset = type(demo)(demo.name, images, demo.labels, demo.splits, demo.rows)
    logits = np.zeros((len(members), 7), np.float32)
    answers = collect_answers(made_card(), dataset, "PublicTest", members, logits)
    assert answers.leaked.tolist() == [True] + [False] * (len(members) - 1)
    of_training = collect_answers(
        made_card(), dataset, "Training", training, np.zeros((len(training), 7), np.float32)
    )
    assert of_training.leaked is None
    alone = dataset.split("PublicTest")
    judged = collect_answers(made_card(), alone, "PublicTest", np.arange(len(alone)), logits)
    assert judged.leaked is None
