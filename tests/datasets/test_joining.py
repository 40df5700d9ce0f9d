from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.checks.agreement import label_support, measure_agreement
from emotion_core.datasets.joining import join
from emotion_core.datasets.types import Exclusion
from emotion_core.errors import DatasetError
from emotion_core.training.data import split_for_training, training_targets


@pytest.fixture
def first(faces) -> FaceDataset:
    """Faces 0 to 3, label = place, one of them PublicTest, with votes."""
    votes = np.zeros((4, 10), np.uint8)
    votes[:, 0] = 10  # all for neutral
    return FaceDataset(
        "first",
        faces[:4],
        np.arange(4, dtype=np.uint8),
        np.array([0, 0, 1, 2], np.uint8),
        np.array([0, 2, 5, 6]),
        votes,
        dropped_rows=3,
    )


@pytest.fixture
def second(faces) -> FaceDataset:
    return FaceDataset(
        "second",
        faces[4:],
        np.array([6, 6], np.uint8),
        np.array([0, 1], np.uint8),
        np.array([0, 1]),
        dropped_rows=1,
    )


def test_everything_keeps_its_place(first, second, faces):
    joined = join(first, second)
    assert joined.name == "first + second"
    np.testing.assert_array_equal(joined.images, faces)
    assert joined.labels.tolist() == [0, 1, 2, 3, 6, 6]
    assert joined.splits.tolist() == [0, 0, 1, 2, 0, 1]
    assert joined.rows.tolist() == [0, 2, 5, 6, 7, 8]
    assert joined.dropped_rows == 4
    assert len(join(first, second, first)) == 10


def test_one_data_set_is_itself(first):
    assert join(first) is first


def test_faces_without_votes_have_none(first, second):
    joined = join(first, second)
    assert joined.votes.sum(axis=1).tolist() == [10, 10, 10, 10, 0, 0]
    assert join(second, first).votes.sum(axis=1).tolist() == [0, 0, 10, 10, 10, 10]
    assert join(second, second).votes is None
    # ... and nobody takes none for a vote: the first expression has every vote of FER+'s neutral.
    assert np.isnan(label_support(joined.labels, joined.votes)[4:]).all()
    assert measure_agreement(joined).overall == 0.0
    targets = training_targets(joined, vote_weight=1.0)
    assert targets.argmax(axis=1).tolist() == [6] * 6
    assert targets[4].tolist() == [0, 0, 0, 0, 0, 0, 1]


def test_the_fingerprint_is_that_of_the_content(first, second):
    joined = join(first, second)
    other = replace(second, labels=np.array([6, 5], np.uint8))
    parts = {each.fingerprint for each in (first, second, joined, join(first, other))}
    assert len(parts) == 4
    again = join(replace(first, name="other", known_fingerprint="kept by the cache"), second)
    assert again.fingerprint == joined.fingerprint


def test_what_was_left_out_is_remembered(first, second):
    one, other = Exclusion("leaks", 3, "abc"), Exclusion("text", 1, "def")
    assert join(first, second).excluded is None
    assert join(replace(first, excluded=one), second).excluded == one
    assert join(first, replace(second, excluded=one)).excluded == one
    with pytest.raises(DatasetError, match="at most one correction list, found 'leaks' and 'text'"):
        join(replace(first, excluded=one), replace(second, excluded=other))


def test_training_takes_both_splits_of_both(first, second):
    training, selection = split_for_training(join(first, second), seed=0)
    assert training.labels.tolist() == [0, 1, 6]
    assert selection.labels.tolist() == [2, 6]
