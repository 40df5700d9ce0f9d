from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from emotion_core.datasets import open_dataset
from emotion_core.datasets.own import storage as own_data
from emotion_core.datasets.own.dataset import open_own_dataset
from emotion_core.datasets.own.samples import read_samples
from emotion_core.datasets.own.storage import (
    create_own_dataset,
    delete_own_dataset,
    export_own_dataset,
    find_own_dataset,
    list_own_datasets,
    own_data_dir,
    own_path,
    rename_own_dataset,
    write_zip,
)
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError
from tests.kept import things_in

NOW = datetime(2026, 5, 22, 10, 15, tzinfo=UTC)


def full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_where_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))
    assert own_data_dir() == tmp_path / "own_data"
    monkeypatch.delenv("EMOTION_DATA_DIR")
    assert own_data_dir().parts[-2:] == ("emotion-dashboard", "own_data")


def test_a_new_one_is_empty(me, parent):
    assert (me.name, me.folder, me.consent, me.samples) == ("me", parent / "me", "I agree.", ())
    assert datetime.fromisoformat(me.created).tzinfo is not None
    assert list_own_datasets(parent).datasets == (me,) == (find_own_dataset(parent, "me"),)
    assert pd.read_csv(me.folder / "samples.csv").empty
    with pytest.raises(DatasetError, match="expected pictures in folders by split and class"):
        open_dataset(me.folder)


@pytest.mark.parametrize(
    "name", ["", "  ", ".", "..", "a/b", "a\\b", ".hidden", "dot.", "-x", "x" * 61, "a\nb", "a:b"]
)
def test_names_that_cannot_be_a_folders(parent, me, name):
    with pytest.raises(DatasetError, match="expected a name of 1 to 60 letters"):
        create_own_dataset(parent, name, "")
    with pytest.raises(DatasetError, match="expected a name of 1 to 60 letters"):
        rename_own_dataset(me, name)


@pytest.mark.parametrize("name", ["a", "Zoë 2.1_b-c", "x" * 60, " trimmed "])
def test_names_that_can(parent, name):
    assert create_own_dataset(parent, name, "").name == name.strip()


def test_a_name_is_given_once(parent, me):
    create_own_dataset(parent, "you", "")
    with pytest.raises(DatasetError, match="found 'me', which is taken"):
        create_own_dataset(parent, "me", "")
    with pytest.raises(DatasetError, match="found 'you', which is taken"):
        rename_own_dataset(me, "you")


def test_samples_are_a_data_set_like_any_other(filled, faces):
    dataset = open_dataset(filled.folder)
    assert dataset.name == "me"
    found = {
        (face.tobytes(), EMOTIONS[label], int(split))
        for face, label, split in zip(dataset.images, dataset.labels, dataset.splits, strict=True)
    }
    assert found == {
        (faces[0].tobytes(), "happy", 0),
        (faces[1].tobytes(), "happy", 0),
        (faces[2].tobytes(), "sad", 0),
        (faces[3].tobytes(), "sad", 1),
        (faces[4].tobytes(), "sad", 1),
    }


def test_samples_are_counted_and_listed_in_their_order(filled, faces):
    counts = filled.counts()
    assert counts["Training"] == dict.fromkeys(EMOTIONS, 0) | {"happy": 2, "sad": 1}
    assert counts["PublicTest"] == dict.fromkeys(EMOTIONS, 0) | {"sad": 2}
    assert [sample.sitting for sample in filled.samples] == [1, 1, 1, 2, 2]
    assert filled.samples[1].time == NOW + timedelta(microseconds=1)
    np.testing.assert_array_equal(read_samples(filled, filled.samples), faces[:5])


def test_the_table_is_for_pandas(filled):
    table = pd.read_csv(filled.folder / "samples.csv", parse_dates=["time"])
    assert list(table) == ["file", "emotion", "split", "sitting", "source", "time"]
    assert table["emotion"].tolist() == ["happy", "happy", "sad", "sad", "sad"]
    assert table["split"].tolist() == ["Training"] * 3 + ["PublicTest"] * 2
    assert table["source"].tolist() == ["camera", "camera", "photo", "crop", "crop"]
    assert table["time"][0] == pd.Timestamp(NOW)
    assert all((filled.folder / file).is_file() for file in table["file"])


def test_renamed(filled):
    after = rename_own_dataset(filled, "Zoë")
    assert (after.name, len(after.samples), filled.folder.exists()) == ("Zoë", 5, False)
    assert rename_own_dataset(after, " Zoë ") is after


def test_no_copy_is_kept_elsewhere(filled, cache_folder):
    open_dataset(filled.folder)
    assert not any(path.suffix == ".npy" for path in cache_folder.rglob("*"))


def test_own_slash_name_stands_for_it(filled, tmp_path, monkeypatch):
    assert own_path(Path("own/me")) == filled.folder
    assert own_path(Path("own/you")) is None
    assert own_path(Path("own/me/Training")) is None
    assert own_path(Path("me")) is None
    assert len(open_dataset("own/me")) == 5
    with pytest.raises(DatasetError, match="own/you: expected a CSV file"):
        open_dataset("own/you")
    # What is really there comes first.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own" / "me" / "sad").mkdir(parents=True)
    assert cv2.imwrite("own/me/sad/1.png", np.zeros((48, 48), np.uint8))
    assert len(open_dataset("own/me")) == 1


def test_an_exported_one_is_read_like_the_folder(filled, tmp_path):
    path = tmp_path / "exports" / "mine.zip"
    export_own_dataset(filled, path)
    from_zip, from_folder = open_dataset(path), open_dataset(filled.folder)
    assert from_zip.name == "mine.zip"
    assert from_zip.fingerprint == from_folder.fingerprint
    assert open_dataset(path).fingerprint == from_folder.fingerprint  # from the cache
    pd.testing.assert_frame_equal(
        read_zipped_table(path), pd.read_csv(filled.folder / "samples.csv")
    )


def read_zipped_table(path: Path) -> pd.DataFrame:
    import zipfile

    with zipfile.ZipFile(path) as archive, archive.open("me/samples.csv") as file:
        assert json.loads(archive.read("me/dataset.json"))["consent"] == "I agree."
        return pd.read_csv(file)


def test_an_export_is_whole_or_not_there(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(own_data.zipfile.ZipFile, "writestr", full_disk)
    with pytest.raises(OSError, match="No space left"):
        export_own_dataset(filled, tmp_path / "mine.zip")
    assert list(tmp_path.glob("*.zip")) == list(tmp_path.glob(".*.zip")) == []


def test_an_empty_one_is_exported_too(me):
    file = io.BytesIO()
    write_zip(me, file)
    assert file.getvalue().startswith(b"PK")


def test_deleting_takes_everything_of_it(filled, parent):
    (filled.folder / "Training" / ".DS_Store").touch()
    (filled.folder / "Training" / "happy" / ".half-written.png").touch()
    (filled.folder / "Training" / "happy" / "by hand.JPG").touch()
    delete_own_dataset(parent, "me")
    assert things_in(parent) == []


@pytest.mark.parametrize("other", ["thesis.txt", "Training/notes.md", "Training/contempt/1.png"])
def test_deleting_leaves_what_belongs_to_somebody(filled, parent, other):
    (filled.folder / other).parent.mkdir(exist_ok=True)
    (filled.folder / other).touch()
    before = sorted(filled.folder.rglob("*"))
    with pytest.raises(DatasetError, match="nothing was deleted; move it elsewhere first"):
        delete_own_dataset(parent, "me")
    assert sorted(filled.folder.rglob("*")) == before


@pytest.mark.parametrize("name", ["", ".", "..", "you", "../own_data/me", "me/Training"])
def test_only_a_data_set_is_deleted(filled, parent, name):
    for refuse in (delete_own_dataset, find_own_dataset):
        with pytest.raises(DatasetError, match="expected the name of a dataset in"):
            refuse(parent, name)
    assert open_own_dataset(filled.folder) == filled


def test_a_link_is_not_followed(filled, parent, tmp_path):
    (tmp_path / "photos").mkdir()
    (parent / "link").symlink_to(filled.folder)
    with pytest.raises(DatasetError, match="expected the name of a dataset in"):
        delete_own_dataset(parent, "link")
    (filled.folder / "Training" / "happy" / "elsewhere").symlink_to(tmp_path / "photos")
    with pytest.raises(DatasetError, match="nothing was deleted"):
        delete_own_dataset(parent, "me")
    assert open_own_dataset(filled.folder) == filled


def damage(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "dataset.json").write_text(text)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda folder: (folder / "dataset.json").unlink(),
            "expected a dataset with dataset.json",
        ),
        (damage(""), "is damaged"),
        (damage("[]"), "is damaged"),
        (damage('{"format": 1}'), "is damaged"),
        (damage('{"format": 2}'), "expected format 1, found 2"),
        (
            lambda folder: (folder / "Training" / "happy").rename(folder / "Training" / "glad"),
            "expected a class folder of angry",
        ),
    ],
)
def test_broken_ones_are_told_and_the_others_listed(filled, parent, spoil, message):
    you = create_own_dataset(parent, "you", "")
    (parent / ".hidden").mkdir()
    (parent / "file").touch()
    spoil(filled.folder)
    found = list_own_datasets(parent)
    assert found.datasets == (you,)
    (problem,) = found.problems
    assert message in problem
    assert "me" in problem


def test_a_damaged_one_can_be_deleted(filled, parent):
    (filled.folder / "dataset.json").write_text("{")
    delete_own_dataset(parent, "me")
    assert things_in(parent) == []


def test_no_folder_is_no_data_set(parent, tmp_path):
    assert list_own_datasets(parent) == own_data.OwnDatasetList((), ())
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="expected the folder of your datasets"):
        list_own_datasets(tmp_path / "file")
    with pytest.raises(DatasetError, match="cannot be written"):
        create_own_dataset(tmp_path / "file", "me", "")


def test_a_name_with_no_date_was_given_by_hand(filled):
    path = filled.folder / filled.samples[0].file
    path.rename(path.with_name("0001_20260231T000000000000_camera_12345678.png"))
    assert open_own_dataset(filled.folder).samples[0].source == "file"
