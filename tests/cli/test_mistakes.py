import csv

import numpy as np
import pytest

from emotion_core.cli import main
from emotion_core.cli.mistakes import votes_text
from emotion_core.datasets import VOTE_NAMES, demo_dataset


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def csv_path(tmp_path):
    """Six drawn faces of two classes in Training, one of which the voters contradict.

    Other ones than the model has learned from, which it recognises.
    """
    faces = demo_dataset(3, seed=1)
    lines, votes = ["emotion,pixels,Usage"], [",".join(["Usage", "Image name", *VOTE_NAMES])]
    for number, place in enumerate([9, 10, 11, 18, 19, 20]):
        pixels = " ".join(map(str, faces.images[place].ravel()))
        lines.append(f"{faces.labels[place]},{pixels},Training")
        counts = ["0"] * len(VOTE_NAMES)
        counts[0 if number == 1 else (1 if faces.labels[place] == 3 else 0)] = "10"
        votes.append(",".join(["Training", "x.png", *counts]))
    path = tmp_path / "fer2013.csv"
    path.write_text("\n".join(lines) + "\n")
    path.with_name("fer2013new.csv").write_text("\n".join(votes) + "\n")
    return path


def test_lists_exports_and_judges(tiny_model, csv_path, tmp_path, capsys):
    export = tmp_path / "mistakes.csv"
    arguments = ["mistakes", "--model", str(tiny_model), "--data", str(csv_path)]
    assert main([*arguments, "--top", "4", "--export", str(export)]) == 0
    printed = capsys.readouterr().out
    assert "Training: 6 images, the model disagrees with" in printed
    assert "memorized" not in printed
    assert "labels contradicted; AUC" in printed
    assert "precision at 6" in printed
    assert "10 neutral" in printed
    with export.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert {"index", "row", "label", "suggested", "votes_NF"} <= set(rows[0])


def test_data_without_votes_that_the_model_learned_from(tiny_model, demo, capsys, monkeypatch):
    monkeypatch.setattr("emotion_core.cli.mistakes.read_data", lambda *_: demo)
    assert main(["mistakes", "--model", str(tiny_model), "--data", "demo", "--top", "2"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("the model was trained on these:") == 1
    assert "Without FER+ votes, there is no telling how good the ranking is." in printed


def test_one_split(tiny_model, capsys):
    arguments = ["mistakes", "--model", str(tiny_model), "--data", "demo", "--split", "PublicTest"]
    assert main([*arguments, "--top", "3"]) == 0
    listed = capsys.readouterr().out.strip().splitlines()[-3:]
    assert all("PublicTest" in line for line in listed)


def test_bad_input(tiny_model, csv_path, capsys):
    arguments = ["mistakes", "--model", str(tiny_model), "--data", str(csv_path)]
    assert main([*arguments, "--top", "0"]) == 2
    assert "--top: expected at least 1 image, found 0" in capsys.readouterr().err
    assert main([*arguments, "--split", "PublicTest"]) == 2
    assert "has no PublicTest images, only Training" in capsys.readouterr().err


def test_votes_in_words():
    counts = np.array([3, 0, 5, 0, 0, 0, 0, 0, 2, 0], np.uint8)
    assert votes_text(counts) == "5 surprise, 3 neutral, 2 unknown"
    assert votes_text(np.zeros(10, np.uint8)) == ""


def test_images_that_the_model_has_learned_from_are_told_whatever_file_they_are_in(
    tiny_model, tmp_path, demo, capsys
):
    places = np.flatnonzero(demo.splits == 0)[:3]
    lines = ["emotion,pixels,Usage"]
    for place in places:
        pixels = " ".join(map(str, demo.images[place].ravel()))
        lines.append(f"{demo.labels[place]},{pixels},Training")
    lines.append(f"3,{' '.join(['7'] * 2304)},Training")
    path = tmp_path / "fer2013.csv"
    path.write_text("\n".join(lines) + "\n")
    assert main(["mistakes", "--model", str(tiny_model), "--data", str(path)]) == 0
    printed = capsys.readouterr().out
    assert (
        "the model was trained on 3 of these: mistakes that it has memorised are missed" in printed
    )
