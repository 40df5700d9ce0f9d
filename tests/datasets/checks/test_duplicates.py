from __future__ import annotations

import os

import numpy as np
import pytest

from emotion_core.datasets import FaceDataset, open_dataset
from emotion_core.datasets.checks.duplicates import (
    ImageGroups,
    connected_groups,
    find_duplicates,
    identical_groups,
)

#: Two groups (0, 2, 5 and 1, 4) and two images that are alone.
NUMBERS = np.array([0, 1, 0, -1, 1, 0, -1])


def dataset_of(images, labels, splits):
    return FaceDataset(
        name="faces",
        images=images,
        labels=np.array(labels, np.uint8),
        splits=np.array(splits, np.uint8),
        rows=np.arange(len(labels)),
    )


def test_identical_groups(faces):
    assert identical_groups(faces[[2, 0, 2, 1, 0]]).tolist() == [0, 1, 0, 2, 1]
    assert identical_groups(faces[:0]).tolist() == []


def test_members_and_others():
    groups = ImageGroups(NUMBERS)
    assert (groups.count, groups.images, groups.sizes.tolist()) == (2, 5, [3, 2])
    assert groups.members(0).tolist() == [0, 2, 5]
    assert groups.members(1).tolist() == [1, 4]
    assert groups.others(2).tolist() == [0, 5]
    assert groups.others(3).tolist() == []


def test_conflicting_labels():
    groups = ImageGroups(NUMBERS)
    assert groups.conflicting(np.array([4, 1, 4, 0, 2, 4, 0], np.uint8)).tolist() == [1]
    assert groups.conflicting(np.zeros(7, np.uint8)).tolist() == []


@pytest.mark.parametrize(
    ("splits", "leaked", "surplus", "shared"),
    [
        ([0, 0, 0, 0, 0, 0, 0], [], [2, 4, 5], [[5, 0, 0], [0, 0, 0], [0, 0, 0]]),
        ([0, 1, 1, 1, 1, 1, 2], [2, 5], [4, 5], [[0, 1, 0], [2, 4, 0], [0, 0, 0]]),
        ([1, 1, 2, 1, 2, 2, 2], [], [5], [[0, 0, 0], [0, 0, 2], [0, 3, 2]]),
    ],
)
def test_within_and_across_splits(splits, leaked, surplus, shared):
    groups, codes = ImageGroups(NUMBERS), np.array(splits, np.uint8)
    assert np.flatnonzero(groups.leaked(codes)).tolist() == leaked
    assert np.flatnonzero(groups.surplus(codes)).tolist() == surplus
    assert groups.shared(codes).tolist() == shared


def test_no_group_at_all():
    groups, codes = ImageGroups(np.full(3, -1)), np.zeros(3, np.uint8)
    assert (groups.count, groups.images, groups.sizes.tolist()) == (0, 0, [])
    assert groups.others(0).tolist() == groups.conflicting(codes).tolist() == []
    assert not groups.leaked(codes).any()
    assert not groups.surplus(codes).any()
    assert not groups.shared(codes).any()


def test_connected_groups():
    first, second = np.array([5, 4, 1, 7]), np.array([4, 2, 3, 7])
    assert connected_groups(8, first, second).numbers.tolist() == [-1, 0, 1, 0, 1, 1, -1, -1]
    assert connected_groups(2, first[:0], second[:0]).numbers.tolist() == [-1, -1]


def test_exact_near_and_mirrored(smooth_faces):
    images = smooth_faces[[0, 1, 2, 0, 1, 2]]
    images[4] = np.clip(images[4] * 0.9 + 9, 0, 255)  # as on another screen
    images[5] = images[5][:, ::-1]
    dataset = dataset_of(images, [0] * 6, [0, 0, 0, 1, 1, 1])
    found = find_duplicates(dataset)
    assert found.exact.numbers.tolist() == [0, -1, -1, 0, -1, -1]
    assert found.near.numbers.tolist() == [0, 1, -1, 0, 1, -1]
    assert found.mirrored.numbers.tolist() == [-1, -1, 0, -1, -1, 0]
    assert found.pairs.first.tolist() == [1, 2]
    assert found.pairs.second.tolist() == [4, 5]


def test_exact_alone_is_asked_for(faces):
    found = find_duplicates(dataset_of(faces[[0, 0]], [0, 1], [0, 0]), near=False)
    assert found.exact.numbers.tolist() == [0, 0]
    assert found.near is found.mirrored is found.pairs is None


def test_blank_images_are_copies_only_of_the_same_grey():
    images = np.zeros((5, 48, 48), np.uint8)
    images[2:] = 9
    images[4, 0, 0] = 10
    found = find_duplicates(dataset_of(images, [0] * 5, [0] * 5))
    assert found.near.numbers.tolist() == found.exact.numbers.tolist() == [0, 0, 1, 1, -1]


def test_one_image(faces):
    found = find_duplicates(dataset_of(faces[:1], [0], [0]))
    assert found.exact.count == found.near.count == found.mirrored.count == 0


def test_many_rows_of_few_images(smooth_faces):
    images = np.broadcast_to(smooth_faces[:5], (20_000, 5, 48, 48)).reshape(-1, 48, 48)
    splits = np.repeat([0, 1], 50_000)
    found = find_duplicates(dataset_of(images, [0] * 100_000, splits))
    assert found.exact.sizes.tolist() == found.near.sizes.tolist() == [20_000] * 5
    assert found.near.leaked(splits.astype(np.uint8)).sum() == 50_000


@pytest.mark.fer2013
@pytest.mark.skipif("FER2013_CSV" not in os.environ, reason="FER2013_CSV names no fer2013.csv")
def test_the_real_data_set():
    dataset = open_dataset(os.environ["FER2013_CSV"], use_cache=False).split("PublicTest")
    found = find_duplicates(dataset)
    naive = {}
    for index, image in enumerate(dataset.images):
        naive.setdefault(image.tobytes(), []).append(index)
    repeated = [members for members in naive.values() if len(members) > 1]
    assert [found.exact.members(number).tolist() for number in range(found.exact.count)] == repeated
    assert found.near.images == pytest.approx(161, abs=5)
