import json
import shutil

import numpy as np
import pytest

from emotion_core.cli import main
from emotion_core.datasets.drawn.demo import DEMO_DATASET_NAME
from emotion_core.models.folder import load_card, read_model_file


@pytest.fixture
def model(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "model")


def forget(model, *names):
    """Make the card one from before these fields, and the folder one without a README."""
    content = json.loads((model / "card.json").read_text())
    for name in names:
        del content[name]
    del content["files"]["README.md"]
    (model / "card.json").write_text(json.dumps(content))
    (model / "README.md").unlink()


def test_readme_is_written_again_from_the_card(model, capsys):
    before = (model / "README.md").read_bytes()
    (model / "README.md").write_text("edited")
    assert main(["card", str(model)]) == 0
    assert (model / "README.md").read_bytes() == before
    assert capsys.readouterr().out == f"Wrote {model / 'README.md'} and card.json\n"


def test_a_changed_card_gets_a_readme_with_its_checksum(model):
    content = json.loads((model / "card.json").read_text())
    (model / "card.json").write_text(json.dumps(content | {"best_epoch": 77}))
    assert main(["card", str(model)]) == 0
    card = load_card(model)
    assert b"The best epoch (77)" in read_model_file(model, card, "README.md")


def test_an_older_model_gets_a_readme(model):
    forget(model, "certainty_threshold", "sizes")
    assert main(["card", str(model)]) == 0
    card = load_card(model)
    assert read_model_file(model, card, "README.md")
    assert card.certainty_threshold == 0
    assert card.sizes["model.tflite"] == (model / "model.tflite").stat().st_size
    assert "README.md" not in card.sizes


def test_measuring_again_finds_what_the_export_found(model, tiny_model, demo, monkeypatch):
    forget(model, "certainty_threshold", "sizes")
    content = json.loads((model / "card.json").read_text())
    (model / "card.json").write_text(json.dumps(content | {"temperature": 9.0, "metrics": {}}))
    monkeypatch.setattr("emotion_core.cli.card.read_data", lambda *_: demo)
    assert main(["card", str(model), "--data", "demo"]) == 0
    found, expected = load_card(model), load_card(tiny_model)
    assert found.temperature == pytest.approx(expected.temperature, rel=1e-6)
    assert found.certainty_threshold == expected.certainty_threshold
    assert found.metrics["confusion"] == expected.metrics["confusion"]
    assert found.metrics["log_loss"] == pytest.approx(expected.metrics["log_loss"], rel=1e-4)
    both, before = found.metrics["mirrored"], expected.metrics["mirrored"]
    assert both["temperature"] == pytest.approx(before["temperature"], rel=1e-6)
    assert both["certainty_threshold"] == before["certainty_threshold"]
    assert both["confusion"] == before["confusion"]
    assert found.data == expected.data
    assert read_model_file(model, found, "README.md")


def test_an_imported_model_gets_figures_of_both_views(model, demo, monkeypatch, capsys):
    content = json.loads((model / "card.json").read_text())
    source = {"file": "theirs.h5", "sha256": "0" * 64, "imported": "2026-11-23T00:00:00+00:00"}
    unknown = {"source": source, "config": {}, "data": {}, "metrics": {}, "temperature": 1.0}
    (model / "card.json").write_text(json.dumps(content | unknown))
    many = np.resize(np.arange(len(demo)), 20 * len(demo))
    photos = demo.subset(many, name="photos")
    monkeypatch.setattr("emotion_core.cli.card.read_data", lambda *_: photos)
    assert main(["card", str(model), "--data", "photos"]) == 0
    card = load_card(model)
    assert card.measured_on == "photos PublicTest"
    assert card.temperature != 1
    assert card.mirrored.metrics["view"] == "mirrored"
    assert card.mirrored.metrics["n"] == card.metrics["n"]
    assert card.mirrored.metrics["log_loss"] != card.metrics["log_loss"]
    # Drawn faces say too little of it.
    drawn = demo.subset(many, name=DEMO_DATASET_NAME)
    monkeypatch.setattr("emotion_core.cli.card.read_data", lambda *_: drawn)
    assert main(["card", str(model), "--data", "demo"]) == 2
    assert "drawn" in capsys.readouterr().err


def test_other_data_is_refused(model, capsys):
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    assert main(["card", str(model), "--data", "demo"]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "emotion_core" in line]
    assert "demo: expected the data that tiny was trained on (fingerprint" in line
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before


def test_a_damaged_file_is_not_blessed(model, capsys):
    (model / "model.tflite").write_bytes(b"something else")
    before = (model / "card.json").read_bytes()
    assert main(["card", str(model)]) == 2
    assert "is not the file its card describes" in capsys.readouterr().err
    assert (model / "card.json").read_bytes() == before


def test_missing_model(tmp_path, capsys):
    assert main(["card", str(tmp_path)]) == 2
    assert "expected a model folder with card.json, found none at" in capsys.readouterr().err
