from __future__ import annotations

import numpy as np
import pytest

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.checks.comparison import compare_datasets


def dataset_of(name, images, labels):
    labels = np.array(labels, np.uint8)
    return FaceDataset(name, images, labels, 0 * labels, np.arange(len(labels)))


def test_shares_and_overlap(smooth_faces):
    brighter = np.clip(smooth_faces[[2]] * 0.9 + 20, 0, 255).astype(np.uint8)
    first = dataset_of("a", smooth_faces[[0, 1, 2, 3]], [3, 3, 3, 0])
    second = dataset_of("b", np.concatenate([smooth_faces[[0, 0]], brighter, smooth_faces[[4]]]),
                        [3, 3, 6, 6])  # fmt: skip
    calls = []
    found = compare_datasets(
        first, second, progress=lambda done, total: calls.append((done, total))
    )
    assert (found.first.name, found.second.name) == ("a", "b")
    assert found.share_differences.tolist() == [-0.25, 0, 0, -0.25, 0, 0, 0.5]
    assert found.class_distance == 0.5
    assert found.exact.first.tolist() == [True, False, False, False]
    assert found.exact.second.tolist() == [True, True, False, False]
    assert found.near.first.tolist() == [True, False, True, False]
    assert found.near.second.tolist() == [True, True, True, False]
    assert calls == [(4, 4)]


def test_with_itself_and_without_near(smooth_faces):
    same = dataset_of("a", smooth_faces, [0] * 6)
    found = compare_datasets(same, same, near=False)
    assert found.class_distance == 0
    assert found.exact.first.all()
    assert found.near is None


def test_blank_images_overlap_exactly():
    blank = dataset_of("blank", np.zeros((2, 48, 48), np.uint8), [0, 1])
    grey = dataset_of("grey", np.full((1, 48, 48), 9, np.uint8), [0])
    assert compare_datasets(blank, blank).near.first.all()
    found = compare_datasets(blank, grey)
    assert not found.near.first.any()
    assert found.class_distance == pytest.approx(0.5)
