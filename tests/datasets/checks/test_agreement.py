from __future__ import annotations

import numpy as np
import pytest

from emotion_core.datasets import VOTE_NAMES, FaceDataset
from emotion_core.datasets.checks.agreement import (
    VOTE_LABELS,
    label_support,
    majority_labels,
    measure_agreement,
)
from emotion_core.emotions import EMOTIONS


def votes_for(*names):
    votes = np.zeros((len(names), len(VOTE_NAMES)), np.uint8)
    votes[np.arange(len(names)), [VOTE_NAMES.index(name) for name in names]] = 10
    return votes


def dataset_of(faces, labels, votes):
    count = len(labels)
    return FaceDataset(
        name="faces",
        images=faces[:count],
        labels=np.array(labels, np.uint8),
        splits=np.zeros(count, np.uint8),
        rows=np.arange(count),
        votes=votes,
    )


def test_majority_labels():
    assert [EMOTIONS[label] for label in VOTE_LABELS[:7]] == [
        "neutral", "happy", "surprise", "sad", "angry", "disgust", "fear",
    ]  # fmt: skip
    votes = votes_for("happiness", "contempt", "unknown", "NF", "anger")
    assert majority_labels(votes).tolist() == [3, -1, -1, -1, 0]
    tie = np.zeros((1, 10), np.uint8)
    tie[0, [1, 4]] = 5
    assert majority_labels(tie).tolist() == [3]
    assert majority_labels(np.zeros((1, 10), np.uint8)).tolist() == [-1]


def test_support_is_the_share_of_all_votes():
    votes = votes_for("happiness", "sadness", "NF")
    votes[0, VOTE_NAMES.index("anger")] = 30
    support = label_support(np.array([3, 3, 3], np.uint8), votes)
    assert support.tolist() == [0.25, 0.0, 0.0]
    assert np.isnan(label_support(np.array([3], np.uint8), np.zeros((1, 10), np.uint8))).all()


def test_agreement_by_class(faces):
    votes = votes_for("happiness", "sadness", "happiness", "NF", "disgust")
    agreement = measure_agreement(dataset_of(faces, [3, 3, 3, 3, 1], votes))
    assert agreement.majority[3] == pytest.approx(2 / 3)  # one is no face
    assert agreement.support[3] == pytest.approx(2 / 4)
    assert agreement.majority[1] == agreement.support[1] == 1
    assert np.isnan(agreement.majority[0])
    assert agreement.overall == pytest.approx(3 / 4)


def test_without_votes_or_without_expressions(faces):
    assert measure_agreement(dataset_of(faces, [3, 3], None)) is None
    agreement = measure_agreement(dataset_of(faces, [3, 3], votes_for("NF", "contempt")))
    assert np.isnan(agreement.overall)
    assert np.isnan(agreement.majority).all()
    assert agreement.support[3] == 0
