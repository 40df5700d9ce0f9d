from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from emotion_core.datasets import SPLITS, demo_dataset
from emotion_core.datasets.drawn.faces import draw_face
from emotion_core.datasets.drawn.facial_actions import EXPRESSIONS
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError


def test_every_split_holds_every_expression():
    dataset = demo_dataset(images_per_class=20, seed=1)
    assert dataset.name == "demo (synthetic drawn faces)"
    for code, count in enumerate((14, 3, 3)):
        labels = dataset.labels[dataset.splits == code]
        assert np.bincount(labels, minlength=7).tolist() == [count] * 7, SPLITS[code]
    assert dataset.rows.tolist() == list(range(140))


def test_the_smallest_one():
    assert len(demo_dataset(images_per_class=3)) == 21
    with pytest.raises(DatasetError, match="expected at least 3, one for each split, found 2"):
        demo_dataset(images_per_class=2)


def test_the_seed_decides_every_pixel():
    first, same, other = (demo_dataset(images_per_class=3, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.images, same.images)
    assert first.fingerprint != other.fingerprint


def test_no_two_faces_are_alike_and_all_fill_the_grey_scale():
    images = demo_dataset(images_per_class=10).images
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)
    assert (np.ptp(images.reshape(len(images), -1), axis=1) > 40).all()


def test_each_expression_can_be_drawn():
    assert tuple(EXPRESSIONS) == EMOTIONS
    for emotion in EMOTIONS:
        face = draw_face(emotion, np.random.default_rng(0))
        assert (face.shape, face.dtype) == ((48, 48), np.uint8)


def test_expressions_can_be_told_apart_but_not_without_learning():
    dataset = demo_dataset()

    quarters = dataset.images.reshape(-1, 24, 2, 24, 2).mean(axis=(2, 4)).reshape(-1, 24 * 24)
    quarters -= quarters.mean(axis=1, keepdims=True)
    quarters /= quarters.std(axis=1, keepdims=True)
    is_training = dataset.splits == SPLITS.index("Training")
    model = RidgeClassifier(alpha=100.0)
    model.fit(quarters[is_training], dataset.labels[is_training])
    accuracy = model.score(quarters[~is_training], dataset.labels[~is_training])
    assert 0.5 < accuracy < 0.98  # chance is 0.14
