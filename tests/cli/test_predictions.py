import os
import signal
import subprocess
import sys
import time

import pytest

from emotion_core.cli import main
from emotion_core.datasets import demo_dataset
from emotion_core.judging.predictions.embedding_map import load_map
from emotion_core.judging.predictions.predict import load_predictions
from emotion_core.models.in_use import put_to_use


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "predictions"


def test_prepares_everything(tiny_model, capsys):
    assert main(["predictions", "--model", str(tiny_model), "--data", "demo"]) == 0
    assert "840 images predicted and mapped" in capsys.readouterr().out
    assert load_predictions(tiny_model, demo_dataset()) is not None
    assert load_map(tiny_model, demo_dataset()) is not None


def test_without_the_map(tiny_model, capsys):
    assert main(["predictions", "--model", str(tiny_model), "--data", "demo", "--no-map"]) == 0
    assert capsys.readouterr().out.endswith("840 images predicted\n")
    assert load_map(tiny_model, demo_dataset()) is None


def test_the_model_in_use_is_asked_and_named(tiny_model, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))
    put_to_use(tiny_model)
    assert main(["predictions", "--data", "demo", "--no-map"]) == 0
    assert f"Model in use: {tiny_model.name}\n" in capsys.readouterr().out
    assert load_predictions(tiny_model, demo_dataset()) is not None


def test_no_model(tmp_path, capsys):
    assert main(["predictions", "--model", str(tmp_path), "--data", "demo"]) == 2
    assert "expected a model folder with card.json" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to handle")
def test_sigterm_leaves_nothing_half_written(tiny_model, cache):
    command = [sys.executable, "-m", "emotion_core", "predictions", "--data", "demo"]
    with subprocess.Popen(
        [*command, "--model", tiny_model], stderr=subprocess.PIPE, env=os.environ, text=True
    ) as process:
        until = time.monotonic() + 120
        while not list(cache.glob("[!.]*")) and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)  # while the map is made
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert errors.strip().endswith("emotion_core: interrupted")
    (entry,) = cache.iterdir()
    assert sorted(file.name for file in entry.iterdir()) == [
        "checksums.json", "embeddings.npy", "logits.npy", "meta.json",
    ]  # fmt: skip
