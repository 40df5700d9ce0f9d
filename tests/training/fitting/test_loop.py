import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from emotion_core.errors import ModelError, TrainingError
from emotion_core.training.config import AugmentationConfig
from emotion_core.training.fitting.loop import TrainingLoop
from emotion_core.training.networks.classifier import KerasClassifier
from emotion_core.training.teachers import find_teachers
from tests.conftest import TINY_CONFIG
from tests.training.earlier_version import as_earlier_version


def weights_of(result):
    return result.network.get_weights()


def assert_equal_weights(first, second):
    for a, b in zip(weights_of(first), weights_of(second), strict=True):
        assert np.array_equal(a, b)


def test_one_epoch_on_few_images_writes_checkpoint_and_metrics(demo, tmp_path):
    seen = []
    run = TrainingLoop.start(TINY_CONFIG, demo, tmp_path / "run")
    result = run.run(on_progress=seen.append)
    assert result.completed
    assert result.best_epoch == 1
    assert [progress.step for progress in seen] == list(range(1, run.steps + 1))
    assert seen[-1].seconds_left == 0
    (line,) = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    metrics = json.loads(line)
    assert metrics["validation_accuracy"] == result.epochs[0].validation_accuracy
    assert result.validation.n == (demo.splits == 1).sum()
    assert (tmp_path / "run" / "checkpoint.npz").exists()


def test_it_can_learn_a_few_images_by_heart(demo, tmp_path):
    config = replace(
        TINY_CONFIG,
        filters=(8, 16, 32),
        depths=(2, 2, 2),
        epochs=12,
        learning_rate=1e-2,
        dropout=0,
        label_smoothing=0,
        augmentation=AugmentationConfig(0, 0, 0, flip=False, erase_probability=0),
    )
    result = TrainingLoop.start(config, demo, tmp_path / "run").run()
    assert result.epochs[0].train_accuracy < 0.5
    assert result.epochs[-1].train_accuracy > 0.9


def test_same_seed_same_weights_other_seed_other_weights(demo, tmp_path):
    first = TrainingLoop.start(TINY_CONFIG, demo, tmp_path / "a").run()
    again = TrainingLoop.start(TINY_CONFIG, demo, tmp_path / "b").run()
    other = TrainingLoop.start(replace(TINY_CONFIG, seed=8), demo, tmp_path / "c").run()
    assert_equal_weights(first, again)
    assert not np.array_equal(weights_of(first)[0], weights_of(other)[0])


def test_a_stopped_and_resumed_run_ends_with_the_same_weights(demo, tmp_path):
    config = replace(TINY_CONFIG, epochs=3)
    whole = TrainingLoop.start(config, demo, tmp_path / "whole").run()
    run = TrainingLoop.start(config, demo, tmp_path / "cut")
    steps = []

    def stop_in_second_epoch():
        steps.append(1)
        return len(steps) == run.steps + 2

    stopped = run.run(should_stop=stop_in_second_epoch)
    assert not stopped.completed
    assert len(stopped.epochs) == 1
    resumed = TrainingLoop.resume(config, demo, tmp_path / "cut").run()
    assert resumed.completed
    assert_equal_weights(whole, resumed)
    assert [e.validation_accuracy for e in resumed.epochs] == [
        e.validation_accuracy for e in whole.epochs
    ]
    lines = (tmp_path / "cut" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]


def test_a_finished_run_keeps_its_best_weights_alone(demo, tmp_path):
    run = TrainingLoop.start(TINY_CONFIG, demo, tmp_path)
    result = run.run()
    with np.load(tmp_path / "checkpoint.npz") as stored:
        assert not [name for name in stored if name.startswith("state")]
    again = TrainingLoop.resume(TINY_CONFIG, demo, tmp_path).run()
    assert again.completed
    assert_equal_weights(result, again)


def test_checkpoints_can_be_rarer_than_epochs(demo, tmp_path):
    run = TrainingLoop.start(replace(TINY_CONFIG, epochs=3), demo, tmp_path)
    written = []
    run.run(
        on_epoch=lambda _metrics: written.append((tmp_path / "checkpoint.npz").stat().st_mtime_ns),
        checkpoint_seconds=1000,
    )
    assert written[0] == written[1] < written[2]  # the first epoch's and the last one's


def test_metrics_written_before_a_lost_checkpoint_are_dropped(demo, tmp_path):
    config = replace(TINY_CONFIG, epochs=2)
    run = TrainingLoop.start(config, demo, tmp_path / "run")
    steps = []
    run.run(should_stop=lambda: steps.append(1) or len(steps) > run.steps)
    log = tmp_path / "run" / "metrics.jsonl"
    log.write_text(log.read_text() + log.read_text())
    TrainingLoop.resume(config, demo, tmp_path / "run")
    assert len(log.read_text().splitlines()) == 1


@pytest.fixture(scope="module")
def interrupted(demo, tmp_path_factory):
    """The folder of a run of three epochs that was stopped in its third, and the whole run."""
    folder = tmp_path_factory.mktemp("runs")
    config = replace(TINY_CONFIG, epochs=3)
    whole = TrainingLoop.start(config, demo, folder / "whole").run()
    run = TrainingLoop.start(config, demo, folder / "cut")
    steps = []
    run.run(should_stop=lambda: steps.append(1) or len(steps) > 2 * run.steps)
    return folder / "cut", config, whole


def test_settings_and_epochs_are_kept_once(interrupted):
    folder, _, _ = interrupted
    assert sorted(path.name for path in folder.iterdir()) == [
        *("checkpoint.npz", "confusion.json", "metrics.jsonl")
    ]
    with np.load(folder / "checkpoint.npz") as stored:
        assert [epoch["epoch"] for epoch in json.loads(str(stored["epochs"]))] == [2]


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("lines", [1, 2])
def test_a_run_that_was_killed_beside_its_checkpoint_goes_on(
    interrupted, demo, tmp_path, earlier, lines
):
    """Whether or not the last epoch's line was written, by this version and by an earlier one."""
    cut, config, whole = interrupted
    folder = shutil.copytree(cut, tmp_path / "run")
    log = folder / "metrics.jsonl"
    before = log.read_text()
    log.write_text("".join(before.splitlines(keepends=True)[:lines]))
    if earlier:
        as_earlier_version(folder, config)
    resumed = TrainingLoop.resume(config, demo, folder)
    assert log.read_text() == before
    assert_equal_weights(whole, resumed.run())
    assert [epoch.epoch for epoch in resumed.epochs] == [1, 2, 3]
    assert not (folder / "config.json").exists()


def test_a_log_that_lacks_epochs_is_damage(interrupted, demo, tmp_path):
    cut, config, _ = interrupted
    folder = shutil.copytree(cut, tmp_path / "run")
    (folder / "metrics.jsonl").unlink()
    with pytest.raises(TrainingError, match=r"metrics\.jsonl lacks epochs before 2\); delete"):
        TrainingLoop.resume(config, demo, folder)


def test_an_unfinished_run_is_not_overwritten(demo, tmp_path):
    TrainingLoop.start(TINY_CONFIG, demo, tmp_path).run()
    with pytest.raises(TrainingError, match="holds an unfinished run; continue it with --resume"):
        TrainingLoop.start(TINY_CONFIG, demo, tmp_path)


def test_nothing_to_resume(demo, tmp_path):
    with pytest.raises(TrainingError, match="found none; start without --resume"):
        TrainingLoop.resume(TINY_CONFIG, demo, tmp_path)


def test_other_data_is_refused(demo, tmp_path):
    TrainingLoop.start(TINY_CONFIG, demo, tmp_path).run()
    fewer = demo.subset(np.arange(len(demo) - 1))
    with pytest.raises(TrainingError, match="was started with other data"):
        TrainingLoop.resume(TINY_CONFIG, fewer, tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"garbage"])
def test_damaged_checkpoint(demo, tmp_path, content):
    TrainingLoop.start(TINY_CONFIG, demo, tmp_path).run()
    (tmp_path / "checkpoint.npz").write_bytes(content)
    with pytest.raises(TrainingError, match=r"checkpoint.npz is damaged"):
        TrainingLoop.resume(TINY_CONFIG, demo, tmp_path)


def test_stopped_before_the_first_epoch(demo, tmp_path):
    with pytest.raises(TrainingError, match="before the first epoch"):
        TrainingLoop.start(TINY_CONFIG, demo, tmp_path).run(should_stop=lambda: True)


def test_exploding_loss_is_said(demo, tmp_path):
    config = replace(TINY_CONFIG, learning_rate=10.0, epochs=200, warmup=0)
    run = TrainingLoop.start(config, demo, tmp_path)
    for variable in run.network.trainable_variables:
        variable.assign(variable + np.float32(np.nan))
    with pytest.raises(TrainingError, match="the loss became nan in epoch 1; lower the learning"):
        run.run()


DISTILL = replace(TINY_CONFIG, distillation_weight=0.9, epochs=2)


def test_a_resumed_student_has_the_same_teacher(demo, tiny_model, tmp_path):
    whole = TrainingLoop.start(DISTILL, demo, tmp_path / "whole", find_teachers([tiny_model])).run()
    run = TrainingLoop.start(DISTILL, demo, tmp_path / "cut", find_teachers([tiny_model]))
    steps = []
    run.run(should_stop=lambda: steps.append(1) or len(steps) > run.steps)
    assert_equal_weights(whole, TrainingLoop.resume(DISTILL, demo, tmp_path / "cut").run())


def test_another_teacher_under_the_same_path_is_refused(demo, tiny_model, tmp_path):
    teacher = shutil.copytree(tiny_model, tmp_path / "teacher")
    run = TrainingLoop.start(DISTILL, demo, tmp_path / "run", find_teachers([teacher]))
    steps = []
    run.run(should_stop=lambda: steps.append(1) or len(steps) > run.steps)
    (teacher / "model.keras").write_bytes(b"another one")
    with pytest.raises(TrainingError, match="is not the teacher that the run was started with"):
        TrainingLoop.resume(DISTILL, demo, tmp_path / "run").run()


def test_a_finished_student_needs_its_teacher_no_more(demo, tiny_model, tmp_path):
    teacher = shutil.copytree(tiny_model, tmp_path / "teacher")
    TrainingLoop.start(DISTILL, demo, tmp_path / "run", find_teachers([teacher])).run()
    shutil.rmtree(teacher)
    assert TrainingLoop.resume(DISTILL, demo, tmp_path / "run").run().completed


def test_no_teacher_where_one_is_expected(demo, tiny_model, tmp_path):
    with pytest.raises(TrainingError, match=r"at least one for a distillation_weight of 0\.9"):
        TrainingLoop.start(DISTILL, demo, tmp_path)
    with pytest.raises(
        TrainingError, match="than 0 with teachers, found 0; use the preset distill"
    ):
        TrainingLoop.start(TINY_CONFIG, demo, tmp_path, find_teachers([tiny_model]))
    with pytest.raises(ModelError, match="expected a teacher's network at"):
        find_teachers([tmp_path / "nobody"])


@pytest.mark.parametrize("architecture", ["vgg", "resnet-se", "repvgg"])
def test_what_is_shipped_scores_as_what_was_trained(demo, tmp_path, architecture):
    """The folded, rounded network's accuracy stands in the result, not the trained one's."""
    config = replace(TINY_CONFIG, architecture=architecture)
    run = TrainingLoop.start(config, demo, tmp_path / "run")
    result = run.run()
    trained = KerasClassifier(run.network).predict_logits(result.validation_set.images)
    assert result.validation_logits == pytest.approx(trained, abs=0.02)
    assert not [layer for layer in result.network.layers if "norm" in layer.name]


def test_a_student_of_a_network_that_returns_probabilities(demo, tiny_model, tmp_path):
    import keras

    from emotion_core.training.fitting.teachers import load_teacher
    from emotion_core.training.networks.loading import load_network

    logits = load_network(tiny_model)
    scores = keras.layers.Softmax()(logits.output)
    path = tmp_path / "scores.keras"
    keras.Model(logits.input, scores).save(path)
    (teacher,) = find_teachers([path])
    faces = demo.images[:5]
    found = KerasClassifier(load_teacher(teacher)).predict_logits(faces)
    expected = KerasClassifier(logits).predict_logits(faces)
    difference = found - expected  # the same up to a constant for each face
    assert difference == pytest.approx(difference[:, :1].repeat(7, axis=1), abs=1e-3)
