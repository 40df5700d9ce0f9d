from __future__ import annotations

import csv
import json

import pytest

from emotion_core.cli import main
from emotion_core.datasets import demo_dataset
from emotion_core.faces.pictures.images import encode_png

HEADER = "emotion,pixels,Usage"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("EMOTION_EXCLUSIONS_DIR", str(tmp_path / "exclusions"))


@pytest.fixture
def csv_path(tmp_path):
    """Happy in Training, the same picture sad in PublicTest, and a blank neutral picture."""
    face = " ".join(map(str, demo_dataset(3).images[3].ravel()))
    blank = " ".join(["7"] * 48 * 48)
    rows = [f"3,{face},Training", f"4,{face},PublicTest", f"6,{blank},PublicTest"]
    path = tmp_path / "fer2013.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def test_classes_that_are_numbers(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    for number in "12":
        path = tmp_path / "faces" / "train" / number / "1.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(encode_png(demo_dataset(3).images[int(number)]))
    command = ["dataset", str(tmp_path / "faces")]
    assert main(command) == 2
    assert "found 1, 2; say what the numbers mean" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*command, "--classes", "1=joy"])
    assert "expected NUMBER=CLASS with classes of angry, " in capsys.readouterr().err
    assert main([*command, "--classes", "1=Surprise, 2=fearful"]) == 0
    assert main(command) == 0
    assert "classes without images: angry, disgust, happy, sad, neutral" in capsys.readouterr().out


def test_report(csv_path, capsys):
    assert main(["dataset", str(csv_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:10] == [
        "fer2013.csv: 3 images",
        "",
        "                  Training    PublicTest         total         share",
        "  angry                  0             0             0          0.0%",
        "  disgust                0             0             0          0.0%",
        "  fear                   0             0             0          0.0%",
        "  happy                  1             0             1         33.3%",
        "  sad                    0             1             1         33.3%",
        "  surprise               0             0             0          0.0%",
        "  neutral                0             1             1         33.3%",
    ]
    assert "imbalance: none, 1 image of each class" in lines
    assert "classes without images: angry, disgust, fear, surprise" in lines
    assert f"  neutral   {'7 ± 0':>14}{'0 ± 0':>14}" in lines
    counts = {line.split()[1]: int(line.split()[0]) for line in lines[-10:] if line}
    assert counts == {
        "leak": 1, "duplicate": 0, "conflict": 2, "blank": 1, "dark": 0, "bright": 0,
        "low_contrast": 0, "blurred": counts["blurred"], "drawn": counts["drawn"],
    }  # fmt: skip


def test_json(csv_path, tmp_path, capsys):
    votes = ["Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,"
             "unknown,NF"]  # fmt: skip
    votes += [f"{usage},a.png,0,10,0,0,0,0,0,0,0,0" for usage in ("Training", *["PublicTest"] * 2)]
    votes_path = tmp_path / "votes.csv"
    votes_path.write_text("\n".join(votes))
    report_path = tmp_path / "report.json"
    arguments = ["dataset", str(csv_path), "--votes", str(votes_path), "--json", str(report_path)]
    assert main([*arguments, "--near"]) == 0
    assert "labels that match the majority of FER+ votes: 33.3%" in capsys.readouterr().out
    report = json.loads(report_path.read_text())
    assert report["class_counts"]["Training"]["happy"] == 1
    assert report["brightness"]["neutral"] == {"mean": 7.0, "deviation": 0.0}
    assert report["brightness"]["angry"] is None
    assert report["findings"]["leak"] == {"images": 1, "indices": [1]}
    assert report["findings"]["near_leak"] == {"images": 0, "indices": []}
    assert report["votes_agreement"] == pytest.approx(1 / 3)
    assert report["votes_agreement_by_class"] == {
        "angry": None, "disgust": None, "fear": None, "happy": 1, "sad": 0, "surprise": None,
        "neutral": 0,
    }  # fmt: skip


def test_export_and_exclude(csv_path, tmp_path, capsys):
    exported = tmp_path / "findings.csv"
    arguments = ["--kinds", "leak,blank", "--export", str(exported), "--exclude-out", "leaks"]
    assert main(["dataset", str(csv_path), *arguments]) == 0
    rows = list(csv.DictReader(exported.read_text().splitlines()))
    assert [(row["kind"], row["index"], row["partner_index"]) for row in rows] == [
        ("leak", "1", "0"),
        ("blank", "2", ""),
    ]
    assert "Correction list leaks: 2 images, saved as " in capsys.readouterr().out

    assert main(["dataset", str(csv_path), "--exclude", "leaks"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("fer2013.csv: left out 2 images (list leaks)\nfer2013.csv: 1 images\n")

    assert main(["dataset", "demo", "--exclude", "leaks"]) == 2
    assert "expected the dataset of the correction list 'leaks'" in capsys.readouterr().err


def test_kinds_that_were_not_looked_for(csv_path, capsys):
    assert main(["dataset", str(csv_path), "--kinds", "near_leak", "--exclude-out", "a"]) == 2
    assert (
        "--kinds near_leak: expected --near with it, found none; add it" in capsys.readouterr().err
    )
    assert main(["dataset", str(csv_path), "--kinds", "no_face"]) == 2
    assert "expected --faces with it, found none" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["dataset", str(csv_path), "--kinds", "ugly"])
    assert "expected kinds of leak, near_leak" in capsys.readouterr().err


def test_compare(csv_path, tmp_path, capsys):
    report_path = tmp_path / "comparison.json"
    arguments = ["dataset", str(csv_path), "--compare", str(csv_path), "--near"]
    assert main([*arguments, "--json", str(report_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "first   fer2013.csv: 3 images"
    assert "  happy              33.3%         33.3%         +0.0%" in lines
    assert lines[-3:] == [
        "labels to change for equal class shares: 0.0%",
        "in both (identical): 3 images of the first, 3 of the second",
        "in both (the same photo): 3 images of the first, 3 of the second",
    ]
    report = json.loads(report_path.read_text())
    assert report["in_both"]["near"] == {"first": 3, "second": 3}
    assert report["first"] == report["second"]
    assert main([*arguments, "--export", "nowhere.csv"]) == 2
    assert "--compare: expected no --export with it" in capsys.readouterr().err


def test_bad_rows(csv_path, capsys):
    with csv_path.open("a") as file:
        file.write("3,1 2 3,Training\n")
    assert main(["dataset", str(csv_path)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.splitlines()[-1].endswith(
        "fer2013.csv: 1 bad line (5): expected 2304 pixels, found 3; "
        "fix the file, or skip bad rows (--skip-bad-rows)"
    )
    assert main(["dataset", str(csv_path), "--skip-bad-rows"]) == 0
    assert "left out 1 bad rows" in capsys.readouterr().out


def test_demo(capsys):
    assert main(["dataset", "demo"]) == 0
    assert capsys.readouterr().out.startswith("demo (synthetic drawn faces): 840 images\n")
