from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from emotion_core.datasets import VOTE_NAMES
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError, TrainingError
from emotion_core.training.config import TrainingConfig
from emotion_core.training.data import (
    batches,
    count_for_training,
    split_for_training,
    training_targets,
)


def test_official_splits_are_used(demo):
    training, validation = split_for_training(demo, seed=0)
    assert (training.splits == 0).all()
    assert (validation.splits == 1).all()


def test_without_public_test_a_tenth_of_each_class_is_held_out(demo):
    everything = replace(demo, splits=np.zeros(len(demo), np.uint8))
    training, held_out = split_for_training(everything, seed=0)
    assert len(training) + len(held_out) == len(demo)
    assert not set(training.rows) & set(held_out.rows)
    assert set(held_out.labels) == set(range(7))


def test_one_image_is_too_little(demo):
    one = demo.subset(np.flatnonzero(demo.splits == 0)[:1])
    with pytest.raises(TrainingError, match="at least two images"):
        split_for_training(one, seed=0)


def test_without_training_split_there_is_nothing_to_learn_from(demo):
    with pytest.raises(DatasetError, match="has no Training images, only PublicTest"):
        split_for_training(demo.split("PublicTest"), seed=0)


def test_every_epoch_shows_every_image_once_in_an_order_of_its_own(demo):
    config = TrainingConfig(batch_size=10)
    steps = -(-len(demo) // 10)

    def epoch(first):
        (inputs,) = zip(*islice(batches(demo, config, first), steps), strict=True)
        return [np.concatenate([batch[key] for batch in inputs]) for key in ("faces", "targets")]

    (first, first_labels), (second, _) = epoch(0), epoch(1)
    assert first.shape == (len(demo), 48, 48, 1)
    assert first_labels.sum() == pytest.approx(len(demo))
    assert not np.array_equal(first, second)
    assert sorted(map(bytes, first)) == sorted(map(bytes, demo.images))


def test_a_resumed_order_is_the_uninterrupted_order(demo):
    config = TrainingConfig(batch_size=16)
    steps = -(-len(demo) // 16)
    (second_epoch,) = next(islice(batches(demo, config, 0), steps, None))
    (resumed,) = next(batches(demo, config, 1))
    for key in ("faces", "targets"):
        assert np.array_equal(second_epoch[key], resumed[key])


def test_targets_are_one_hot_then_smoothed(demo):
    assert np.array_equal(training_targets(demo), np.eye(7)[demo.labels])
    smoothed = training_targets(demo, label_smoothing=0.7)
    assert smoothed[0].max() == pytest.approx(0.3 + 0.1)
    assert smoothed.sum(axis=1) == pytest.approx(1)


def test_votes_share_the_target(demo):
    votes = np.zeros((len(demo), 10), np.uint8)
    votes[0, VOTE_NAMES.index("happiness")] = 6
    votes[0, VOTE_NAMES.index("fear")] = 2
    votes[0, VOTE_NAMES.index("contempt")] = 2  # no class of FER2013: does not count
    votes[1, VOTE_NAMES.index("NF")] = 10  # no vote for any expression: the label stands alone
    targets = training_targets(replace(demo, votes=votes), vote_weight=0.4)
    expected = 0.6 * np.eye(7)[demo.labels[0]]
    expected[EMOTIONS.index("happy")] += 0.4 * 0.75
    expected[EMOTIONS.index("fear")] += 0.4 * 0.25
    assert targets[0] == pytest.approx(expected)
    assert np.array_equal(targets[1], np.eye(7)[demo.labels[1]])


def test_votes_that_are_not_there_are_asked_for(demo):
    with pytest.raises(
        TrainingError, match="needs the FER\\+ votes, and there are none; put fer2013new"
    ):
        training_targets(replace(demo, votes=None), vote_weight=0.5)


@pytest.mark.parametrize("with_public_test", [True, False])
def test_counts_are_those_of_the_split(demo, with_public_test):
    data = demo if with_public_test else replace(demo, splits=np.zeros(len(demo), np.uint8))
    counts = count_for_training(data)
    training, selecting = split_for_training(data, seed=0)
    assert (counts.training, counts.selecting) == (len(training), len(selecting))
    assert counts.held_out is not with_public_test
    assert counts.votes is False


def test_counting_refuses_what_splitting_refuses(demo):
    with pytest.raises(DatasetError, match="has no Training images"):
        count_for_training(demo.split("PublicTest"))
    one = demo.split("Training").subset(np.arange(1))
    with pytest.raises(TrainingError, match="expected at least two images of some expression"):
        count_for_training(one)
