import io
import json
import zipfile
from dataclasses import asdict, replace

import pytest

from emotion_core.errors import TrainingError
from emotion_core.system.processes.queueing import (
    CANCEL_FILE,
    LOCK_FILE,
    LOG_FILE,
    QUEUED_FILE,
    STOP_FILE,
    write_status,
)
from emotion_core.system.storage.locks import FileLock
from emotion_core.training.progress import (
    CHECKPOINT_FILE,
    METRICS_FILE,
    EpochMetrics,
    read_confusion,
    read_epochs,
)
from emotion_core.training.runs.run import RunStatus, open_run, read_log, read_status, write_outcome
from emotion_core.training.runs.storage import (
    RUNS_DIR_VARIABLE,
    create_run,
    delete_run,
    describe_run,
    export_run_zip,
    find_run,
    free_model_folder,
    list_runs,
    runs_dir,
    write_zip,
)


def epoch(number, accuracy):
    return EpochMetrics(number, 1e-3, 1.5, 0.4, accuracy, 0.3, 1.4, 900.0, 2.0)


def write_epochs(folder, *accuracies):
    lines = [json.dumps(asdict(epoch(n, each))) for n, each in enumerate(accuracies, 1)]
    (folder / METRICS_FILE).write_text("\n".join(lines) + "\n")


def test_a_new_run_is_queued_and_found_by_id_and_name(runs, plan):
    run = create_run(runs, plan)
    assert (run.state, run.plan, run.epochs, run.best, run.model) == (
        "queued",
        plan,
        (),
        None,
        None,
    )
    assert find_run(runs, run.id) == find_run(runs, "tiny run") == run
    second = create_run(runs, plan)
    assert [each.id for each in list_runs(runs).runs] == [second.id, run.id]
    with pytest.raises(TrainingError, match=r"found 2 that are called 'tiny run'; list them with"):
        find_run(runs, "tiny run")
    for nobody in ("", "..", "nobody"):
        with pytest.raises(TrainingError, match="expected the id or the name of one run"):
            find_run(runs, nobody)


@pytest.mark.parametrize(
    ("files", "outcome", "state"),
    [
        ([QUEUED_FILE], None, "queued"),
        ([], None, "interrupted"),
        ([STOP_FILE], None, "interrupted"),
        ([], "done", "done"),
        ([], "failed", "failed"),
        ([], "stopped", "stopped"),
        ([CANCEL_FILE], None, "cancelled"),
        ([CANCEL_FILE, QUEUED_FILE], "stopped", "cancelled"),
        ([QUEUED_FILE], "stopped", "queued"),
    ],
)
def test_the_state_follows_from_files(runs, plan, files, outcome, state):
    folder = create_run(runs, plan).folder
    (folder / QUEUED_FILE).unlink()
    for file in files:
        (folder / file).touch()
    if outcome:
        write_outcome(folder, outcome, "why")
    run = open_run(folder)
    assert run.state == state
    assert (run.outcome is not None) == (state == outcome)
    with FileLock(folder / LOCK_FILE) as lock:  # whoever holds it trains, whatever the files say
        assert lock.acquire()
        assert open_run(folder).state == "running"
    assert open_run(folder).state == state


@pytest.mark.parametrize(
    ("files", "asked"), [([], ""), ([STOP_FILE], "stop"), ([STOP_FILE, CANCEL_FILE], "cancel")]
)
def test_what_a_running_one_was_asked_for(runs, plan, files, asked):
    folder = create_run(runs, plan).folder
    for file in files:
        (folder / file).touch()
    with FileLock(folder / LOCK_FILE) as lock:
        lock.acquire()
        assert open_run(folder).asked == asked
    assert open_run(folder).asked == ""


def test_the_best_epoch_is_the_first_of_the_best(runs, plan):
    run = create_run(runs, plan)
    write_epochs(run.folder, 0.3, 0.5, 0.5)
    assert run.best == epoch(2, 0.5)
    with (run.folder / METRICS_FILE).open("a") as file:
        file.write('{"epoch": 4, "lear')  # a process was killed, or the disk is full
    assert len(read_epochs(run.folder)) == 3


def test_what_is_not_there_yet_is_empty(tmp_path):
    assert read_epochs(tmp_path) == ()
    assert read_confusion(tmp_path) is None
    assert read_status(tmp_path) is None
    assert read_log(tmp_path) == ""
    assert list_runs(tmp_path / "nowhere").runs == ()


def test_status_and_log_come_back(tmp_path):
    status = RunStatus(
        pid=123,
        stage="training",
        epoch=1,
        epochs=8,
        step=3,
        steps=19,
        loss=1.5,
        images_per_second=900.0,
        epoch_seconds_left=1.0,
        seconds_left=20.0,
        cpu_percent=150.0,
        memory_mb=480.5,
    )
    write_status(tmp_path, status)
    assert read_status(tmp_path) == status
    (tmp_path / LOG_FILE).write_text("".join(f"line {n}\n" for n in range(3000)))
    assert read_log(tmp_path, lines=2) == "line 2998\nline 2999"


def test_what_is_no_run_is_a_problem_and_what_is_hidden_is_not(runs, plan):
    create_run(runs, plan)
    (runs / "holiday").mkdir()
    (runs / ".tmp").mkdir()
    (runs / "note.txt").touch()
    found = list_runs(runs)
    assert len(found.runs) == 1
    (problem,) = found.problems
    assert "expected a run with run.json" in problem


def test_name_and_notes_can_be_changed(runs, plan):
    run = describe_run(create_run(runs, plan), name=" other ", notes="good")
    assert (run.plan.name, run.plan.notes, run.state) == ("other", "good", "queued")
    with pytest.raises(TrainingError, match="expected a name of 1 to 80 characters"):
        describe_run(run, name="", notes="")


def test_a_run_is_deleted_whole_but_not_while_it_runs(runs, plan):
    run = create_run(runs, plan)
    with FileLock(run.folder / LOCK_FILE) as lock:
        lock.acquire()
        with pytest.raises(TrainingError, match="tiny run is running; stop or cancel it first"):
            delete_run(run)
    delete_run(run)
    assert list(runs.iterdir()) == []
    with pytest.raises(TrainingError, match=r"expected a run with run\.json"):
        delete_run(run)


def test_a_run_that_is_gone_is_not_brought_back(runs, plan):
    run = create_run(runs, plan)
    delete_run(run)
    with pytest.raises(TrainingError, match=r"expected a run with run\.json"):
        describe_run(run, name="other", notes="")
    assert run.epochs == ()
    assert list(runs.iterdir()) == []


def test_a_folder_that_is_none(runs):
    runs.touch()
    with pytest.raises(TrainingError, match="expected the folder of all runs, but it cannot be"):
        list_runs(runs)


def test_a_plan_of_other_json_is_damaged(runs, plan):
    run = create_run(runs, plan)
    for content in ("[]", '"x"', "{}", '{"format": 1, "name": 7}'):
        (run.folder / "run.json").write_text(content)
        (problem,) = list_runs(runs).problems
        assert "run.json is damaged" in problem


def test_the_zip_has_everything_but_the_checkpoint(runs, plan, tmp_path, tiny_model):
    run = create_run(runs, plan)
    write_epochs(run.folder, 0.5)
    (run.folder / CHECKPOINT_FILE).touch()
    (run.folder / QUEUED_FILE).unlink()
    (run.folder / ".status-1.json").touch()  # a running one is about to replace its status
    write_outcome(run.folder, "done", model=tiny_model)
    file = io.BytesIO()
    write_zip(open_run(run.folder), file)
    names = set(zipfile.ZipFile(file).namelist())
    assert {
        "run.json",
        METRICS_FILE,
        "outcome.json",
        "model/card.json",
        "model/model.keras",
    } <= names
    assert not {CHECKPOINT_FILE, ".status-1.json"} & names
    export_run_zip(run, tmp_path / "run.zip")
    assert zipfile.is_zipfile(tmp_path / "run.zip")
    with pytest.raises(TrainingError, match=r"expected a name that ends in \.zip"):
        export_run_zip(run, tmp_path / "run.tar")


def test_a_model_gets_a_name_that_nobody_has(runs, plan, tmp_path, tiny_model, monkeypatch):
    library = tmp_path / "models"
    run = create_run(runs, replace(plan, name="mine / 1!"))
    assert free_model_folder(run) == library / "mine-1"
    (library / "mine-1").mkdir(parents=True)
    assert free_model_folder(run) == library / "mine-1-2"
    card = json.loads((tiny_model / "card.json").read_text())
    card["data"]["run"] = run.id  # its own earlier one is replaced
    (library / "mine-1" / "card.json").write_text(json.dumps(card))
    assert free_model_folder(run) == library / "mine-1"
    assert free_model_folder(create_run(runs, replace(plan, name="…"))).name == "run"
    # The shipped model is not in this library, and would hide one of its name.
    shipped = create_run(runs, replace(plan, name="fer2013-vgg"))
    assert free_model_folder(shipped).name == "fer2013-vgg-2"
    # Nor is one of an earlier time, which lies elsewhere and is listed all the same.
    monkeypatch.setattr("emotion_core.models.folder.MODELS_FOLDER", tmp_path / "project")
    (tmp_path / "project" / "old").mkdir(parents=True)
    assert free_model_folder(create_run(runs, replace(plan, name="old"))).name == "old-2"


def test_a_deleted_model_is_no_model(runs, plan, tmp_path):
    run = create_run(runs, plan)
    (run.folder / QUEUED_FILE).unlink()
    write_outcome(run.folder, "done", model=tmp_path / "gone")
    assert open_run(run.folder).model is None


def test_the_folder_is_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv(RUNS_DIR_VARIABLE, str(tmp_path))
    assert runs_dir() == tmp_path
    monkeypatch.delenv(RUNS_DIR_VARIABLE)
    assert runs_dir().name == "runs"


def test_a_folder_that_cannot_be_written(tmp_path, plan):
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="the run cannot be written"):
        create_run(tmp_path / "file", plan)
