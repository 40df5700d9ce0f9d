from __future__ import annotations

import json
import shutil

import pytest

from emotion_core.datasets import open_dataset
from emotion_core.datasets.reading.bad_rows import RowError
from emotion_core.datasets.reading.class_names import label_of, remember_meanings
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError, NumberedClassesError
from emotion_core.faces.pictures.images import encode_png
from emotion_core.system.storage.folders import data_dir

RAF_DB = dict(
    zip(
        "1234567",
        ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"),
        strict=True,
    )
)


@pytest.fixture
def numbered(tmp_path, monkeypatch, faces):
    """RAF-DB's form: a face of each class in Training, one of its first class in the test set."""
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    for place, name in enumerate([*(f"train/{number}" for number in RAF_DB), "test/1"]):
        path = tmp_path / "rafdb" / name / f"{place}.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(encode_png(faces[place % 6].repeat(2, 0).repeat(2, 1)))
    return tmp_path / "rafdb"


def emotions(dataset):
    return [EMOTIONS[label] for label in dataset.labels]


@pytest.mark.parametrize(
    ("folder", "emotion"),
    [("1-happy", "happy"), ("03_Sadness", "sad"), (" fear_", "fear"), ("0 Neutral", "neutral")],
)
def test_numbers_and_signs_around_a_name(folder, emotion):
    assert EMOTIONS[label_of(f"train/{folder}/1.png")] == emotion


@pytest.mark.parametrize("folder", ["7", "contempt", "happy2", "_"])
def test_no_class(folder):
    with pytest.raises(RowError, match="expected a class folder of angry, disgust, "):
        label_of(f"train/{folder}/1.png")


def test_the_meaning_of_numbers_is_asked_once(numbered, tmp_path):
    with pytest.raises(NumberedClassesError) as caught:
        open_dataset(numbered)
    assert str(caught.value) == (
        f"{numbered}: expected class folders of {', '.join(EMOTIONS)}, found 1, 2, 3, 4, 5, 6, 7; "
        "say what the numbers mean, as the authors of the dataset do: --classes 1=happy,… with "
        "none for what to leave out, or on the page Dataset explorer"
    )
    assert caught.value.numbers == tuple("1234567")
    expected = ["surprise", *RAF_DB.values()]  # the test set comes first
    dataset = open_dataset(numbered, classes=RAF_DB)
    assert emotions(dataset) == expected
    assert dataset.splits.tolist() == [2, *[0] * 7]
    assert dataset.notes == ("scaled 8 pictures to 48x48 pixels, from 96x96",)
    assert emotions(open_dataset(numbered)) == expected
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", numbered)
    assert emotions(open_dataset(packed)) == expected  # the same pictures, wherever they are
    others = {**RAF_DB, "1": "none", "2": "happy"}
    dataset = open_dataset(packed, classes=others)
    assert emotions(dataset) == ["happy", *list(RAF_DB.values())[2:]]
    assert "left out 2 pictures of classes that mean none" in dataset.notes


def test_a_number_without_a_meaning(numbered):
    few = {number: RAF_DB[number] for number in "12345"}
    with pytest.raises(NumberedClassesError, match="found 6, 7; say what"):
        open_dataset(numbered, classes=few)
    with pytest.raises(DatasetError, match=r"class 1: expected angry, .* or none, found 'joy'"):
        open_dataset(numbered, classes=RAF_DB | {"1": "joy"})


def test_what_was_said_is_damaged_or_cannot_be_kept(numbered, caplog):
    remember_meanings("a", {"1": "sad"})
    path = data_dir() / "numbered_classes.json"
    assert json.loads(path.read_text()) == {"a": {"1": "sad"}}
    path.write_text("[]")
    with pytest.raises(NumberedClassesError):
        open_dataset(numbered)
    assert "numbered_classes.json is damaged and starts over" in caplog.text
    path.unlink()
    path.mkdir()
    with pytest.raises(DatasetError, match=r"numbered_classes\.json: cannot be written"):
        remember_meanings("a", {"1": "sad"})


def test_numbered_folders_of_something_else(numbered, faces):
    path = numbered / "train" / "happy" / "1.png"
    path.parent.mkdir()
    path.write_bytes(encode_png(faces[0]))
    with pytest.raises(DatasetError, match=r"8 bad pictures .* found '1' in picture test/1/7\.png"):
        open_dataset(numbered)
