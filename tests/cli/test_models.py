"""The command ``models``."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.cli import main
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.folder import default_model_dir, load_card
from emotion_core.models.in_use import model_in_use
from tests.model_files import OTHERS, own_zip


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "models"


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["models", *arguments]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("emotion_core: ")
    return line


def test_from_a_file_to_the_model_in_use_and_back(library, tmp_path, capsys):
    assert main(["models", "import", str(OTHERS / "grey64.tflite"), "--use"]) == 0
    assert model_in_use().folder == library / "grey64"
    assert main(["models", "list"]) == 0
    assert main(["models", "show", "grey64"]) == 0
    assert main(["models", "rename", "grey64", "mine"]) == 0
    assert main(["models", "export", "mine", "--to", str(tmp_path / "mine.zip")]) == 0
    assert main(["models", "use", "fer2013-vgg"]) == 0
    assert main(["models", "delete", "mine"]) == 0
    assert main(["models", "import", str(tmp_path / "mine.zip")]) == 0
    printed = capsys.readouterr().out
    shipped = load_card(default_model_dir())
    right = 100 * shipped.metrics["accuracy"]
    for line in (
        "input: float32 [N, 64, 64, 1], grey -1..1\n",
        "output: probabilities [N, 7]: angry, disgust, fear, happy, sad, surprise, neutral\n",
        "Added grey64: 14 weights, ",
        "grey64 is now in use, on open pages too\n",
        f"  fer2013-vgg: {right:.1f}% of fer2013.csv PublicTest, {shipped.parameters:,} weights, ",
        "* grey64: 14 weights, ",
        "  dense ",
        "Renamed grey64 to mine\n",
        "mine.zip\n",
        "Deleted mine; fer2013-vgg is in use\n",
        "Added mine: 14 weights, ",
    ):
        assert line in printed
    assert load_card(library / "mine").interface.side == 64


def test_what_the_file_does_not_say_can_be_said(library, capsys):
    options = ["--classes", "sad, joy,anger,fear,disgust,contempt,neutral,surprise"]
    options += ["--values", "ImageNet, 0 to 1", "--color", "bgr", "--returns", "logits"]
    file = str(OTHERS / "color32.tflite")
    assert "at least two" not in refusal(capsys, "import", file, "--name", "a/b", *options)
    assert main(["models", "import", file, "--name", "mine", *options]) == 0
    interface = load_card(library / "mine").interface
    assert interface.color == "bgr"
    assert interface.mean == (0.406, 0.456, 0.485)
    assert interface.classes == (
        "sad", None, "angry", "fear", "disgust", None, "neutral", "surprise",
    )  # fmt: skip


def test_a_named_order_of_classes(library):
    file = str(OTHERS / "grey64.tflite")
    assert main(["models", "import", file, "--name", "mine", "--classes", "RAF-DB"]) == 0
    assert load_card(library / "mine").interface.classes[:2] == ("surprise", "fear")


def test_a_model_of_ours_needs_no_questions(library, tmp_path, capsys):
    (tmp_path / "ours.zip").write_bytes(own_zip())
    assert main(["models", "import", str(tmp_path / "ours.zip")]) == 0
    assert "input:" not in capsys.readouterr().out
    assert load_card(library / "ours").metrics["n"] == 3589


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["use", "yours"], "expected the name of a model (fer2013-vgg), found 'yours'"),
        (["show", "yours"], "expected the name of a model"),
        (["delete", "fer2013-vgg"], "fer2013-vgg is part of the project and stays"),
        (["rename", "fer2013-vgg", "mine"], "is part of the project and keeps its name"),
        (["export", "fer2013-vgg", "--to", "x.tar"], "x.tar: expected a name that ends in .zip"),
        (["import", "none.h5"], "expected a model file at none.h5, but it cannot be read"),
        (["import", "model.pt"], "expected a model as .zip, .keras, .h5"),
        (["import", "GREY", "--classes", "happy,sad"], "classes: expected 7 names, one for each"),
        (["import", "GREY", "--name", "fer2013-vgg"], "'fer2013-vgg', which is taken"),
    ],
)
def test_bad_input_is_one_line_and_adds_nothing(
    library, tmp_path, capsys, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    Path("model.pt").write_bytes(b"PK")
    named = [str(OTHERS / "grey64.tflite") if each == "GREY" else each for each in arguments]
    assert message in refusal(capsys, *named)
    assert not library.exists()


def test_a_damaged_one_is_told_and_the_others_listed(library, capsys):
    (library / "broken").mkdir(parents=True)
    (library / "broken" / "card.json").write_text("{")
    assert main(["models", "list"]) == 0
    captured = capsys.readouterr()
    assert "card.json is damaged" in captured.err
    assert "* fer2013-vgg" in captured.out


def test_a_slow_model_is_warned_of_when_it_is_imported_and_before_it_is_used(
    library, monkeypatch, capsys
):
    monkeypatch.setattr(EmotionClassifier, "_measured", lambda *_: 0.225)
    warning = "emotion_core: It takes 225 ms for a face on this machine. Live video goes on"
    file = str(OTHERS / "grey64.tflite")
    assert main(["models", "import", file, "--name", "mine"]) == 0
    assert capsys.readouterr().err.count(warning) == 1
    assert (library / "mine").is_dir()
    assert main(["models", "use", "mine"]) == 0
    printed = capsys.readouterr()
    assert printed.err.count(warning) == 1
    assert printed.out == "mine is now in use, on open pages too\n"
