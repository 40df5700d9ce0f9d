from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from emotion_core.datasets import open_dataset
from emotion_core.datasets.own import samples as own_samples
from emotion_core.datasets.own import storage as own_data
from emotion_core.datasets.own.dataset import open_own_dataset
from emotion_core.datasets.own.samples import (
    add_samples,
    moved_to,
    next_sitting,
    read_samples,
    relabel_samples,
    remove_samples,
    restore_samples,
    sitting_at,
    sitting_filmed,
    split_of_sitting,
    stored_samples,
)
from emotion_core.datasets.own.storage import create_own_dataset, delete_own_dataset
from emotion_core.errors import DatasetError

NOW = datetime(2026, 5, 22, 10, 15, tzinfo=UTC)


def full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_whole_sittings_are_kept_for_checking():
    splits = [split_of_sitting(sitting) for sitting in range(1, 13)]
    assert [place for place, split in enumerate(splits, start=1) if split == "PublicTest"] == [
        2,
        7,
        12,
    ]
    assert set(splits) == {"Training", "PublicTest"}


def test_a_pause_ends_a_sitting(me, filled):
    assert (sitting_at(me, NOW), next_sitting(me)) == (1, 1)
    last = filled.samples[-1].time
    assert last is not None
    assert sitting_at(filled, last + timedelta(minutes=29)) == 2
    assert sitting_at(filled, last + timedelta(minutes=31)) == 3
    assert next_sitting(filled) == 3


def test_a_person_who_comes_again_after_another_continues_the_newest(filled, faces):
    """Time decides, not the number: sitting 1 may be added to after sitting 2."""
    again = filled.samples[-1].time + timedelta(minutes=5)
    filled = add_samples(filled, faces[:1], "fear", source="camera", sitting=1, now=again)
    assert sitting_at(filled, again) == 1


def test_faces_of_one_session_are_one_sitting_whenever_they_are_added(filled, faces):
    """Else near-copies of one face would lie in both splits."""
    start, end = NOW - timedelta(days=3), NOW - timedelta(days=3) + timedelta(minutes=10)
    assert sitting_filmed(filled, start, end) == 3
    filmed = start + timedelta(minutes=1)
    filled = add_samples(filled, faces[:1], "sad", source="video", sitting=3, now=filmed)
    assert sitting_filmed(filled, start, end) == 3
    assert sitting_filmed(filled, end + timedelta(hours=1), end + timedelta(hours=2)) == 4
    late = NOW + timedelta(days=9)
    filled = add_samples(filled, faces[:1], "sad", source="video", sitting=4, now=late)
    assert sitting_at(filled, late) == 5  # of the camera: none goes on


def test_relabelled_samples_move(filled, faces):
    after = relabel_samples(filled, filled.samples[1:3], "neutral")
    assert [sample.emotion for sample in after.samples] == [
        "happy",
        "neutral",
        "neutral",
        "sad",
        "sad",
    ]
    assert [(sample.sitting, sample.time) for sample in after.samples] == [
        (sample.sitting, sample.time) for sample in filled.samples
    ]
    np.testing.assert_array_equal(read_samples(after, after.samples), faces[:5])
    assert relabel_samples(after, after.samples[:1], "happy") == after
    with pytest.raises(DatasetError, match="is gone: somebody has just moved or removed it"):
        relabel_samples(filled, [filled.samples[0], filled.samples[1]], "fear")
    table = pd.read_csv(filled.folder / "samples.csv")  # tells of the one that was moved before
    assert table["emotion"].tolist() == ["fear", "neutral", "neutral", "sad", "sad"]
    with pytest.raises(ValueError, match="expected one of angry"):
        relabel_samples(after, after.samples, "contempt")


def test_a_picture_of_the_same_name_is_not_overwritten(filled):
    for emotion in ("fear", "angry"):
        folder = filled.folder / "Training" / emotion
        folder.mkdir()
        assert cv2.imwrite(str(folder / "1.png"), np.full((48, 48), 7, np.uint8))
    by_hand = open_own_dataset(filled.folder)
    moved = [sample for sample in by_hand.samples if sample.emotion == "fear"]
    assert (moved[0].source, moved[0].sitting, moved[0].time) == ("file", 0, None)
    with pytest.raises(DatasetError, match="is there already"):
        relabel_samples(by_hand, moved, "angry")
    assert len(open_dataset(filled.folder)) == 7


def test_removed_samples_come_back_as_they_were(filled):
    gone = filled.samples[:2]
    (filled.folder / gone[0].file).write_bytes(b"damaged")
    stored = stored_samples(filled, gone)
    without = remove_samples(filled, gone)
    assert restore_samples(without, stored) == filled
    assert (filled.folder / gone[0].file).read_bytes() == b"damaged"
    shutil.rmtree(filled.folder)
    with pytest.raises(DatasetError, match="found none"):
        restore_samples(without, stored)
    assert not filled.folder.exists()
    assert stored_samples(filled, gone) == {}


def test_relabelled_samples_are_found_where_they_moved(filled):
    sample = filled.samples[0]
    relabelled = relabel_samples(filled, [sample], "disgust")
    assert moved_to(sample, "disgust") in relabelled.samples
    assert relabel_samples(relabelled, [moved_to(sample, "disgust")], sample.emotion) == filled


def test_removed_samples_are_gone(filled):
    after = remove_samples(filled, filled.samples[:2])
    assert len(after.samples) == 3
    assert len(pd.read_csv(after.folder / "samples.csv")) == 3
    assert sorted(path.suffix for path in after.folder.rglob("*") if path.is_file()) == [
        *(".csv", ".json", ".png", ".png", ".png")
    ]
    assert remove_samples(filled, filled.samples[:2]) == after  # twice does no harm
    assert read_samples(filled, filled.samples)[:2] == [None, None]


def test_a_full_disk_leaves_what_was_there(filled, faces, monkeypatch):
    before = sorted(filled.folder.rglob("*"))
    real, calls = Path.write_bytes, []

    def write_bytes(path: Path, content: bytes) -> int:
        calls.append(path)
        if len(calls) == 3:
            real(path, content[:100])
            full_disk()
        return real(path, content)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(
        DatasetError, match=r"me cannot be written \(No space left on device\); free up"
    ):
        add_samples(filled, faces, "sad", source="camera", sitting=1)
    assert len(calls) == 3
    assert sorted(filled.folder.rglob("*")) == before
    assert open_own_dataset(filled.folder) == filled


def test_a_disk_that_is_full_for_the_table(filled, faces, monkeypatch):
    for module in (own_data, own_samples):
        monkeypatch.setattr(module, "samples_table", full_disk)
    with pytest.raises(DatasetError, match="cannot be written"):
        add_samples(filled, faces, "sad", source="camera", sitting=1)
    assert open_own_dataset(filled.folder) == filled
    with pytest.raises(DatasetError, match="cannot be written"):
        create_own_dataset(filled.folder.parent, "you", "")
    assert not (filled.folder.parent / "you").exists()


def keep_adding(folder: Path) -> None:
    dataset = open_own_dataset(folder)
    crops = np.random.default_rng(0).integers(0, 256, (20, 48, 48)).astype(np.uint8)
    while True:
        add_samples(dataset, crops, "happy", source="camera", sitting=1)


def test_a_killed_process_leaves_whole_samples(me):
    process = multiprocessing.get_context("spawn").Process(target=keep_adding, args=(me.folder,))
    process.start()
    deadline = time.monotonic() + 60
    while len(open_own_dataset(me.folder).samples) < 30 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.join()
    after = open_own_dataset(me.folder)
    assert len(after.samples) >= 30
    assert len(open_dataset(me.folder)) == len(after.samples)  # refuses damaged pictures
    delete_own_dataset(me.folder.parent, "me")  # what was about to be written goes as well
    assert not me.folder.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"crops": np.zeros((1, 47, 48), np.uint8)},
        {"crops": np.zeros((1, 48, 48), np.float32)},
        {"crops": np.zeros((48, 48), np.uint8)},
        {"emotion": "contempt"},
        {"source": "web"},
        {"sitting": 0},
    ],
)
def test_what_is_no_sample(me, change):
    sample = {
        **{"crops": np.zeros((1, 48, 48), np.uint8), "emotion": "sad"},
        **{"source": "camera", "sitting": 1},
    }
    with pytest.raises(ValueError, match="expected"):
        add_samples(me, **(sample | change))
    assert open_own_dataset(me.folder) == me


def test_no_sample_at_all(me):
    assert add_samples(me, np.empty((0, 48, 48), np.uint8), "sad", source="crop", sitting=1) == me


def test_nothing_is_added_to_a_deleted_one(me, faces):
    delete_own_dataset(me.folder.parent, "me")
    with pytest.raises(DatasetError, match=r"expected a dataset with dataset\.json, found none"):
        add_samples(me, faces, "sad", source="camera", sitting=1)
    assert not me.folder.exists()


def test_a_picture_that_was_damaged_later(filled):
    (filled.folder / filled.samples[0].file).write_bytes(b"")
    first, second, *_ = read_samples(filled, filled.samples)
    assert first is None
    assert second is not None


def test_a_sample_that_is_removed_while_the_folder_is_read(filled, monkeypatch):
    """Any number of processes may work on one dataset."""
    scan = os.scandir

    @contextlib.contextmanager
    def removing(folder):
        with scan(folder) as entries:
            entries = list(entries)
        for entry in entries:
            if entry.name == filled.samples[0].file.rsplit("/", 1)[1]:
                Path(entry.path).unlink()
        yield entries

    monkeypatch.setattr(os, "scandir", removing)
    assert open_own_dataset(filled.folder).samples == filled.samples[1:]
