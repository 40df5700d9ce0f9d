from dataclasses import asdict

import cv2
import numpy as np
import pytest

from emotion_core.datasets import demo_dataset
from emotion_core.datasets.checks.exclusions import exclusion_list, save_exclusions
from emotion_core.datasets.own.storage import consent, create_own_dataset, own_data_dir
from emotion_core.datasets.source import DataSource
from emotion_core.errors import DatasetError


@pytest.fixture
def pictures(tmp_path):
    path = tmp_path / "few" / "Training" / "happy" / "1.png"
    path.parent.mkdir(parents=True)
    assert cv2.imwrite(str(path), np.full((48, 48), 7, np.uint8))
    return tmp_path / "few"


def test_everything_is_joined_and_left_out(pictures, tmp_path):
    demo = demo_dataset()
    path = save_exclusions(exclusion_list(demo, "mine", {"by hand": np.arange(3)}), tmp_path)
    source = DataSource("demo", joined=(str(pictures),), exclusions=str(path))
    shares = []
    dataset = source.open(shares.append)
    assert len(dataset) == len(demo) + 1 - 3
    assert dataset.excluded.name == "mine"
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert source.name == "demo + few (corrected by mine.json)"


def test_it_means_the_same_in_every_folder(pictures, monkeypatch, tmp_path):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    create_own_dataset(own_data_dir(), "me", consent())
    monkeypatch.chdir(tmp_path)
    source = DataSource("few", "votes.csv", ("demo", "own/me"), "leaks").absolute()
    assert source == DataSource(
        str(pictures), str(tmp_path / "votes.csv"), ("demo", "own/me"), "leaks"
    )
    listed = DataSource("demo", exclusions="a.json").absolute()
    assert listed.exclusions == str(tmp_path / "a.json")


def test_it_comes_back_from_json():
    source = DataSource("a", "b", ("c", "d"), "e", skip_bad_rows=True)
    assert DataSource.from_json({**asdict(source), "joined": ["c", "d"]}) == source
    with pytest.raises(DatasetError, match="expected the source of a dataset"):
        DataSource.from_json({"path": "a"})


def test_what_is_not_there(tmp_path):
    with pytest.raises(DatasetError, match="expected a CSV file"):
        DataSource(str(tmp_path / "nowhere")).open()
