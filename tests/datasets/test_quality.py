from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotion_core.datasets import VOTE_NAMES, FaceDataset, open_dataset
from emotion_core.datasets.quality import (
    VOTE_LABELS,
    Duplicates,
    blank_images,
    conflicting_groups,
    identical_groups,
    inspect_dataset,
    majority_labels,
)
from emotion_core.emotions import EMOTIONS


@pytest.fixture
def dataset(faces):
    """Nine images: faces 0, 0, 1 and 2 in Training; 0, 0, 2, 3 and a blank one in PublicTest."""
    images = faces[[0, 0, 1, 2, 0, 0, 2, 3, 4]]
    images[8] = 50
    return FaceDataset(
        name="faces",
        images=images,
        labels=np.array([3, 3, 1, 2, 3, 3, 6, 0, 6], np.uint8),
        splits=np.array([0, 0, 0, 0, 1, 1, 1, 1, 1], np.uint8),
        rows=np.arange(9),
        dropped_rows=4,
    )


def votes_for(*names):
    votes = np.zeros((len(names), len(VOTE_NAMES)), np.uint8)
    votes[np.arange(len(names)), [VOTE_NAMES.index(name) for name in names]] = 10
    return votes


def test_a_report(dataset):
    report = inspect_dataset(dataset)
    assert (report.name, report.images, report.dropped_rows) == ("faces", 9, 4)
    assert report.class_counts == {
        "Training": dict(zip(EMOTIONS, [0, 1, 1, 2, 0, 0, 0], strict=True)),
        "PublicTest": dict(zip(EMOTIONS, [1, 0, 0, 2, 0, 0, 2], strict=True)),
    }
    assert report.duplicates == {"Training": Duplicates(1, 2), "PublicTest": Duplicates(1, 2)}
    assert report.shared_images == {"Training": {"PublicTest": 3}, "PublicTest": {"Training": 3}}
    assert report.conflicting_groups == 1  # face 2 is fear here and neutral there
    assert report.blank_images == 1
    assert report.votes_agreement is None


def test_one_split_alone(dataset):
    report = inspect_dataset(dataset.split("Training"))
    assert report.shared_images == {"Training": {}}
    assert report.conflicting_groups == 0


def test_votes_agree_where_they_name_an_expression(dataset):
    names = ["happiness", "sadness", "disgust", "fear", *["NF"] * 2, *["contempt"] * 2, "unknown"]
    report = inspect_dataset(replace(dataset, votes=votes_for(*names)))
    assert report.votes_agreement == pytest.approx(3 / 4)
    nothing = inspect_dataset(replace(dataset, votes=votes_for(*["NF"] * 9)))
    assert nothing.votes_agreement is None


def test_majority_labels():
    assert [EMOTIONS[label] for label in VOTE_LABELS[:7]] == [
        "neutral", "happy", "surprise", "sad", "angry", "disgust", "fear",
    ]  # fmt: skip
    votes = votes_for("happiness", "contempt", "unknown", "NF", "anger")
    assert majority_labels(votes).tolist() == [3, -1, -1, -1, 0]
    tie = np.zeros((1, 10), np.uint8)
    tie[0, [1, 4]] = 5
    assert majority_labels(tie).tolist() == [3]


def test_identical_groups(faces):
    assert identical_groups(faces[[2, 0, 2, 1, 0]]).tolist() == [0, 1, 0, 2, 1]
    assert identical_groups(faces[:0]).tolist() == []


def test_conflicting_groups():
    groups = np.array([0, 0, 1, 1, 2, 3, 3, 3])
    labels = np.array([4, 4, 4, 5, 1, 2, 2, 0], np.uint8)
    assert conflicting_groups(groups, labels).tolist() == [1, 3]
    assert conflicting_groups(groups[:0], labels[:0]).tolist() == []


def test_blank_images(faces):
    images = faces.copy()
    images[1] = 0
    images[2] = 255
    images[2, 47, 47] = 254
    assert blank_images(images).tolist() == [False, True, False, False, False, False]


@pytest.mark.fer2013
@pytest.mark.skipif("FER2013_CSV" not in os.environ, reason="FER2013_CSV names no fer2013.csv")
def test_the_real_data_set():
    dataset = open_dataset(Path(os.environ["FER2013_CSV"]), use_cache=False)
    report = inspect_dataset(dataset)
    counts = list(report.class_counts["Training"].values())
    assert counts == [3995, 436, 4097, 7215, 4830, 3171, 4965]
    assert report.duplicates["Training"].groups == pytest.approx(1030, abs=10)
    # 279 faces, and a blank image that both splits have.
    assert report.shared_images["PublicTest"]["Training"] == 280
    if report.votes_agreement is not None:
        assert report.votes_agreement == pytest.approx(0.63, abs=0.01)
