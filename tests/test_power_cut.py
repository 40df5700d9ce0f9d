"""Files that a power cut has torn or filled with zeros are made again or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emotion_core.datasets import FaceDataset, open_dataset
from emotion_core.datasets.own.samples import add_samples, read_samples
from emotion_core.datasets.own.storage import create_own_dataset, own_data_dir
from emotion_core.datasets.reading import cache
from emotion_core.errors import DatasetError, EmotionCoreError, ModelError, TrainingError
from emotion_core.judging.predictions.predict import predict_dataset, predictions_key
from emotion_core.judging.robustness.curves import RobustnessCurves
from emotion_core.models.folder import LITERT_FILE, load_card, read_model_file
from emotion_core.sessions.edits.marks import add_mark, read_marks
from emotion_core.sessions.storage import open_session
from emotion_core.sessions.tables import read_tables
from emotion_core.system.storage import disk_cache
from emotion_core.system.storage.disk_cache import CacheKey
from emotion_core.system.storage.files import write_json
from emotion_core.training.fitting.checkpoint import Checkpoint, Origin, read_checkpoint
from emotion_core.training.progress import CHECKPOINT_FILE, METRICS_FILE, EpochMetrics, read_epochs
from tests.model_files import add_model_folder
from tests.sessions.recordings import record

Damage = Callable[[bytes], bytes]


def zeros(start: float, end: float) -> Damage:
    def damage(content: bytes) -> bytes:
        first, last = int(start * len(content)), max(1, round(end * len(content)))
        first = min(first, last - 1)
        return content[:first] + bytes(last - first) + content[last:]

    return damage


DAMAGES: dict[str, Damage] = {
    "all zeros": zeros(0, 1),
    "zeros at the beginning": zeros(0, 0.3),
    "zeros in the middle": zeros(0.4, 0.6),
    "zeros at the end": zeros(0.7, 1),
    "torn": lambda content: content[: len(content) * 2 // 3],
    "empty": lambda _: b"",
}
every_damage = pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))


def hurt(path: Path, damage: Damage) -> bool:
    """Damage a file, and tell whether anything of it has changed."""
    content = path.read_bytes()
    path.write_bytes(damage(content))
    return path.read_bytes() != content


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))


@every_damage
@pytest.mark.parametrize("file", ["images", "labels", "splits", "rows", "meta", "checksums"])
def test_a_cached_data_set(demo: FaceDataset, file: str, damage: Damage) -> None:
    key = cache.dataset_key(("csv", "faces.csv"), ())
    cache.store(key, demo)
    (path,) = key.folder.glob(f"{file}.*")
    if hurt(path, damage):
        assert cache.load(key) is None
    cache.store(key, demo)  # in place of the damaged one
    again = cache.load(key)
    assert again is not None
    np.testing.assert_array_equal(again.images, demo.images)


@every_damage
@pytest.mark.parametrize("file", ["logits.npy", "embeddings.npy", "meta.json"])
def test_cached_predictions(demo: FaceDataset, tiny_model: Path, file: str, damage: Damage) -> None:
    few = demo.subset(np.arange(0, len(demo), 7))
    expected = predict_dataset(tiny_model, few, threads=1)
    logits = np.array(expected.logits)
    del expected
    assert hurt(predictions_key(tiny_model, few).folder / file, damage)
    np.testing.assert_array_equal(predict_dataset(tiny_model, few, threads=1).logits, logits)


@every_damage
def test_cached_curves(damage: Damage) -> None:
    key = CacheKey("robustness", 1, ("faces",))
    curves = RobustnessCurves(10, 10, 0, 5, ())

    def read(folder: Path) -> RobustnessCurves:
        return RobustnessCurves.from_json(json.loads((folder / "curves.json").read_text("utf-8")))

    stored = disk_cache.store(
        key, lambda folder: write_json(folder / "curves.json", curves.to_json()), read, lost="lost"
    )
    assert stored == curves
    assert hurt(key.folder / "curves.json", damage)
    assert disk_cache.load(key, read) is None


def test_a_change_is_seen_by_a_process_that_has_compared_before(
    demo: FaceDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checksums are compared once a process, and again when the file's time or size differs."""
    monkeypatch.setattr(disk_cache, "_SETTLED_AFTER_SECONDS", -1.0)
    key = cache.dataset_key(("csv", "faces.csv"), ())
    cache.store(key, demo)
    assert cache.load(key) is not None
    with monkeypatch.context() as patch:
        patch.setattr(disk_cache, "_checksum", lambda path: pytest.fail(f"{path} is read again"))
        assert cache.load(key) is not None
    (key.folder / "images.npy").write_bytes(b"another size")
    assert cache.load(key) is None


def test_an_entry_of_an_earlier_version_is_made_again(demo: FaceDataset) -> None:
    key = cache.dataset_key(("csv", "faces.csv"), ())
    cache.store(key, demo)
    (key.folder / "checksums.json").unlink()
    assert cache.load(key) is None


def epoch(number: int) -> EpochMetrics:
    return EpochMetrics(number, 1e-3, 1.5, 0.4, 0.5, 0.3, 1.4, 900.0, 2.0)


@every_damage
def test_a_checkpoint(tmp_path: Path, damage: Damage) -> None:
    weights = tuple(np.random.default_rng(0).random((3, 50, 50), np.float32))
    Checkpoint(weights, weights, 1, (epoch(1),), Origin("data")).write(tmp_path)
    assert read_checkpoint(tmp_path).best_epoch == 1
    assert hurt(tmp_path / CHECKPOINT_FILE, damage)
    with pytest.raises(TrainingError, match="damaged"):
        read_checkpoint(tmp_path)


@every_damage
def test_the_figures_of_epochs(tmp_path: Path, damage: Damage) -> None:
    lines = [json.dumps(vars(epoch(number))) for number in range(1, 20)]
    (tmp_path / METRICS_FILE).write_text("\n".join(lines) + "\n")
    hurt(tmp_path / METRICS_FILE, damage)
    found = read_epochs(tmp_path)
    assert list(found) == [epoch(number) for number in range(1, len(found) + 1)]
    assert len(found) < 19


@every_damage
def test_a_model(library: Path, damage: Damage) -> None:
    folder = add_model_folder(library / "mine")
    assert hurt(folder / LITERT_FILE, damage)
    with pytest.raises(ModelError, match="other checksum"):
        read_model_file(folder, load_card(folder), LITERT_FILE)


@every_damage
def test_own_faces(damage: Damage) -> None:
    dataset = create_own_dataset(own_data_dir(), "me", "yes")
    faces = np.random.default_rng(0).integers(0, 256, (1, 48, 48), np.uint8)
    dataset = add_samples(dataset, faces, "happy", source="camera", sitting=1)
    assert hurt(dataset.folder / dataset.samples[0].file, damage)
    assert read_samples(dataset, dataset.samples) == [None]
    with pytest.raises(DatasetError):
        open_dataset(dataset.folder)


@every_damage
def test_edits_of_a_session(tmp_path: Path, damage: Damage) -> None:
    session = record(tmp_path, [(number / 10, {1: "happy"}) for number in range(40)])
    for number in range(20):
        add_mark(session, number / 10, f"mark {number}")
    sound = read_marks(session)
    assert hurt(session.folder / "edits.jsonl", damage)
    try:
        found = read_marks(session)
    except EmotionCoreError:
        return  # refused, in words
    assert found == sound[: len(found)]


@every_damage
@pytest.mark.parametrize("file", ["frames.csv", "faces.csv", "session.json"])
def test_a_session(tmp_path: Path, file: str, damage: Damage) -> None:
    frames = [(number / 10, {1: "happy"}) for number in range(40)]
    folder = record(tmp_path, frames).folder
    sound = read_tables(folder)
    assert hurt(folder / file, damage)
    try:
        session = open_session(folder)
        found = read_tables(folder)
    except EmotionCoreError:
        return  # refused, in words
    assert session.folder == folder
    for table, whole in zip(found, sound, strict=True):  # what is there is what was recorded
        assert len(table) <= len(whole)
        assert table.astype(str).equals(whole.iloc[: len(table)].astype(str))
