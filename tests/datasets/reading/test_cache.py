from __future__ import annotations

import errno
import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from emotion_core.datasets import open_dataset
from emotion_core.datasets.reading import cache
from emotion_core.datasets.reading.csv_reader import CsvSource
from emotion_core.system.storage import disk_cache
from emotion_core.system.storage.folders import PROJECT

ARRAYS = ("images", "labels", "splits", "rows", "votes")


@pytest.fixture
def path(write_lines, good_lines):
    return write_lines(good_lines)


@pytest.fixture
def forbid_reading(monkeypatch):
    """Make every read of a CSV file fail: what comes back then came from the cache."""

    def refuse(source: CsvSource, **_options):
        raise AssertionError(f"{source.name} was read again")

    return lambda: monkeypatch.setattr("emotion_core.datasets.opening.read_csv", refuse)


def entries(cache_folder):
    return sorted((cache_folder / "datasets").iterdir())


def assert_equal(first, second):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert (first.name, first.dropped_rows) == (second.name, second.dropped_rows)


@pytest.mark.parametrize("with_votes", [False, True])
def test_reopening_maps_what_was_read(path, write_lines, vote_lines, forbid_reading, with_votes):
    if with_votes:
        write_lines(vote_lines, "fer2013new.csv")
    first = open_dataset(path)
    forbid_reading()
    shares = []
    second = open_dataset(path, progress=shares.append)
    assert_equal(first, second)
    assert isinstance(second.images, np.memmap)
    assert second.known_fingerprint == first.fingerprint
    assert shares == [1.0]


def test_what_is_returned_is_read_only_the_first_time_too(path):
    for dataset in (open_dataset(path), open_dataset(path)):
        for array in (dataset.images, dataset.labels, dataset.splits, dataset.rows):
            assert not array.flags.writeable


def test_dropped_rows_are_remembered(write_lines, good_lines, forbid_reading):
    path = write_lines([*good_lines, "bad"])
    assert open_dataset(path, skip_bad_rows=True).dropped_rows == 1
    forbid_reading()
    assert open_dataset(path, skip_bad_rows=True).dropped_rows == 1
    with pytest.raises(AssertionError, match="read again"):  # the strict reading is another entry
        open_dataset(path)


def test_a_refused_file_leaves_nothing_behind(write_lines, cache_folder):
    with pytest.raises(Exception, match="bad line"):
        open_dataset(write_lines(["emotion,pixels", "3,1"]))
    assert not cache_folder.exists()


def test_a_changed_file_is_read_again_and_replaces_its_entry(path, good_lines, cache_folder):
    open_dataset(path)
    before = entries(cache_folder)
    path.write_text("\n".join(good_lines[:4]))
    assert len(open_dataset(path)) == 3
    after = entries(cache_folder)
    assert len(after) == 1
    assert after != before


def test_a_file_of_the_same_size_and_another_time_is_read_again(path):
    assert open_dataset(path).labels[0] == 0
    text = path.read_text().replace("\n0,", "\n6,")
    path.write_text(text)
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))
    assert open_dataset(path).labels[0] == 6


def test_changed_votes_are_read_again(path, write_lines, vote_lines):
    assert open_dataset(path).votes is None
    write_lines(vote_lines, "fer2013new.csv")
    assert open_dataset(path).votes[0, 1] == 10
    changed = [line.replace(",0,10,", ",1,9,") for line in vote_lines]
    votes_path = write_lines([*changed, ""], "fer2013new.csv")
    assert open_dataset(path).votes[0, 1] == 9
    votes_path.unlink()
    assert open_dataset(path).votes is None


def test_the_same_file_by_another_way_is_the_same_entry(path, forbid_reading, monkeypatch):
    open_dataset(path)
    forbid_reading()
    monkeypatch.chdir(path.parent)
    assert len(open_dataset("fer2013.csv")) == 6


def test_a_changed_picture_folder_is_read_again(tmp_path, faces):
    import cv2

    folder = tmp_path / "pictures"
    (folder / "train" / "sad").mkdir(parents=True)
    cv2.imwrite(str(folder / "train" / "sad" / "1.png"), faces[0])
    first = open_dataset(folder)
    second = open_dataset(folder)
    assert isinstance(second.images, np.memmap)
    np.testing.assert_array_equal(first.images, second.images)
    cv2.imwrite(str(folder / "train" / "sad" / "2.png"), faces[1])
    assert len(open_dataset(folder)) == 2


def test_another_reader_version_does_not_trust_the_entry(path, forbid_reading, monkeypatch):
    open_dataset(path)
    forbid_reading()
    monkeypatch.setattr(cache, "READER_VERSION", cache.READER_VERSION + 1)
    with pytest.raises(AssertionError, match="read again"):
        open_dataset(path)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def scramble(file: Path) -> None:
    file.write_bytes(b"\xff" * len(file.read_bytes()))


@pytest.mark.parametrize("damage", [cut, empty, scramble, Path.unlink])
@pytest.mark.parametrize("file", [*(f"{name}.npy" for name in ARRAYS), "meta.json"])
def test_a_damaged_entry_is_rebuilt_in_silence(
    path, write_lines, vote_lines, cache_folder, caplog, file, damage
):
    write_lines(vote_lines, "fer2013new.csv")
    first = open_dataset(path)
    [entry] = entries(cache_folder)
    if (file, damage) == ("meta.json", cut):
        damage = empty  # without its last line end it is still whole
    damage(entry / file)
    assert_equal(open_dataset(path), first)
    assert isinstance(open_dataset(path).images, np.memmap)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "meta", ["[]", "{}", '{"has_votes": true, "name": "x", "dropped_rows": 0, "fingerprint": "f"}']
)
def test_a_strange_meta_file_is_rebuilt(path, cache_folder, meta):
    first = open_dataset(path)
    [entry] = entries(cache_folder)
    (entry / "meta.json").write_text(meta)
    assert_equal(open_dataset(path), first)
    assert json.loads((entry / "meta.json").read_text())["name"] == "fer2013.csv"


def test_arrays_that_do_not_fit_are_rebuilt(path, cache_folder):
    first = open_dataset(path)
    [entry] = entries(cache_folder)
    np.save(entry / "labels.npy", np.zeros(3, np.uint8))
    assert_equal(open_dataset(path), first)


def test_an_entry_never_runs_code(path, cache_folder):
    first = open_dataset(path)
    [entry] = entries(cache_folder)
    np.save(entry / "labels.npy", np.array([print]), allow_pickle=True)
    assert_equal(open_dataset(path), first)


def test_without_the_cache_nothing_is_written(path, cache_folder):
    open_dataset(path, use_cache=False)
    assert not cache_folder.exists()


def test_a_folder_that_cannot_be_written_costs_only_a_warning(path, cache_folder, caplog, faces):
    cache_folder.write_text("a file where the folder should be")
    dataset = open_dataset(path)
    np.testing.assert_array_equal(dataset.images, faces)
    assert "fer2013.csv is not cached, reading it stays slow:" in caplog.text


def test_a_full_disk_costs_only_a_warning(path, cache_folder, caplog, faces, monkeypatch):
    save = np.save

    def save_until_full(file, array, **options):
        if Path(file).name == "splits.npy":
            raise OSError(errno.ENOSPC, "No space left on device")
        save(file, array, **options)

    monkeypatch.setattr(np, "save", save_until_full)
    np.testing.assert_array_equal(open_dataset(path).images, faces)
    assert "No space left on device" in caplog.text
    assert entries(cache_folder) == []


def test_what_a_killed_process_left_is_cleared_after_a_day(path, cache_folder):
    open_dataset(path)
    [entry] = entries(cache_folder)
    left, at_work = (entry.with_name(f".{entry.name}-{name}") for name in ("left", "at_work"))
    left.mkdir()
    at_work.mkdir()
    two_days_ago = time.time() - 2 * 24 * 60 * 60
    os.utime(left, (two_days_ago, two_days_ago))
    path.write_bytes(path.read_bytes() + b"\n")
    open_dataset(path)
    assert not left.exists()
    assert at_work.exists()


OPEN_AGAIN_AND_AGAIN = """
import shutil, sys
from pathlib import Path
from emotion_core.datasets import open_dataset
from emotion_core.system.storage.folders import cache_dir
print("ready", flush=True)
sys.stdin.readline()
for turn in range(30):
    dataset = open_dataset(sys.argv[1])
    assert dataset.labels.tolist() == [0, 1, 2, 3, 4, 5], dataset.labels
    assert int(dataset.images.sum()) == int(sys.argv[2])
    if turn % 3 == 2:  # so that both have to write again
        shutil.rmtree(cache_dir() / "datasets", ignore_errors=True)
print("done", flush=True)
"""


def test_two_processes_at_once(path, faces, cache_folder):
    command = [sys.executable, "-c", OPEN_AGAIN_AND_AGAIN, str(path), str(faces.sum())]
    processes = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert (process.returncode, output) == (0, "done\n"), errors
    assert len(open_dataset(path)) == 6
    [entry] = entries(cache_folder)
    assert not entry.name.startswith(".")


def test_another_process_that_was_faster(path, caplog, monkeypatch):
    """Both found no entry; this one fails to put its own into place."""
    first = open_dataset(path)
    load, calls = disk_cache.load, []

    def load_nothing_at_first(key, read):
        calls.append(key)
        return None if len(calls) == 1 else load(key, read)

    def refuse(*_paths):
        raise OSError(errno.ENOTEMPTY, "Directory not empty")

    monkeypatch.setattr(disk_cache, "load", load_nothing_at_first)
    monkeypatch.setattr("emotion_core.system.storage.files.os.replace", refuse)
    assert_equal(open_dataset(path), first)
    assert len(calls) == 2
    assert caplog.text == ""
