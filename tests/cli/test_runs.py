"""The command ``runs``; who trains is stood in for, see tests/runs for the real one."""

import json
import zipfile
from dataclasses import asdict

import pytest

from emotion_core.cli import main, runs
from emotion_core.datasets.source import DataSource
from emotion_core.system.processes.queueing import LOG_FILE, QUEUED_FILE
from emotion_core.training.progress import CHECKPOINT_FILE, METRICS_FILE, EpochMetrics
from emotion_core.training.runs import queue
from emotion_core.training.runs.run import open_run, write_outcome
from emotion_core.training.runs.storage import list_runs

START = ["runs", "start", "--data", "demo", "--preset", "quick"]


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOTION_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("EMOTION_MODELS_DIR", str(tmp_path / "models"))
    return tmp_path / "runs"


@pytest.fixture(autouse=True)
def workers(monkeypatch):
    workers = []
    monkeypatch.setattr(runs, "start_worker", workers.append)
    return workers


def only_run(folder):
    (run,) = list_runs(folder).runs
    return run


def interrupt(run):
    """Leave the run as if its process had been killed after its first epoch."""
    (run.folder / QUEUED_FILE).unlink()
    (run.folder / CHECKPOINT_FILE).touch()
    line = json.dumps(asdict(EpochMetrics(1, 1e-3, 1.5, 0.4, 0.625, 0.5, 1.4, 900.0, 2.0)))
    (run.folder / METRICS_FILE).write_text(line + "\n")
    (run.folder / LOG_FILE).write_text("epoch 1 of 8\n")


def test_a_run_is_queued_and_somebody_trains_it(folder, workers, capsys, tmp_path):
    options = ["--name", "mine", "--set", "dropout=0.1", "--seed", "3", "--notes", "a try"]
    assert main([*START, *options]) == 0
    run = only_run(folder)
    assert capsys.readouterr().out == f"Queued {run.id}: mine\n"
    assert (run.plan.config.dropout, run.plan.config.seed, run.plan.notes) == (0.1, 3, "a try")
    assert (run.plan.data, run.plan.library) == (DataSource("demo"), str(tmp_path / "models"))
    assert workers == [folder]


def test_a_sweep_is_queued(folder):
    assert main([*START, "--name", "all", "--vary", "dropout=0.1 0.3", "--vary", "seed=1,2"]) == 0
    assert len(list_runs(folder).runs) == 4
    vary = ["--vary", "dropout=0.1 0.3 0.5", "--random", "2"]
    assert main([*START, "--name", "some", *vary]) == 0
    assert sum(run.plan.sweep == "some" for run in list_runs(folder).runs) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "nowhere.csv"], "nowhere.csv: expected a CSV file"),
        (["--set", "epochs=0"], "epochs: expected 1 to 10000, found 0"),
        (["--set", "vote_weight=0.5"], "vote_weight: expected 0 for data without FER+ votes"),
        (["--preset", "distill"], "teachers: expected at least one for a distillation_weight of"),
        (["--teachers", "nobody"], "distillation_weight: expected more than 0 with teachers"),
        (["--start-from", "nobody"], "initial: expected a model folder with card.json, found none"),
        (["--vary", "dropout=0.1"], "expected 2 to 64 combinations of settings, found 1"),
        (["--random", "3"], "expected --vary with --random, found none"),
        (["--name", ""], "expected a name of 1 to 80 characters for a run"),
    ],
)
def test_what_cannot_be_trained_is_not_queued(folder, capsys, arguments, message):
    assert main([*START, "--name", "mine", *arguments]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
    assert line.startswith("emotion_core: ")
    assert message in line
    assert not folder.exists()


def test_list_and_show(folder, capsys):
    assert main(["runs", "list"]) == 0
    assert capsys.readouterr().out == f"No runs in {folder}.\n"
    main([*START, "--name", "mine"])
    run = only_run(folder)
    interrupt(run)
    (folder / "holiday").mkdir()
    capsys.readouterr()
    assert main(["runs", "list"]) == 0
    printed = capsys.readouterr()
    header, line = printed.out.splitlines()
    assert header.split() == ["id", "state", "epochs", "accuracy", "macro", "F1", "name"]
    assert line.split() == [run.id, "interrupted", "1/8", "0.6250", "0.5000", "mine"]
    assert "expected a run with run.json" in printed.err
    assert main(["runs", "show", "mine"]) == 0
    shown = capsys.readouterr().out
    assert f"{run.id}: mine (interrupted)" in shown
    assert "best         epoch 1 of 1: accuracy 0.6250" in shown
    assert "filters=16,32,64,128" in shown
    assert shown.endswith("epoch 1 of 8\n")


def test_resume_stop_cancel_export_delete(folder, workers, capsys, tmp_path):
    main([*START, "--name", "mine"])
    run = only_run(folder)
    interrupt(run)
    assert main(["runs", "resume", "mine"]) == 0
    assert open_run(run.folder).state == "queued"
    assert len(workers) == 2
    assert main(["runs", "stop", run.id]) == 0
    assert main(["runs", "cancel", "mine"]) == 0
    assert open_run(run.folder).state == "cancelled"
    assert main(["runs", "export", "mine", "--to", str(tmp_path / "mine.zip")]) == 0
    assert "run.json" in zipfile.ZipFile(tmp_path / "mine.zip").namelist()
    capsys.readouterr()
    assert main(["runs", "resume", "mine"]) == 2
    assert "mine is cancelled; only a run that is" in capsys.readouterr().err
    assert main(["runs", "delete", "mine"]) == 0
    assert capsys.readouterr().out == f"Deleted {run.id}\n"
    assert main(["runs", "show", "mine"]) == 2
    assert "expected the id or the name of one run" in capsys.readouterr().err


def test_work_trains_what_is_queued(folder, monkeypatch):
    def train(run, *_):
        (run.folder / QUEUED_FILE).unlink()
        write_outcome(run.folder, "done")

    monkeypatch.setattr(queue, "_train", train)
    monkeypatch.setattr("os.nice", lambda _: None)
    main([*START, "--name", "mine"])
    assert main(["runs", "work"]) == 0
    assert only_run(folder).state == "done"


@pytest.mark.usefixtures("workers")
def test_a_sweep_is_cancelled(folder, capsys):
    start = ["runs", "start", "--data", "demo", "--name", "mine", "--vary", "seed=1 2"]
    assert main(start) == 0
    assert main(["runs", "cancel", "mine", "--sweep"]) == 0
    assert "2 runs of mine cancelled" in capsys.readouterr().out
    assert {run.state for run in list_runs(folder).runs} == {"cancelled"}
    assert main(["runs", "cancel", "mine", "--sweep"]) == 2
    assert "expected a sweep 'mine' with runs that have not finished" in capsys.readouterr().err
