from __future__ import annotations

import os

import numpy as np
import pytest

from emotion_core.datasets import FaceDataset, demo_dataset, open_dataset
from emotion_core.datasets.checks.overview import class_faces, measure_light, spread, survey_dataset


def dataset_of(images, labels, splits=None):
    return FaceDataset(
        name="faces",
        images=images,
        labels=np.array(labels, np.uint8),
        splits=np.zeros(len(labels), np.uint8) if splits is None else np.array(splits, np.uint8),
        rows=np.arange(len(labels)),
        dropped_rows=4,
    )


def test_counts_and_shares(faces):
    overview = survey_dataset(dataset_of(faces, [3, 3, 3, 0, 0, 6], [0, 0, 1, 0, 1, 1]))
    assert (overview.name, overview.images, overview.dropped_rows) == ("faces", 6, 4)
    assert overview.splits == ("Training", "PublicTest")
    assert overview.counts[0].tolist() == [1, 0, 0, 2, 0, 0, 0]
    assert overview.class_counts.tolist() == [2, 0, 0, 3, 0, 0, 1]
    assert overview.class_shares[3] == 0.5
    assert overview.split_shares[1].tolist() == pytest.approx([1 / 3, 0, 0, 1 / 3, 0, 0, 1 / 3])
    assert overview.split_shares[2].tolist() == [0] * 7
    assert overview.imbalance == 3
    assert overview.empty_classes == ("disgust", "fear", "sad", "surprise")
    assert overview.agreement is None


def test_light(faces):
    images = faces.copy()
    images[0] = 200
    brightness, contrast = measure_light(images)
    flat = images.reshape(len(images), -1)
    assert brightness == pytest.approx(flat.mean(axis=1), abs=1e-3)
    assert contrast == pytest.approx(flat.std(axis=1), abs=1e-3)
    assert contrast[0] == 0


def test_more_images_than_a_block():
    images = np.random.default_rng(1).integers(0, 256, (600, 48, 48)).astype(np.uint8)
    labels = np.arange(600).astype(np.uint8) % 2
    means, deviations = class_faces(images, labels)
    for label in (0, 1):
        assert means[label] == pytest.approx(images[labels == label].mean(axis=0), abs=1e-3)
        assert deviations[label] == pytest.approx(images[labels == label].std(axis=0), abs=1e-3)
    brightness, _ = measure_light(images)
    assert brightness == pytest.approx(images.mean(axis=(1, 2)), abs=1e-3)


def test_one_image_and_one_class(faces):
    overview = survey_dataset(dataset_of(faces[:1], [4]))
    assert overview.imbalance == 1
    assert (overview.mean_faces[4] == faces[0]).all()
    assert (overview.deviation_faces[4] == 0).all()
    assert np.isnan(overview.mean_faces[3]).all()
    assert overview.class_brightness[3] is None
    assert overview.class_brightness[4].deviation == 0


def test_constant_images():
    images = np.full((5, 48, 48), 255, np.uint8)
    overview = survey_dataset(dataset_of(images, [0, 0, 0, 0, 1]))
    assert (overview.brightness == 255).all()
    assert (overview.contrast == 0).all()
    assert (overview.deviation_faces[:2] == 0).all()


def test_spread():
    found = spread(np.arange(101, dtype=np.float32))
    assert (found.images, found.mean, found.quantiles) == (101, 50, (5, 25, 50, 75, 95))
    assert spread(np.empty(0, np.float32)) is None


def test_the_demo_data_is_balanced():
    overview = survey_dataset(demo_dataset(10))
    assert overview.imbalance == 1
    assert not np.isnan(overview.mean_faces).any()


@pytest.mark.fer2013
@pytest.mark.skipif("FER2013_CSV" not in os.environ, reason="FER2013_CSV names no fer2013.csv")
def test_the_real_data_set():
    overview = survey_dataset(open_dataset(os.environ["FER2013_CSV"], use_cache=False))
    assert overview.counts[0].tolist() == [3995, 436, 4097, 7215, 4830, 3171, 4965]
    assert overview.imbalance == pytest.approx(16.5, abs=0.1)
    if overview.agreement is not None:
        assert overview.agreement.overall == pytest.approx(0.63, abs=0.01)
