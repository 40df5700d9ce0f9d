import json
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from emotion_core.access.audit import entries
from emotion_core.cli import main
from emotion_core.cli.train import _Terminal
from emotion_core.datasets import DEMO_DATASET_NAME, demo_dataset
from emotion_core.datasets.checks.exclusions import exclusion_list, save_exclusions
from emotion_core.datasets.source import DataSource
from emotion_core.models.folder import load_card
from emotion_core.training.networks.classifier import KerasClassifier
from emotion_core.training.networks.loading import load_keras_classifier
from emotion_core.training.runs.plan import PLAN_FILE, read_plan
from emotion_core.training.teachers import find_teachers
from tests.training.earlier_version import as_earlier_version

QUICK = ["--data", "demo", "--preset", "quick", "--epochs", "1"]


def test_training_makes_a_model_and_leaves_nothing_else(tmp_path, capsys):
    out = tmp_path / "model"
    assert main(["train", *QUICK, "--out", str(out), "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    assert "588 images to train on, 126 to select the best epoch with" in printed
    assert "Saved" in printed
    assert list(tmp_path.iterdir()) == [out]
    card = load_card(out)
    assert (card.config["seed"], card.config["epochs"]) == (3, 1)
    assert isinstance(load_keras_classifier(out), KerasClassifier)
    noted = entries(actions=("trained",)).entries[0]
    assert (noted.kind, noted.name) == ("model", "model")
    (line,) = (out / "training_log.jsonl").read_text().splitlines()
    assert json.loads(line)["epoch"] == 1


def test_a_batch_holds_all_of_a_few_images(tmp_path):
    settings = ["--set", "filters=4,8", "--set", "depths=1,1", "--set", "batch_size=8000"]
    assert main(["train", *QUICK, *settings, "--out", str(tmp_path / "model")]) == 0
    assert load_card(tmp_path / "model").config["batch_size"] == 588


def test_joined_data_is_trained_on(tmp_path, capsys):
    """588 and 126 images of the demo, and 2 and 1 of another dataset."""
    faces = np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8)
    for name, face in zip(("train/sad/1", "train/happy/2", "val/sad/3"), faces, strict=True):
        path = tmp_path / "own" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), face)
    shape = ["--set", "filters=4,8", "--set", "depths=1,1"]
    joined = ["--join", str(tmp_path / "own"), *shape]
    assert main(["train", *QUICK, *joined, "--out", str(tmp_path / "model")]) == 0
    printed = capsys.readouterr().out
    assert f"{DEMO_DATASET_NAME} + own: 590 images to train on, 127 to select" in printed
    assert load_card(tmp_path / "model").data["name"] == f"{DEMO_DATASET_NAME} + own"


def test_an_exclusion_list_is_left_out_and_recorded(tmp_path, capsys):
    demo = demo_dataset()
    leaving_out = exclusion_list(demo, "mine", {"by hand": np.arange(3)})
    path = save_exclusions(leaving_out, tmp_path)
    shape = ["--set", "filters=4,8", "--set", "depths=1,1", "--exclude", str(path)]
    assert main(["train", *QUICK, *shape, "--out", str(tmp_path / "model")]) == 0
    trained = 588 - int((demo.splits[:3] == 0).sum())
    assert f"{trained} images to train on" in capsys.readouterr().out
    excluded = {"name": "mine", "images": 3, "checksum": leaving_out.checksum}
    assert load_card(tmp_path / "model").data["excluded"] == excluded
    readme = (tmp_path / "model" / "README.md").read_text()
    assert leaving_out.checksum in readme


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "demo", "--exclude", "nowhere.json"], "expected a correction list, found"),
        (["--data", "nowhere.csv"], "nowhere.csv"),
        (["--data", "demo", "--join", "nowhere"], "nowhere: expected a CSV file"),
        (["--data", "demo", "--epochs", "0"], "epochs: expected 1 to 10000, found 0"),
        (["--data", "demo", "--resume"], "expected an unfinished run with a finished epoch"),
        (["--data", "demo", "--resume", "--seed", "1"], "a resumed run keeps its settings"),
        (["--data", "demo", "--resume", "--set", "epochs=2"], "a resumed run keeps its settings"),
        (["--data", "demo", "--set", "epoch=2"], "expected a setting of architecture, filters"),
        (["--data", "demo", "--preset", "distill"], "one for a distillation_weight of 0.6"),
        (["--data", "demo", "--teachers", "nobody"], "nobody, found no file; name a model folder"),
        (["--data", "demo", "--start-from", "nobody"], "expected a model folder with card.json"),
        (["--data", "demo", "--resume", "--start-from", "m"], "a resumed run keeps its settings"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, capsys, arguments, message):
    assert main(["train", *arguments, "--out", str(tmp_path / "model")]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
    assert line.startswith("emotion_core: ")
    assert message in line
    assert list(tmp_path.iterdir()) == []


def test_settings_and_teachers_reach_the_run(tmp_path, tiny_model):
    out = tmp_path / "student"
    shape = ["--set", "filters=4,8", "--set", "depths=1,1"]
    more = ["--preset", "distill", "--teachers", str(tiny_model), "--epochs", "1"]
    assert main(["train", "--data", "demo", *more, *shape, "--out", str(out)]) == 0
    config = load_card(out).config
    assert (config["filters"], config["distillation_weight"]) == ([4, 8], 0.6)


def test_what_is_no_setting_is_bad_usage(tmp_path, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["train", "--data", "demo", "--set", "epochs", "--out", str(tmp_path / "m")])
    assert exit_.value.code == 2
    assert "expected NAME=VALUE, found 'epochs'" in capsys.readouterr().err


def test_a_backend_without_export_keeps_the_run(tmp_path, capsys, monkeypatch):
    """What is trained with JAX on one machine is finished with TensorFlow on another."""
    monkeypatch.setattr("emotion_core.cli.train.keras_backend", lambda: "jax")
    out = ["--out", str(tmp_path / "model")]
    assert main(["train", *QUICK, "--set", "filters=4,8", "--set", "depths=1,1", *out]) == 0
    assert "finish it under TensorFlow with --resume" in capsys.readouterr().out
    assert not (tmp_path / "model").exists()
    assert find_teachers([tmp_path / "model.training"])
    monkeypatch.undo()
    assert main(["train", "--data", "demo", "--resume", *out]) == 0
    assert load_card(tmp_path / "model").config["epochs"] == 1


@pytest.mark.parametrize("earlier", [False, True])
def test_a_stopped_run_is_finished(tmp_path, capsys, monkeypatch, earlier):
    """One of this version, and one that an earlier version began, which wrote no plan."""
    out, folder = tmp_path / "model", tmp_path / "model.training"
    options = ["--epochs", "2", "--set", "filters=4,8", "--set", "depths=1,1", "--seed", "5"]
    steps = []
    with monkeypatch.context() as patch:
        patch.setattr(_Terminal, "should_stop", lambda _: steps.append(1) or len(steps) > 20)
        assert main(["train", *QUICK, *options, "--out", str(out)]) == 130
    assert f"Stopped. {folder} keeps the run; continue" in capsys.readouterr().out
    plan = read_plan(folder)
    assert (plan.name, plan.config.seed, plan.data) == ("model", 5, DataSource("demo"))
    if earlier:
        as_earlier_version(folder, plan.config)
        (folder / PLAN_FILE).unlink()
    assert main(["train", "--data", "demo", "--resume", "--out", str(out)]) == 0
    assert "Resumed after epoch 1" in capsys.readouterr().out
    card = load_card(out)
    assert (card.config["seed"], card.config["epochs"], card.data["teachers"]) == (5, 2, [])
    assert len((out / "training_log.jsonl").read_text().splitlines()) == 2
    assert list(tmp_path.iterdir()) == [out]


def test_a_folder_of_other_things_is_not_replaced(tmp_path, capsys):
    (tmp_path / "thesis.txt").touch()
    assert main(["train", *QUICK, "--out", str(tmp_path)]) == 2
    assert "expected a new folder or a model folder to replace" in capsys.readouterr().err


def test_interrupt_keeps_the_run_and_resume_finishes_it(tmp_path):
    """As a user does it: Ctrl-C in the second epoch, then the same command with --resume."""
    command = [sys.executable, "-m", "emotion_core", "train", "--data", "demo"]
    out = ["--out", str(tmp_path / "model")]
    run = tmp_path / "model.training"
    with subprocess.Popen(
        [*command, *out, "--preset", "quick", "--epochs", "3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        deadline = time.monotonic() + 200
        while not (run / "checkpoint.npz").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "continue it with --resume" in printed
    assert not (tmp_path / "model").exists()
    again = subprocess.run([*command, *out], capture_output=True, text=True, timeout=200)
    assert again.returncode == 2
    assert "holds an unfinished run; continue it with --resume" in again.stderr
    done = subprocess.run([*command, *out, "--resume"], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    card = load_card(tmp_path / "model")
    assert card.config["epochs"] == 3
    assert len((tmp_path / "model" / "training_log.jsonl").read_text().splitlines()) == 3
    assert not run.exists()


def test_full_disk_is_one_line(tmp_path, capsys, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device", "checkpoint.npz")

    monkeypatch.setattr("emotion_core.training.fitting.loop.np.savez", full)
    assert main(["train", *QUICK, "--out", str(tmp_path / "model")]) == 1
    assert "No space left on device" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "model").exists()
