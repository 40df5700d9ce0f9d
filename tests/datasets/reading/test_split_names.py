from __future__ import annotations

import shutil

import cv2
import pytest

from emotion_core.datasets import demo_dataset, open_dataset
from emotion_core.datasets.reading.bad_rows import RowError
from emotion_core.datasets.reading.split_names import split_of
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError


@pytest.fixture(scope="module")
def demo():
    return demo_dataset()


@pytest.fixture
def write_tree(tmp_path, demo):
    """Write a face of each class below each folder; the n-th folder holds the n-th split's."""

    def write(*folders):
        for split, folder in enumerate(folders):
            for label, emotion in enumerate(EMOTIONS):
                face = int(((demo.splits == split) & (demo.labels == label)).argmax())
                path = tmp_path / "faces" / folder / emotion / f"{face}.png"
                path.parent.mkdir(parents=True)
                assert cv2.imwrite(str(path), demo.images[face])
        return tmp_path / "faces"

    return write


def counts(path, **options):
    dataset = open_dataset(path, use_cache=False, **options)
    return [int((dataset.splits == split).sum()) for split in range(3)]


@pytest.mark.parametrize(
    "folders",
    [
        ("FER2013Train", "FER2013Valid", "FER2013Test"),
        ("train_set", "val_set", "test_set"),
        ("train", "dev", "eval"),
        ("training", "Public Test", "private_test"),
        ("Training", "validating", "testing"),
        ("train_images", "valid-images", "test.images"),
        ("1-train", "2-val", "3-test"),
        ("train_class", "val_class", "test_class"),
        ("trainset", "valset", "testset"),
        ("Training", "test_public", "TestPrivate"),
        ("TRAIN", "PUBLICTEST", "PRIVATETEST"),
        ("a/train", "b/val", "b/test"),
        ("train_val/train", "train_val/val", "pretest/test"),  # the nearest folder tells it
    ],
)
def test_each_copy_calls_its_splits_otherwise(write_tree, folders):
    assert counts(write_tree(*folders)) == [7, 7, 7]


@pytest.mark.parametrize(
    "folder", ["trainval", "train_val", "fertest", "testdev", "Test of training", "prueba", "tset"]
)
def test_a_split_that_is_not_understood_is_no_training(write_tree, folder):
    path = write_tree("train", "val", folder)
    with pytest.raises(DatasetError) as caught:
        counts(path)
    assert (
        f"expected a folder named after its split, train, val or test, found {folder!r} in picture"
    ) in str(caught.value)
    assert counts(path, skip_bad_rows=True) == [7, 7, 0]


def test_an_evaluation_beside_a_test_is_not_understood(write_tree):
    path = write_tree("train", "eval_set", "test")
    with pytest.raises(DatasetError, match="val or test, found 'eval_set' in picture"):
        counts(path)
    assert counts(path, skip_bad_rows=True) == [7, 0, 7]


def test_folders_that_are_about_something_else(write_tree):
    dataset = open_dataset(write_tree("latest"))
    assert (dataset.splits.tolist(), dataset.notes) == ([0] * 7, ())
    dataset = open_dataset(write_tree("anna", "valentin"))
    assert dataset.splits.tolist() == [0] * 21
    assert dataset.notes == (
        "no folder of anna, latest, valentin names a split, so their faces count as Training; "
        "if they are not, put folders named train, val and test above them",
    )


@pytest.mark.parametrize(
    ("folder", "split"), [("test_set", 2), ("FER2013Valid", 1), ("faces", 0), ("archive", 0)]
)
def test_the_data_sets_own_name_may_tell_it(folder, split):
    assert split_of("happy/1.png", folder) == split
    assert split_of("train/happy/1.png", folder) == 0


def test_the_data_sets_own_name_is_not_clear():
    with pytest.raises(RowError, match="found 'train-test-split'"):
        split_of("happy/1.png", "train-test-split")
    assert split_of("val/happy/1.png", "train-test-split") == 1
    assert split_of("happy/PrivateTest_1.png", "train-test-split") == 2


def test_a_zip_is_read_likewise(write_tree, tmp_path):
    folder = write_tree("FER2013Train", "FER2013Valid", "FER2013Test")
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
    assert counts(archive) == [7, 7, 7]
