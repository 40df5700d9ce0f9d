import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

from emotion_core.datasets import FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.judging.predictions import predict
from emotion_core.judging.predictions.predict import (
    ParallelClassifier,
    load_predictions,
    predict_dataset,
    predictions_key,
)
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.folder import LITERT_FILE, load_card
from emotion_core.models.interface import ModelInterface
from emotion_core.system.storage import disk_cache


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "predictions"


def forbid_computing(monkeypatch):
    def refuse(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(predict, "_compute", refuse)


def dataset_of(images):
    count = len(images)
    return FaceDataset(
        "few", images, np.zeros(count, np.uint8), np.zeros(count, np.uint8), np.arange(count)
    )


def test_logits_of_another_projects_model_by_its_interface(tiny_model, demo, tmp_path):
    """The same network under a card that says its outputs stand in the reverse order."""
    foreign = shutil.copytree(tiny_model, tmp_path / "foreign")
    interface = ModelInterface(48, "grey", "logits", tuple(reversed(EMOTIONS)), one_by_one=True)
    card = replace(load_card(foreign), interface=interface)
    (foreign / "card.json").write_text(json.dumps(card.to_json()))
    expected = EmotionClassifier.load(foreign).predict_logits(demo.images[:40])
    found = ParallelClassifier.load(foreign).predict_logits(demo.images[:40])
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert predictions_key(foreign, demo).folder != predictions_key(tiny_model, demo).folder
    own = EmotionClassifier.load(tiny_model).predict_logits(demo.images[:40])
    assert (found.argmax(axis=1) == 6 - own.argmax(axis=1)).all()


def test_a_parallel_classifier_takes_no_faces_too(tiny_model, demo):
    assert ParallelClassifier.load(tiny_model).predict_logits(demo.images[:0]).shape == (0, 7)


@pytest.mark.parametrize("threads", [1, 3])
def test_logits_of_the_classifier_and_embeddings_of_length_one(tiny_model, demo, threads):
    steps = []
    found = predict_dataset(
        tiny_model, demo, threads=threads, progress=lambda *step: steps.append(step)
    )
    expected = EmotionClassifier.load(tiny_model).predict_logits(demo.images)
    np.testing.assert_allclose(found.logits, expected, atol=1e-4)
    assert found.embeddings is not None
    assert found.embeddings.shape == (len(demo), 8)
    np.testing.assert_allclose(np.linalg.norm(found.embeddings, axis=1), 1, rtol=1e-5)
    assert steps[-1] == (len(demo), len(demo))
    assert steps == sorted(steps)


def test_the_second_time_maps_what_was_computed(tiny_model, demo, monkeypatch):
    assert load_predictions(tiny_model, demo) is None
    first = predict_dataset(tiny_model, demo)
    forbid_computing(monkeypatch)
    steps = []
    second = predict_dataset(tiny_model, demo, progress=lambda *step: steps.append(step))
    np.testing.assert_array_equal(first.logits, second.logits)
    np.testing.assert_array_equal(first.embeddings, second.embeddings)
    assert isinstance(second.logits, np.memmap)
    assert isinstance(second.embeddings, np.memmap)
    assert not second.logits.flags.writeable
    assert steps == [(len(demo), len(demo))]


def test_every_model_and_data_set_has_its_own_entry(tiny_model, demo, tmp_path):
    half = demo.subset(np.arange(len(demo)) < 10)
    other = shutil.copytree(tiny_model, tmp_path / "other")
    card = json.loads((other / "card.json").read_text())
    card["files"][LITERT_FILE] = "0" * 64
    (other / "card.json").write_text(json.dumps(card))
    folders = {predictions_key(tiny_model, each).folder for each in (demo, half)}
    assert len(folders | {predictions_key(other, demo).folder}) == 3


@pytest.mark.parametrize("count", [1, predict.BATCH, predict.BATCH + 1])
def test_any_number_of_images(tiny_model, demo, count):
    found = predict_dataset(tiny_model, demo.subset(np.arange(count)))
    assert len(found.logits) == len(found.embeddings) == count


def test_images_of_one_grey(tiny_model):
    found = predict_dataset(tiny_model, dataset_of(np.full((3, 48, 48), 255, np.uint8)))
    assert np.isfinite(found.logits).all()
    assert np.isfinite(found.embeddings).all()


def test_what_progress_raises_ends_the_work_and_leaves_nothing(tiny_model, demo, cache):
    def cancel(done, _total):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_dataset(tiny_model, demo, progress=cancel)
    assert not cache.exists()


@pytest.mark.parametrize("name", ["logits.npy", "embeddings.npy", "meta.json"])
def test_a_damaged_entry_is_computed_again(tiny_model, demo, name):
    first = np.array(predict_dataset(tiny_model, demo).logits)
    file = predictions_key(tiny_model, demo).folder / name
    file.write_bytes(file.read_bytes()[:20])
    assert load_predictions(tiny_model, demo) is None
    np.testing.assert_array_equal(predict_dataset(tiny_model, demo).logits, first)


def test_an_entry_of_other_size_is_computed_again(tiny_model, demo):
    predict_dataset(tiny_model, demo)
    np.save(predictions_key(tiny_model, demo).folder / "logits.npy", np.zeros((2, 7), np.float32))
    assert load_predictions(tiny_model, demo) is None


def test_a_cache_that_cannot_be_written_costs_only_time(tiny_model, demo, cache, caplog):
    cache.parent.mkdir()
    cache.write_text("a file where the folder should be")
    assert len(predict_dataset(tiny_model, demo).logits) == len(demo)
    assert "predictions are not cached" in caplog.text


def test_a_model_without_embeddings_still_predicts(tiny_model, demo, monkeypatch):
    def refuse(_):
        raise ModelError("this model has no embeddings: so it is")

    monkeypatch.setattr(predict, "with_embeddings", refuse)
    for _ in range(2):  # computed, then from the cache
        found = predict_dataset(tiny_model, demo)
        assert found.logits.shape == (len(demo), 7)
        assert found.embeddings is None
        assert found.why_no_embeddings == "this model has no embeddings: so it is"


def test_a_damaged_model_is_refused(tiny_model, demo, tmp_path, cache):
    broken = shutil.copytree(tiny_model, tmp_path / "broken")
    (broken / LITERT_FILE).write_bytes(b"no model")
    with pytest.raises(ModelError, match="is not the file its card describes"):
        predict_dataset(broken, demo)
    assert not cache.exists()


def test_the_entry_used_longest_ago_goes_first(tiny_model, demo, cache, monkeypatch):
    monkeypatch.setattr(disk_cache, "MOST_BYTES", 1200)  # room for two
    parts = [demo.subset(np.arange(count)) for count in (3, 4, 5)]
    for age, part in zip((30, 20), parts, strict=False):
        predict_dataset(tiny_model, part)
        folder = predictions_key(tiny_model, part).folder
        os.utime(folder, (folder.stat().st_atime, folder.stat().st_mtime - age))
    assert load_predictions(tiny_model, parts[0]) is not None  # used now
    predict_dataset(tiny_model, parts[2])
    left = [load_predictions(tiny_model, part) is not None for part in parts]
    assert left == [True, False, True]
    assert len(list(cache.iterdir())) == 2
