from __future__ import annotations

import json

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from emotion_core.datasets import open_dataset
from emotion_core.datasets.reading import parquet as reading
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError, NumberedClassesError
from emotion_core.faces.pictures.images import encode_png

NAMES = ["anger", "happiness", "neutral"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "faces" / "data").mkdir(parents=True)
    return tmp_path / "faces"


@pytest.fixture
def write(folder):
    """Write a file as Hugging Face's library ``datasets`` does; without names, labels are bare."""

    def write_file(name, contents, labels, names=NAMES, columns=("image", "label")):
        pictures = [
            None if content is None else {"bytes": content, "path": "a.png"} for content in contents
        ]
        table = pyarrow.table(dict(zip(columns, (pictures, labels), strict=True)))
        if names is not None:
            features = {"label": {"names": names, "_type": "ClassLabel"}}
            metadata = {"huggingface": json.dumps({"info": {"features": features}})}
            table = table.replace_schema_metadata(metadata)
        path = folder / "data" / name
        path.parent.mkdir(exist_ok=True)
        parquet.write_table(table, path)
        return path

    return write_file


def emotions(dataset):
    return [EMOTIONS[label] for label in dataset.labels]


def refusal(path, **options):
    with pytest.raises(DatasetError) as caught:
        open_dataset(path, **options)
    return str(caught.value)


def test_a_folder_from_a_hub(folder, write, faces, monkeypatch):
    monkeypatch.setattr(reading, "_BATCH_ROWS", 2)
    pictures = [encode_png(face) for face in faces]
    write("train-00000-of-00002.parquet", pictures[:3], [1, 0, 1])
    write("train-00001-of-00002.parquet", pictures[3:4], [2])
    write("test-00000-of-00001.parquet", pictures[4:], [0, 1])
    (folder / "cover.png").write_bytes(pictures[0])
    shares = []
    dataset = open_dataset(folder, progress=shares.append)
    assert dataset.name == "faces"
    assert emotions(dataset) == ["angry", "happy", "happy", "angry", "happy", "neutral"]
    assert dataset.splits.tolist() == [2, 2, 0, 0, 0, 0]
    np.testing.assert_array_equal(dataset.images, faces[[4, 5, 0, 1, 2, 3]])
    assert shares[-1] == 1.0
    assert open_dataset(folder).fingerprint == dataset.fingerprint  # from the cache


@pytest.mark.parametrize(
    ("name", "split"),
    [("validation.parquet", 1), ("faces.parquet", 0), ("../test/0000.parquet", 2)],
)
def test_one_file(write, faces, name, split):
    path = write(name, [encode_png(faces[0])], ["sad"], names=None)
    dataset = open_dataset(path)
    assert (dataset.splits.tolist(), emotions(dataset)) == ([split], ["sad"])


def test_labels_without_names_are_asked_for(write, faces):
    pictures = [encode_png(face.repeat(2, 0).repeat(2, 1)) for face in faces[:3]]
    path = write("train.parquet", pictures, [0, 7, 1], names=None)
    with pytest.raises(NumberedClassesError) as caught:
        open_dataset(path)
    assert caught.value.numbers == ("0", "1", "7")
    dataset = open_dataset(path, classes={"0": "fear", "1": "sad", "7": "none"})
    assert emotions(dataset) == ["fear", "sad"]
    np.testing.assert_array_equal(dataset.images, faces[[0, 2]])
    assert len(dataset.notes) == 2


def test_bad_rows_are_named_or_left_out(write, faces):
    good = encode_png(faces[0])
    path = write("train.parquet", [good, None, b"no picture", good], [0, 1, 1, None])
    message = refusal(path)
    assert "3 bad pictures (train/happiness/0000001.png, train/happiness/0000002.png, " in message
    assert "expected a picture, found a row without one" in message
    assert len(open_dataset(path, skip_bad_rows=True)) == 1


def test_other_tables_and_damage(write, faces, monkeypatch):
    path = write("train.parquet", [encode_png(faces[0])], [0], columns=("a", "b"))
    assert refusal(path) == (
        f"{path}: expected a Parquet file with the columns image and label, found a, b; "
        "rename the columns"
    )
    path = write("train.parquet", [encode_png(faces[0])], [0])
    monkeypatch.setattr(reading, "_MOST_ROWS", 0)
    assert refusal(path) == f"{path}: expected at most 0 rows, found 1; split the file"
    path.write_bytes(path.read_bytes()[:-9])
    message = refusal(path)
    assert message.startswith(f"{path}: expected a whole Parquet file, but it is damaged")
    assert message.endswith("); download it again")
    assert "\n" not in message


def test_votes_need_rows(write, faces, write_lines, vote_lines):
    path = write("train.parquet", [encode_png(faces[0])], [0])
    assert "leave the votes out" in refusal(path, votes_path=write_lines(vote_lines, "votes.csv"))
