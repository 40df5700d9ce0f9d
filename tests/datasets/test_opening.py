from __future__ import annotations

import shutil
import tarfile

import numpy as np
import pytest

from emotion_core.datasets import DEMO_DATASET_NAME, demo_dataset, open_dataset
from emotion_core.datasets.drawn import demo
from emotion_core.errors import DatasetError
from emotion_core.faces.pictures.images import encode_png


def refusal(path, **options):
    with pytest.raises(DatasetError) as caught:
        open_dataset(path, **options)
    return str(caught.value)


def test_demo():
    dataset = open_dataset("demo")
    assert dataset.name == DEMO_DATASET_NAME
    assert dataset.fingerprint == demo_dataset().fingerprint
    assert not dataset.images.flags.writeable


def test_the_demo_is_drawn_once(monkeypatch):
    shares = []
    first = open_dataset("demo", progress=shares.append)
    assert len(shares) > 100
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    monkeypatch.setattr(demo, "demo_dataset", None)
    again = open_dataset("demo", progress=shares.append)
    assert again.fingerprint == first.fingerprint
    np.testing.assert_array_equal(again.images, first.images)


def test_demo_has_no_rows_for_votes(write_lines, vote_lines):
    votes = write_lines(vote_lines, "fer2013new.csv")
    assert refusal("demo", votes_path=votes) == (
        "demo: expected a CSV file to join fer2013new.csv to by row, found a dataset without "
        "rows; leave the votes out, or give fer2013.csv"
    )


def test_a_folder_with_a_csv_file_in_it(write_lines, good_lines, vote_lines):
    write_lines(good_lines[:2], "train.csv")
    write_lines(vote_lines, "fer2013new.csv")
    path = write_lines(good_lines)
    dataset = open_dataset(path.parent)
    assert dataset.name == "fer2013.csv"
    assert dataset.votes.shape == (6, 10)


@pytest.mark.parametrize("name", ["fer2013/fer2013.csv", "FER2013.CSV", "a/b/c/Train.csv"])
def test_a_csv_file_at_any_depth_and_case(tmp_path, good_lines, faces, name):
    path = tmp_path / "X" / name
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(good_lines))
    (tmp_path / "X" / "figure.png").write_bytes(encode_png(faces[0]))
    assert len(open_dataset(tmp_path / "X")) == 6


def test_pictures_of_classes_count_more_than_a_csv_file_further_down(tmp_path, good_lines, faces):
    for name in ("train/sad/1.png", "old/fer2013.csv"):
        (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / "train" / "sad" / "1.png").write_bytes(encode_png(faces[0]))
    (tmp_path / "old" / "fer2013.csv").write_text("\n".join(good_lines))
    assert len(open_dataset(tmp_path)) == 1


def test_a_folder_with_nothing_but_an_archive(tmp_path, good_lines):
    path = tmp_path / "X" / "fer2013" / "fer2013.tar.gz"
    path.parent.mkdir(parents=True)
    (tmp_path / "fer2013.csv").write_text("\n".join(good_lines))
    with tarfile.open(path, "w:gz") as archive:
        archive.add(tmp_path / "fer2013.csv", "fer2013/fer2013.csv")
    dataset = open_dataset(tmp_path / "X")
    assert (len(dataset), dataset.name) == (6, "fer2013.tar.gz")
    shutil.copy(path, tmp_path / "X" / "other.tgz")
    assert "found neither" in refusal(tmp_path / "X")


def test_a_list_of_pictures_is_no_csv_file_of_faces(write_lines, faces):
    path = write_lines(["image,label", "train/sad/1.png,sad"], "train.csv")
    assert "found no emotion and no pixels in line 1" in refusal(path.parent)
    picture = path.parent / "train" / "sad" / "1.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(encode_png(faces[0]))
    assert len(open_dataset(path.parent)) == 1
    assert "found no emotion and no pixels in line 1" in refusal(path)


def test_a_text_path(write_lines, good_lines):
    assert len(open_dataset(str(write_lines(good_lines)))) == 6


def test_votes_beside_an_archive(write_lines, good_lines, vote_lines):
    import zipfile

    votes = write_lines(vote_lines, "fer2013new.csv")
    path = votes.with_name("faces.zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("fer2013.csv", "\n".join(good_lines))
    first, second = open_dataset(path), open_dataset(path)
    np.testing.assert_array_equal(first.votes, second.votes)
    assert second.name == "faces.zip"


def test_a_missing_path(tmp_path):
    assert refusal(tmp_path / "fer2013.csv") == (
        f"{tmp_path / 'fer2013.csv'}: expected a CSV file, a .zip, .tar, .tar.gz, .tgz, .tar.xz, "
        ".txz, .tar.bz2, .tbz2, .csv.gz, .csv.xz, .csv.bz2 archive, a folder or 'demo', found "
        "nothing; check the path"
    )


def test_a_path_no_system_takes():
    assert "cannot be read (File name too long)" in refusal("x" * 5000)


def test_an_empty_folder(tmp_path):
    assert "expected pictures in folders by split and class" in refusal(tmp_path)
