from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.checks.corrections import (
    corrected_labels,
    exclude,
    excluded_images,
    with_images,
    without_images,
)
from emotion_core.datasets.checks.exclusions import exclusion_list, save_exclusions
from emotion_core.datasets.source import DataSource
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError

SAD, HAPPY = EMOTIONS.index("sad"), EMOTIONS.index("happy")


@pytest.fixture
def dataset(faces):
    return FaceDataset(
        name="faces.csv",
        images=faces[[0, 1, 2, 3, 1, 4]],
        labels=np.array([3, 3, 1, 2, 3, 3], np.uint8),
        splits=np.array([0, 0, 0, 0, 0, 1], np.uint8),
        rows=np.array([10, 11, 12, 13, 14, 15]),
    )


@pytest.fixture
def mixed(dataset):
    """Image 4 is left out; 0 and 2 are sad."""
    left_out = exclusion_list(dataset, "mine", {"blurred": np.array([4])})
    return with_images(left_out, dataset, "mine", {"by hand": np.array([0, 2])}, "sad")


def test_some_images_go_and_others_get_another_label(dataset, mixed):
    assert np.flatnonzero(excluded_images(dataset, mixed)).tolist() == [4]
    assert corrected_labels(dataset, mixed).tolist() == [SAD, 3, SAD, 2, 3, 3]
    corrected = exclude(dataset, mixed)
    assert corrected.rows.tolist() == [10, 11, 12, 13, 15]
    assert corrected.labels.tolist() == [SAD, 3, SAD, 2, 3]
    assert dataset.labels.tolist() == [3, 3, 1, 2, 3, 3]  # itself is never changed
    assert (corrected.excluded.images, corrected.excluded.relabelled) == (1, 2)
    assert str(corrected.excluded) == "left out 1 image and gave 2 images another label"


def test_the_fingerprint_is_that_of_the_labels_there_are(dataset, mixed):
    known = replace(dataset, known_fingerprint=dataset.fingerprint)
    unknown = exclude(dataset, mixed)
    assert exclude(known, mixed).fingerprint == unknown.fingerprint != dataset.fingerprint


def test_all_may_be_relabelled_but_not_left_out(dataset):
    everything = np.arange(6)
    relabelled = exclusion_list(dataset, "all", {"by hand": everything}, "happy")
    assert (exclude(dataset, relabelled).labels == HAPPY).all()
    most = with_images(None, dataset, "most", {"by hand": everything[:5]})
    with pytest.raises(DatasetError, match=r"expected at least one image of faces\.csv that"):
        with_images(most, dataset, "most", {"by hand": everything[5:]})


def test_the_checksum_tells_what_is_done_to_the_images(dataset):
    ways = [
        exclusion_list(dataset, "mine", {"by hand": np.array([1])}, becomes)
        for becomes in (None, "sad", "fear")
    ]
    assert len({each.checksum for each in ways}) == 3


def test_of_an_image_named_twice_the_last_wish_counts(dataset, mixed):
    again = with_images(mixed, dataset, "mine", {"by hand": np.array([0])})
    assert [(image.row, image.becomes) for image in again.images] == [
        (10, None),
        (12, "sad"),
        (14, None),
    ]


def test_images_are_taken_off_again(dataset, mixed):
    fewer = without_images(mixed, dataset, np.array([0, 4]))
    assert [image.row for image in fewer.images] == [12]
    assert without_images(fewer, dataset, np.array([2])) is None


def test_a_list_of_other_images_does_not_grow(dataset, mixed):
    other = replace(dataset.subset(np.arange(4)), name="other.csv")
    with pytest.raises(DatasetError, match=r"expected one of other\.csv, found one of faces\.csv"):
        with_images(mixed, other, "mine", {"by hand": np.array([1])})


def test_a_source_opens_with_the_corrections(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_EXCLUSIONS_DIR", str(tmp_path))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    demo = DataSource("demo").open()
    save_exclusions(exclusion_list(demo, "happy", {"by hand": np.array([0])}, "happy"))
    corrected = DataSource("demo", exclusions="happy").open()
    assert len(corrected) == len(demo)
    assert corrected.labels[0] == HAPPY
