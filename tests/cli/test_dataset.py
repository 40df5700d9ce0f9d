from __future__ import annotations

import json

import pytest

from emotion_core.cli import main
from emotion_core.datasets import demo_dataset

HEADER = "emotion,pixels,Usage"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def csv_path(tmp_path):
    """Happy in Training, the same picture sad in PublicTest, and a blank neutral picture."""
    face = " ".join(map(str, demo_dataset(3).images[3].ravel()))
    blank = " ".join(["7"] * 48 * 48)
    rows = [f"3,{face},Training", f"4,{face},PublicTest", f"6,{blank},PublicTest"]
    path = tmp_path / "fer2013.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def test_report(csv_path, capsys):
    assert main(["dataset", str(csv_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "fer2013.csv: 3 images",
        "",
        "                  Training    PublicTest         total",
        "  angry                  0             0             0",
        "  disgust                0             0             0",
        "  fear                   0             0             0",
        "  happy                  1             0             1",
        "  sad                    0             1             1",
        "  surprise               0             0             0",
        "  neutral                0             1             1",
        "  total                  1             2             3",
        "",
        "exact duplicates within a split",
        "  Training           0 groups, 0 images",
        "  PublicTest         0 groups, 0 images",
        "",
        "exact duplicates across splits",
        "  Training           1 images also stand in PublicTest",
        "  PublicTest         1 images also stand in Training",
        "",
        "identical images with conflicting labels: 1 groups",
        "blank images (one grey only): 1",
    ]


def test_json(csv_path, tmp_path, capsys):
    votes = ["Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,"
             "unknown,NF"]  # fmt: skip
    votes += [f"{usage},a.png,0,10,0,0,0,0,0,0,0,0" for usage in ("Training", *["PublicTest"] * 2)]
    votes_path = tmp_path / "votes.csv"
    votes_path.write_text("\n".join(votes))
    report_path = tmp_path / "report.json"
    arguments = ["dataset", str(csv_path), "--votes", str(votes_path), "--json", str(report_path)]
    assert main(arguments) == 0
    assert "labels the FER+ majority agrees with: 33.3%" in capsys.readouterr().out
    report = json.loads(report_path.read_text())
    assert report["class_counts"]["Training"]["happy"] == 1
    assert report["shared_images"]["PublicTest"]["Training"] == 1
    assert report["duplicates"]["Training"] == {"groups": 0, "images": 0}
    assert report["votes_agreement"] == pytest.approx(1 / 3)


def test_bad_rows(csv_path, capsys):
    with csv_path.open("a") as file:
        file.write("3,1 2 3,Training\n")
    assert main(["dataset", str(csv_path)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.splitlines()[-1].endswith(
        "fer2013.csv: 1 bad line (5): expected 2304 pixels, found 3; "
        "mend the file, or skip bad rows (--skip-bad-rows)"
    )
    assert main(["dataset", str(csv_path), "--skip-bad-rows"]) == 0
    assert "left out 1 bad rows" in capsys.readouterr().out


def test_demo(capsys):
    assert main(["dataset", "demo"]) == 0
    assert capsys.readouterr().out.startswith("demo (synthetic drawn faces): 840 images\n")
