from __future__ import annotations

import errno
import logging
import os
import shutil
import time
from pathlib import Path

import pytest

from emotion_core.errors import DatasetError
from emotion_core.system.storage import disk_cache
from emotion_core.system.storage.disk_cache import CacheKey, load, store


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def key_of(source, kind="maps", version=1, state=()):
    return CacheKey(kind, version, (source,), state)


def read(folder: Path) -> str:
    return (folder / "text").read_text()


def keep(key, text="hello"):
    return store(key, lambda folder: (folder / "text").write_text(text), read, lost="lost")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_stored_is_found_until_something_of_its_key_differs():
    assert load(key_of("a"), read) is None
    assert keep(key_of("a")) == "hello"
    assert load(key_of("a"), read) == "hello"
    others = [key_of("b"), key_of("a", kind="datasets"), key_of("a", version=2)]
    assert [load(key, read) for key in [*others, key_of("a", state=(1,))]] == [None] * 4


def test_an_entry_of_another_state_or_version_is_outdated():
    other = key_of("b")
    keep(other)
    for key in (key_of("a", state=(1,)), key_of("a", state=(2,)), key_of("a", version=2)):
        keep(key)
        assert names(key.folder.parent) == {key.folder.name, other.folder.name}


@pytest.mark.parametrize(
    "error", [OSError, EOFError, ValueError, KeyError, TypeError, DatasetError]
)
def test_a_damaged_entry_is_replaced(error, caplog):
    key = key_of("a")
    keep(key, "damaged")

    def read_carefully(folder: Path) -> str:
        if read(folder) == "damaged":
            raise error("damaged")
        return read(folder)

    with caplog.at_level(logging.INFO):
        assert load(key, read_carefully) is None
    assert "is damaged and will be made again: " in caplog.text
    keep(key, "sound")
    assert load(key, read_carefully) == "sound"
    assert names(key.folder.parent) == {key.folder.name}


def test_what_was_used_longest_ago_goes_first_whatever_its_kind(monkeypatch):
    monkeypatch.setattr(disk_cache, "MOST_BYTES", 25)
    old, older, oldest = key_of("a"), key_of("b", kind="datasets"), key_of("c")
    for age, key in ((10, old), (20, older), (30, oldest)):
        keep(key, "x" * 8)
        os.utime(key.folder, (time.time() - age, time.time() - age))
    assert load(oldest, read) is not None  # used now
    newest = key_of("d", kind="robustness")
    keep(newest, "x" * 8)
    left = [load(key, read) is not None for key in (old, older, oldest, newest)]
    assert left == [True, False, True, True]


def test_one_that_is_larger_than_all_room_is_kept_alone(monkeypatch):
    monkeypatch.setattr(disk_cache, "MOST_BYTES", 25)
    keep(key_of("a"))
    assert keep(key_of("b"), "x" * 100) == "x" * 100
    assert load(key_of("a"), read) is None


def test_somebody_deletes_everything_while_an_entry_is_written(cache, caplog):
    tries = []

    def write(folder: Path) -> None:
        tries.append(folder)
        if len(tries) < 3:
            shutil.rmtree(cache)
        (folder / "text").write_text("hello")

    assert store(key_of("a"), write, read, lost="lost") == "hello"
    assert caplog.text == ""


def test_somebody_deletes_everything_again_and_again(cache, caplog):
    def write(folder: Path) -> None:
        shutil.rmtree(cache)
        (folder / "text").write_text("hello")

    assert store(key_of("a"), write, read, lost="the answer is lost") is None
    assert "the answer is lost: [Errno 2]" in caplog.text


def test_another_process_makes_the_entry_and_a_third_one_forgets_it(monkeypatch, caplog):
    """Just while this one puts its own in place: to the system there was something in the way."""
    rename, calls = Path.rename, []

    def rename_with_rivals(path: Path, target: Path) -> Path:
        calls.append(path)
        if len(calls) == 1:
            raise OSError(errno.ENOTEMPTY, "Directory not empty")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", rename_with_rivals)
    assert keep(key_of("a")) == "hello"
    assert caplog.text == ""


def test_the_folder_goes_while_room_is_made(cache, monkeypatch):
    """It was there when asked for, and gone when listed: this ended the process once."""
    monkeypatch.setattr(Path, "is_dir", lambda _: True)
    make_room = disk_cache._make_room

    def delete_and_make_room(newest: Path) -> None:
        shutil.rmtree(cache)
        make_room(newest)

    monkeypatch.setattr(disk_cache, "_make_room", delete_and_make_room)
    assert keep(key_of("a")) is None


def test_what_another_process_is_writing_stays(cache):
    at_work = cache / "maps" / f".{key_of('a').folder.name}-at_work"
    left = at_work.with_name(f".{key_of('b').folder.name}-left")
    being_deleted = cache / "datasets" / ".deleted-0123456789abcdef"
    for folder in (at_work, left, being_deleted):
        folder.mkdir(parents=True)
        (folder / "half").touch()
    two_days_ago = time.time() - 2 * 24 * 60 * 60
    os.utime(left, (two_days_ago, two_days_ago))
    for source in "abc":
        keep(key_of(source))
    assert at_work.exists()
    assert not left.exists()
    assert not being_deleted.exists()


def test_caches_of_earlier_versions_are_cleared_and_what_is_others_stays(cache):
    """The folders as they were before there was one cache for all."""
    first, second = "0123456789abcdef0123", "3210fedcba9876543210"
    predictions = cache / "predictions" / f"{first}-{second}-1"
    predictions.mkdir(parents=True)
    for name in ("logits.npy", "embeddings.npy", "meta.json", "map-1.npy"):
        (predictions / name).touch()
    robustness = cache / "robustness" / f"{first}-{second}-7178-1.json"
    robustness.parent.mkdir()
    robustness.write_text("{}")
    dataset = cache / "datasets" / f"{first}-{second}"
    dataset.mkdir(parents=True)
    others = [cache / "datasets" / "mine.csv", cache / "notes", cache / "maps" / ".hidden"]
    keep(key_of("a"))
    for path in others:
        path.write_text("not of the cache")
    keep(key_of("b"))
    assert not predictions.exists()
    assert not robustness.exists()
    assert dataset.exists()  # an entry like those of today: it goes when room is needed
    assert all(path.exists() for path in others)
