"""Train without a browser and without training: what is set up, said, queued, shown and kept."""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion_core.datasets import demo_dataset
from emotion_core.datasets.checks.exclusions import exclusion_list, save_exclusions
from emotion_core.datasets.own.samples import add_samples
from emotion_core.datasets.own.storage import consent, create_own_dataset, own_data_dir
from emotion_core.datasets.source import DataSource
from emotion_core.datasets.uploads import keep_upload
from emotion_core.errors import EmotionCoreError
from emotion_core.faces.pictures.images import encode_png
from emotion_core.system.processes.queueing import LOCK_FILE, LOG_FILE, QUEUED_FILE, write_status
from emotion_core.system.storage.folders import PROJECT
from emotion_core.system.storage.locks import FileLock
from emotion_core.training.config import PRESETS
from emotion_core.training.progress import (
    CHECKPOINT_FILE,
    CONFUSION_FILE,
    METRICS_FILE,
    EpochMetrics,
    TrainingSpeed,
)
from emotion_core.training.runs.plan import RunPlan
from emotion_core.training.runs.run import Run, RunStatus, open_run, write_outcome
from emotion_core.training.runs.storage import create_run, list_runs, runs_dir
from pages.training import assistant as training_assistant
from pages.training import setup as training_setup
from pages.training import sweep as training_sweep
from pages.training import view as training_view


class FakeAssistant:
    """Answers at once, without Keras."""

    def __init__(self) -> None:
        self.problem = ""
        self.seeds: list[int] = []

    def preview(self, faces, config, seed, rows):
        if self.problem:
            raise EmotionCoreError(self.problem)
        assert config.rotation_degrees >= 0
        self.seeds.append(seed)
        return np.repeat(faces[None], rows, axis=0)

    def measure(self, config, images, validation_images):
        assert (config.epochs, images, validation_images) == (8, 588, 126)
        return TrainingSpeed(294.0, 30.0, 12.0, 8.0)


@pytest.fixture(autouse=True)
def clean_slate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    st.cache_resource.clear()
    for name in ("DATA", "RUNS", "EXCLUSIONS", "MODELS"):
        monkeypatch.setenv(f"EMOTION_{name}_DIR", str(tmp_path / name.lower()))
    (tmp_path / "models").mkdir()
    # The page alone knows no others.
    monkeypatch.setattr(st, "page_link", lambda *_, label, **__: st.markdown(label))


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Nobody trains; the folders whose worker was asked for."""
    started: list[Path] = []
    for module in (training_setup, training_sweep, training_view):
        monkeypatch.setattr(module, "start_worker", started.append)
    return started


@pytest.fixture
def assistant(monkeypatch: pytest.MonkeyPatch) -> FakeAssistant:
    fake = FakeAssistant()
    monkeypatch.setattr(training_assistant, "_assistant", lambda: fake)
    return fake


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(str(PROJECT / "pages/train.py"), default_timeout=60)


@pytest.fixture
def plan(tmp_path: Path) -> RunPlan:
    return RunPlan(
        "mine",
        replace(PRESETS["quick"], epochs=3),
        DataSource("demo"),
        "2026-11-23T01:00:00+00:00",
        str(tmp_path / "models"),
    )


def read(page: AppTest) -> AppTest:
    """Run the page until the data has been read."""
    page.run()
    for _ in range(50):
        if not any(button.label == "Cancel" for button in page.button):
            break
        time.sleep(0.1)
        page.run()
    assert not page.exception
    return page


def at(page: AppTest, section: str) -> AppTest:
    page.session_state["training"] = section
    page.run()
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    everything = [*page.markdown, *page.caption, *page.info, *page.warning, *page.error, *page.html]
    return "\n".join(each.value if hasattr(each, "value") else each.body for each in everything)


def button(page: AppTest, label: str):
    return next(each for each in page.button if each.label == label)


def only_run() -> Run:
    (run,) = list_runs(runs_dir()).runs
    return run


def give_epochs(run: Run, *accuracies: float) -> None:
    epochs = [
        EpochMetrics(number, 1e-3, 1.5, 0.4, accuracy, accuracy / 2, 1.4, 900.0, 2.0)
        for number, accuracy in enumerate(accuracies, 1)
    ]
    lines = "".join(json.dumps(asdict(epoch)) + "\n" for epoch in epochs)
    (run.folder / METRICS_FILE).write_text(lines)
    confusion = np.eye(7, dtype=int).tolist()
    (run.folder / CONFUSION_FILE).write_text(json.dumps({"epoch": 1, "confusion": confusion}))
    (run.folder / CHECKPOINT_FILE).touch()


def test_start_queues_what_is_set_up_and_shows_it(page, started, tmp_path):
    read(page)
    assert "588 images to learn from; 126 others, PublicTest" in said(page)
    page.number_input("train_epochs").set_value(5)
    page.selectbox("train_architecture").select("repvgg").run()
    assert page.session_state["train_filters"] == "32,64,128,256"
    assert "epochs=5" in said(page).replace("\\", "")
    page.text_input("train_notes").set_value("a try").run()
    button(page, "Start").click().run()
    run = only_run()
    assert set(started) == {runs_dir()}
    assert (run.plan.name, run.plan.notes, run.state) == ("quick-repvgg-1", "a try", "queued")
    assert (run.plan.config.epochs, run.plan.config.architecture) == (5, "repvgg")
    assert (run.plan.data, run.plan.library) == (DataSource("demo"), str(tmp_path / "models"))
    assert page.session_state["training"] == "Runs"
    assert page.subheader[0].value == "quick\\-repvgg\\-1"


def test_a_preset_fills_every_setting_and_keeps_the_seed(page):
    read(page)
    page.number_input("train_seed").set_value(7).run()
    page.segmented_control("train_preset").set_value("best").run()
    state = page.session_state
    assert (state["train_epochs"], state["train_weight_decay"], state["train_seed"]) == (
        90,
        0.05,
        7,
    )
    assert state["train_augmentation_light_probability"] == 0.25


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"filters": "16,32"}, "filters and depths: expected one number each for every stage"),
        ({"filters": "many"}, "expected whole numbers such as 32,64, found 'many'"),
        ({"vote_weight": 0.5}, "expected 0 for data without FER+ votes, found 0.5"),
        ({"distillation_weight": 0.5}, "expected at least one for a distillation_weight of 0.5"),
        ({"batch_size": 600}, "expected at most the 588 images to learn from, found 600"),
        ({"epochs": 0}, "expected 1 to 10000, found 0"),
        ({"augmentation_mixup": 11.0}, "expected 0 to 10, found 11.0"),
    ],
)
@pytest.mark.usefixtures("assistant")
def test_what_does_not_do_is_said_and_cannot_be_started(page, settings, message):
    read(page)
    for name, value in settings.items():
        page.session_state[f"train_{name}"] = value
    for name in ("train_all_settings", "train_vary", "train_others"):
        page.session_state[name] = True
    page.run()
    assert not page.exception
    assert said(page).replace("\\", "").count(message) == 2  # beside the field, and beside Start
    assert button(page, "Start").disabled


def test_another_model_to_begin_with_must_fit(page, tmp_path, tiny_model):
    (tmp_path / "models" / "tiny").symlink_to(tiny_model)
    read(page)
    page.session_state["train_others"] = True
    page.run()
    page.selectbox("train_initial").select(str(tmp_path / "models" / "tiny")).run()
    assert "found tiny, vgg with filters [4, 8] and [1, 1] blocks" in said(page).replace("\\", "")
    page.session_state["train_filters"], page.session_state["train_depths"] = "4,8", "1,1"
    page.run()
    assert not button(page, "Start").disabled
    page.multiselect("train_teachers").select(str(tmp_path / "models" / "tiny")).run()
    assert "expected more than 0 with teachers" in said(page)
    page.number_input("train_distillation_weight").set_value(0.5).run()
    button(page, "Start").click().run()
    assert only_run().plan.initial == str(tmp_path / "models" / "tiny")
    assert only_run().plan.teachers == (str(tmp_path / "models" / "tiny"),)


def test_own_data_is_joined_and_a_list_left_out(page):
    demo = demo_dataset()
    own = create_own_dataset(own_data_dir(), "me", consent())
    add_samples(own, demo.images[:3], "happy", source="crop", sitting=1)
    save_exclusions(exclusion_list(demo, "mine", {"by hand": np.arange(2)}))
    read(page)
    page.multiselect("train_joined").select("own/me").run()
    page.selectbox("train_exclusions").select("mine")
    read(page)
    kept = 588 + 3 - int((demo.splits[:2] == 0).sum())
    assert f"{kept} images to learn from" in said(page)
    button(page, "Start").click().run()
    assert only_run().plan.data == DataSource("demo", joined=("own/me",), exclusions="mine")


def test_one_expression_alone_cannot_be_learned(page):
    own = create_own_dataset(own_data_dir(), "me", consent())
    add_samples(own, demo_dataset().images[:2], "happy", source="crop", sitting=1)
    read(page)
    page.selectbox("train_path").select("own/me")
    read(page)
    assert "1 image to learn from; 1 other, held out of them, selects the best epoch" in said(page)
    message = "expected images of two expressions or more to learn from, found happy alone"
    assert said(page).count(message) == 2
    assert button(page, "Start").disabled
    for emotion in ("happy", "sad"):
        add_samples(own, demo_dataset().images[:40], emotion, source="crop", sitting=1)
    page.toggle("train_skip_bad_rows").set_value(True)  # other data than what was read before
    read(page)
    assert "No training image of **angry, disgust, fear, surprise, neutral**" in said(page)
    assert not button(page, "Start").disabled


def test_data_handed_over_by_another_page_is_chosen(page):
    own = create_own_dataset(own_data_dir(), "me", consent())
    add_samples(own, demo_dataset().images[:40], "happy", source="crop", sitting=1)
    page.session_state["train_with"] = DataSource("own/me")
    read(page)
    assert page.selectbox("train_path").value == "own/me"
    page.selectbox("train_path").select("demo")
    read(page)
    assert page.selectbox("train_path").value == "demo"  # handed over once


def test_an_upload_is_trained_on_and_deleted(page):
    own = create_own_dataset(own_data_dir(), "me", consent())
    for emotion in ("happy", "sad"):
        add_samples(own, demo_dataset().images[:40], emotion, source="crop", sitting=1)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in own.folder.rglob("*.png"):
            archive.write(path, f"Training/{path.parent.name}/{path.name}")
    content.seek(0)
    upload = keep_upload({"mine.zip": content})
    read(page)
    page.selectbox("train_path").select(str(upload))
    read(page)
    assert "72 images to learn from; 8 others, held out of them" in said(page)
    button(page, "Start").click().run()
    assert only_run().plan.data == DataSource(str(upload))
    button(page, "Set up again").click().run()
    button(page, "Delete this upload").click().run()
    assert not upload.exists()
    assert page.selectbox("train_path").value == "demo"


def test_data_that_cannot_be_read_says_why(page, monkeypatch):
    monkeypatch.setattr("pages.training.data.server_is_offered", lambda: True)
    read(page)
    page.selectbox("train_path").select("another path").run()
    assert "Enter the path of a dataset." in said(page)
    page.text_input("train_typed_path").set_value("/nowhere.csv")
    read(page)
    assert "/nowhere.csv: expected a CSV file" in said(page).replace("\\", "")
    assert not [each for each in page.button if each.label == "Start"]


def test_what_numbered_classes_mean_is_asked_here_too(page):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in (1, 2):
            for place, face in enumerate(demo_dataset().images[:40]):
                archive.writestr(f"train/{number}/{place}.png", encode_png(face))
    content.seek(0)
    upload = keep_upload({"rafdb.zip": content})
    read(page)
    page.selectbox("train_path").select(str(upload))
    read(page)
    assert "The classes of **rafdb.zip** are numbers" in said(page)
    for number, emotion in (("1", "happy"), ("2", "sad")):
        page.selectbox(key=f"dataset_class_{number}").set_value(emotion)
    button(page, "Open it").click()
    read(page)
    assert "72 images to learn from; 8 others, held out of them" in said(page)


def test_augmentation_is_shown_and_drawn_anew(page, assistant):
    read(page)
    page.session_state["train_vary"] = True
    page.run()
    assert "8 faces as they are, below each 4 views" in said(page)
    button(page, "Other variations").click().run()
    assert assistant.seeds == [0, 1]
    assistant.problem = "expected an answer"
    page.number_input("train_augmentation_shift").set_value(0.3).run()
    assert "expected an answer" in said(page)


def test_the_time_is_measured_on_demand(page, assistant):  # noqa: ARG001
    read(page)
    button(page, "Estimate the time").click().run()
    assert "About **4 min 20 s** in all, **30 s** per epoch" in said(page)
    page.session_state["train_filters"] = "8,16,32,64"
    page.run()
    assert button(page, "Estimate the time")


def test_no_run_yet(page):
    assert "**No runs yet.**" in said(at(page, "Runs"))


def test_a_running_one_shows_how_far_it_is_and_is_asked_to_stop(page, plan):
    run = create_run(runs_dir(), plan)
    give_epochs(run, 0.3, 0.5)
    (run.folder / QUEUED_FILE).unlink()
    (run.folder / LOG_FILE).write_text("epoch 2 of 3\n")
    status = RunStatus(
        pid=77,
        stage="training",
        epoch=3,
        epochs=3,
        step=10,
        steps=20,
        loss=1.25,
        images_per_second=900.0,
        epoch_seconds_left=5.0,
        seconds_left=65.0,
        cpu_percent=150.0,
        memory_mb=480.0,
    )
    write_status(run.folder, status)
    with FileLock(run.folder / LOCK_FILE) as lock:
        assert lock.acquire()
        at(page, "Runs")
        shown = said(page)
        assert "50.0%" in shown
        assert "150%" in shown
        assert "480 MB" in shown
        assert "CPU, of one core" in shown
        assert page.code[0].value == "epoch 2 of 3"
        button(page, "Stop").click().run()
        assert open_run(run.folder).asked == "stop"
        button(page, "Cancel").click().run()
        assert open_run(run.folder).asked == "cancel"
        labels = {each.label for each in page.button}
        assert not labels & {"Stop", "Cancel", "Resume", "Delete this run"}


def test_a_queued_one_that_begins_can_no_longer_be_deleted(page, plan, monkeypatch):
    """Delete stayed until somebody touched the page."""
    run = create_run(runs_dir(), plan)
    with FileLock(run.folder / LOCK_FILE) as lock:

        def begun(folder: Path) -> Run:  # by the queue, after the page had listed it
            if (run.folder / QUEUED_FILE).exists():
                assert lock.acquire()
                (run.folder / QUEUED_FILE).unlink()
            return open_run(folder)

        monkeypatch.setattr(training_view, "open_run", begun)
        at(page, "Runs")
        labels = {each.label for each in page.button}
        assert "Stop" in labels
        assert "Delete this run" not in labels


def test_an_interrupted_one_says_so_and_is_resumed(page, plan, started):
    run = create_run(runs_dir(), plan)
    give_epochs(run, 0.3)
    (run.folder / QUEUED_FILE).unlink()
    at(page, "Runs")
    assert "*Resume* continues from epoch 1, to the same result" in said(page)
    button(page, "Resume").click().run()
    assert open_run(run.folder).state == "queued"
    assert runs_dir() in started
    button(page, "Cancel").click().run()
    assert open_run(run.folder).state == "cancelled"


def test_a_failed_one_says_why(page, plan):
    run = create_run(runs_dir(), plan)
    (run.folder / QUEUED_FILE).unlink()
    write_outcome(run.folder, "failed", "No space left on device; fix this and resume")
    at(page, "Runs")
    assert "No space left on device; fix this and resume" in said(page).replace("\\", "")
    assert button(page, "Resume")


def test_name_and_notes_are_kept_and_a_run_deleted(page, plan):
    run = create_run(runs_dir(), plan)
    at(page, "Runs")
    page.text_input(f"name {run.id}").set_value("yours")
    page.text_area(f"notes {run.id}").set_value("better")
    button(page, "Save").click().run()
    assert (only_run().plan.name, only_run().plan.notes) == ("yours", "better")
    button(page, "Delete this run").click().run()
    assert list_runs(runs_dir()).runs == ()
    assert not page.exception


def test_runs_are_filtered_chosen_and_compared(page, plan):
    for name, dropout, accuracies in (("a", 0.1, (0.2, 0.4)), ("b", 0.3, (0.3,)), ("c", 0.5, ())):
        run = create_run(
            runs_dir(), replace(plan, name=name, config=replace(plan.config, dropout=dropout))
        )
        give_epochs(run, *accuracies)
        (run.folder / QUEUED_FILE).unlink()
        write_outcome(run.folder, "stopped")
    at(page, "Runs")
    table = page.dataframe[0].value  # before the curves of one of them
    assert table["name"].tolist() == ["c", "b", "a"]
    assert table["dropout"].tolist() == ["0.5", "0.3", "0.1"]
    ids = [run.id for run in list_runs(runs_dir()).runs]
    page.session_state["train_compared"] = ids[1:]
    page.run()
    assert "2 runs compared" in [each.value for each in page.subheader]
    differing = page.dataframe[-1].value
    assert differing.to_dict("list") == {"setting": ["dropout"], "b": ["0.3"], "a": ["0.1"]}
    page.text_input("train_filter").set_value("dropout=0.1").run()
    assert page.dataframe[0].value["name"].tolist() == ["a"]
    page.text_input("train_filter").set_value("nobody").run()
    assert "No run matches." in said(page)


def test_a_run_is_set_up_again(page, plan):
    config = replace(plan.config, dropout=0.45, filters=(8, 16), depths=(1, 1))
    create_run(runs_dir(), replace(plan, config=config))
    at(page, "Runs")
    button(page, "Set up again").click().run()
    read(page)
    button(page, "Start").click().run()
    again = list_runs(runs_dir()).runs[0].plan
    assert (again.config, again.data) == (config, plan.data)


def test_a_sweep_is_queued_and_drawn(page):
    page.session_state["training"] = "Sweep"  # which need not wait for a look at "Set up"
    read(page)
    page.multiselect("sweep_varied").select("dropout").select("seed").run()
    assert "Enter the values to try for dropout and seed." in [each.value for each in page.caption]
    assert not any(":red[" in each.value for each in page.markdown)  # before anything is typed
    page.text_input("sweep_values dropout").set_value("0.1").run()
    page.text_input("sweep_values seed").set_value("1").run()
    assert ":red[" in said(page)
    assert "expected 2 to 64 combinations of settings, found 1" in said(page)
    page.text_input("sweep_values dropout").set_value("0.1, 0.3").run()
    page.text_input("sweep_values seed").set_value("1 2").run()
    button(page, "Queue 4 runs").click().run()
    runs = list_runs(runs_dir()).runs
    assert {run.plan.sweep for run in runs} == {"sweep-1"}
    assert "4 runs of **sweep\\-1** will be cancelled" in said(page)
    assert [run.plan.config.dropout for run in runs] == [0.3, 0.3, 0.1, 0.1]
    for place, run in enumerate(runs):
        give_epochs(run, 0.1 * place)
        (run.folder / QUEUED_FILE).unlink()
        write_outcome(run.folder, "done")
    page.run()
    assert not page.exception
    assert "4 of 4 runs have results" in said(page)
    assert page.dataframe[-1].value["accuracy"].tolist() == pytest.approx([0.3, 0.2, 0.1, 0.0])
    page.segmented_control("sweep_random").set_value("some at random").run()
    page.number_input("sweep_count").set_value(3).run()
    assert button(page, "Queue 3 runs")


def test_a_whole_sweep_is_cancelled(page, plan):
    for name in ("a", "b"):
        create_run(runs_dir(), replace(plan, name=name, sweep="mine"))
    done, waiting = list_runs(runs_dir()).runs
    (done.folder / QUEUED_FILE).unlink()
    write_outcome(done.folder, "done")
    page.session_state["training"] = "Sweep"
    read(page)
    page.button("cancel sweep mine").click().run()
    assert not page.exception
    assert open_run(waiting.folder).state == "cancelled"
    assert open_run(done.folder).state == "done"
    assert not [each for each in page.button if each.label == "Cancel the sweep"]


def test_the_quick_preset_is_what_is_documented(page):
    read(page)
    button(page, "Start").click().run()
    expected = replace(PRESETS["quick"], precision=only_run().plan.config.precision)
    assert only_run().plan.config == expected
