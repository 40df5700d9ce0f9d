"""One run in this process: how it ends, and what it leaves."""

import errno
import io
import sys
from dataclasses import replace

import pytest
import tensorflow

from emotion_core.datasets.source import DataSource
from emotion_core.models.folder import load_card
from emotion_core.system.processes.queueing import CANCEL_FILE, STOP_FILE
from emotion_core.system.storage.files import write_json
from emotion_core.training.fitting import export as model_export
from emotion_core.training.fitting.loop import TrainingLoop
from emotion_core.training.progress import read_confusion
from emotion_core.training.runs import trainer
from emotion_core.training.runs.control import resume_run, stop_run
from emotion_core.training.runs.run import TENSORBOARD_FOLDER, open_run, read_status
from emotion_core.training.runs.storage import create_run, delete_run, list_runs
from tests.training.earlier_version import as_earlier_version


@pytest.fixture(autouse=True)
def keras_as_it_is(monkeypatch):
    monkeypatch.setattr(trainer, "start_keras", lambda: None)  # others here need scikit-learn


@pytest.fixture
def run(runs, plan):
    return create_run(runs, plan)


@pytest.fixture
def quick_export(monkeypatch, tiny_model):
    """Write a card alone: a LiteRT model takes seconds, and has tests of its own."""

    def export(_run, result, folder, run_id):
        card = load_card(tiny_model)
        card = replace(card, data=card.data | {"run": run_id}, best_epoch=result.best_epoch)
        write_json(folder / "card.json", card.to_json())
        return card

    monkeypatch.setattr("emotion_core.training.fitting.export.export_run", export)


def when(monkeypatch, epoch, act):
    """Call ``act`` in the first step of an epoch."""
    show = trainer._Trainer.show_progress

    def watch(self, progress):
        show(self, progress)
        if (progress.epoch, progress.step) == (epoch, 1):
            act(self.folder)

    monkeypatch.setattr(trainer._Trainer, "show_progress", watch)


def event_values(folder, tag):
    """Return the points of a curve in TensorBoard's files."""
    values = {}
    for path in sorted((folder / TENSORBOARD_FOLDER).iterdir()):
        for record in tensorflow.data.TFRecordDataset(str(path)):
            event = tensorflow.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                if value.tag == tag:
                    values[event.step] = value.simple_value
    return values


def test_a_run_ends_as_a_model_with_curves_log_and_events(run, capfd):
    trainer.train(run.folder)
    done = open_run(run.folder)
    assert (done.state, len(done.epochs), done.has_checkpoint) == ("done", 3, False)
    assert done.model.name == "tiny-run"
    card = load_card(done.model)
    assert card.data["run"] == run.id
    assert card.best_epoch == done.best.epoch
    assert read_confusion(run.folder).sum() == card.data["selection_images"]
    status = read_status(run.folder)
    assert (status.epoch, status.step, status.stage) == (3, status.steps, status.stage)
    assert status.memory_mb > 50
    points = event_values(run.folder, "accuracy/validation")
    assert points == pytest.approx({e.epoch: e.validation_accuracy for e in done.epochs}, rel=1e-6)
    printed = capfd.readouterr().out
    assert "epoch 3 of 3: loss" in printed
    assert "Saved" in printed


@pytest.mark.usefixtures("quick_export")
def test_a_stopped_run_keeps_its_best_and_goes_on_later(run, monkeypatch):
    with monkeypatch.context() as patch:
        when(patch, 2, lambda folder: (folder / STOP_FILE).touch())
        trainer.train(run.folder)
    stopped = open_run(run.folder)
    assert (stopped.state, len(stopped.epochs), stopped.has_checkpoint) == ("stopped", 1, True)
    model = stopped.model
    resume_run(stopped)
    trainer.train(run.folder)
    done = open_run(run.folder)
    assert (done.state, len(done.epochs)) == ("done", 3)
    assert done.model == model  # replaced, not put beside


@pytest.mark.usefixtures("quick_export")
def test_stopping_an_interrupted_run_trains_no_further(run, monkeypatch):
    with monkeypatch.context() as patch:
        when(patch, 2, lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            trainer.train(run.folder)
    assert open_run(run.folder).state == "interrupted"
    stop_run(run)
    trainer.train(run.folder)
    stopped = open_run(run.folder)
    assert (stopped.state, len(stopped.epochs)) == ("stopped", 1)
    assert load_card(stopped.model).best_epoch == 1


@pytest.mark.usefixtures("quick_export")
@pytest.mark.parametrize("ending", ["killed", "stopped"])
def test_a_run_of_an_earlier_version_goes_on(runs, run, monkeypatch, ending):
    """It left the settings in two files, and the epochs in two. A queued one had its plan alone."""
    whole = create_run(runs, run.plan)
    trainer.train(whole.folder)
    with monkeypatch.context() as patch:
        if ending == "stopped":
            when(patch, 3, lambda folder: (folder / STOP_FILE).touch())
            trainer.train(run.folder)
        else:
            when(patch, 3, lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                trainer.train(run.folder)
    as_earlier_version(run.folder, run.plan.config)
    (earlier,) = (each for each in list_runs(runs).runs if each.id == run.id)
    assert (earlier.state, len(earlier.epochs)) == (
        {"killed": "interrupted", "stopped": "stopped"}[ending],
        2,
    )
    resume_run(earlier)
    trainer.train(run.folder)
    done = open_run(run.folder)
    assert done.state == "done"
    assert [figures(epoch) for epoch in done.epochs] == [figures(epoch) for epoch in whole.epochs]
    delete_run(done)
    assert [each.id for each in list_runs(runs).runs] == [whole.id]


def figures(epoch):
    """What does not depend on how fast the machine is."""
    return replace(epoch, seconds=0, images_per_second=0)


def test_stopped_before_the_first_epoch(run):
    (run.folder / STOP_FILE).touch()
    trainer.train(run.folder)
    stopped = open_run(run.folder)
    assert (stopped.state, stopped.model) == ("stopped", None)
    assert "stopped before its first epoch was finished" in stopped.outcome.message


def test_a_cancelled_run_keeps_nothing_but_its_row(run, monkeypatch, tmp_path):
    when(monkeypatch, 2, lambda folder: (folder / CANCEL_FILE).touch())
    trainer.train(run.folder)
    cancelled = open_run(run.folder)
    assert (cancelled.state, cancelled.has_checkpoint, cancelled.model) == (
        "cancelled",
        False,
        None,
    )
    assert not (tmp_path / "models").exists()


@pytest.mark.usefixtures("quick_export")
def test_a_run_that_is_cancelled_while_its_model_is_saved_leaves_none(run, monkeypatch, tmp_path):
    export = model_export.export_run

    def cancelled_meanwhile(*arguments, **names):
        (run.folder / CANCEL_FILE).touch()
        return export(*arguments, **names)

    monkeypatch.setattr(model_export, "export_run", cancelled_meanwhile)
    trainer.train(run.folder)
    cancelled = open_run(run.folder)
    assert (cancelled.state, cancelled.has_checkpoint) == ("cancelled", False)
    assert not list((tmp_path / "models").iterdir())


@pytest.mark.usefixtures("quick_export")
def test_a_full_disk_is_said_and_loses_no_checkpoint(run, monkeypatch):
    save = TrainingLoop._save

    def full(self):
        if len(self.epochs) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(self)

    with monkeypatch.context() as patch:
        patch.setattr(TrainingLoop, "_save", full)
        trainer.train(run.folder)
    failed = open_run(run.folder)
    assert (failed.state, failed.has_checkpoint) == ("failed", True)
    assert "No space left on device; the last checkpoint stays" in failed.outcome.message
    resume_run(failed)
    trainer.train(run.folder)
    assert [epoch.epoch for epoch in open_run(run.folder).epochs] == [1, 2, 3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": DataSource("nowhere.csv")}, "nowhere.csv: expected a CSV file"),
        ({"initial": "nowhere"}, "expected a model folder with card.json, found none"),
        ({"teachers": ("nowhere",)}, "expected a teacher's network at"),
    ],
)
def test_what_cannot_be_trained_says_why(runs, plan, change, message):
    run = create_run(runs, replace(plan, **change))
    trainer.train(run.folder)
    failed = open_run(run.folder)
    assert failed.state == "failed"
    assert message in failed.outcome.message


def test_a_name_that_the_log_cannot_hold_is_no_silent_end(runs, plan, monkeypatch):
    """The log of a run on Windows knows 256 letters."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "cp1252"))
    run = create_run(runs, replace(plan, data=DataSource("你好.csv")))
    trainer.train(run.folder)
    assert "你好.csv" in open_run(run.folder).outcome.message
    assert rb"Failed: \u4f60\u597d.csv" in sys.stdout.buffer.getvalue()


def test_a_bug_is_no_silent_end(run, monkeypatch, capfd):
    monkeypatch.setattr(trainer._Trainer, "open_run", lambda _: 1 / 0)
    trainer.train(run.folder)
    assert open_run(run.folder).outcome.message.startswith("ZeroDivisionError: division by zero")
    assert "Traceback" in capfd.readouterr().err


@pytest.mark.usefixtures("quick_export")
def test_what_is_not_queued_is_not_trained(run):
    trainer.train(run.folder)
    before = open_run(run.folder)
    trainer.train(run.folder)
    assert open_run(run.folder) == before


def test_a_run_may_begin_with_anothers_weights(runs, plan, tiny_model):
    config = replace(plan.config, epochs=1, learning_rate=1e-7)
    run = create_run(runs, replace(plan, config=config, initial=str(tiny_model)))
    trainer.train(run.folder)
    card = load_card(open_run(run.folder).model)
    assert card.data["initial"]["name"] == "tiny"
    begun_with = load_card(tiny_model).metrics["accuracy"]
    assert card.metrics["accuracy"] == pytest.approx(begun_with, abs=0.1)
    assert "It started from the weights of tiny" in (
        open_run(run.folder).model / "README.md"
    ).read_text().replace("\n", " ")
