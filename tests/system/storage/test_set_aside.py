from __future__ import annotations

import time
from pathlib import Path

import pytest

from emotion_core.system.storage.leftovers import sweep
from emotion_core.system.storage.set_aside import SetAside


@pytest.fixture
def thing(tmp_path: Path) -> Path:
    path = tmp_path / "all" / "thing"
    path.mkdir(parents=True)
    (path / "file.txt").write_text("content")
    return path


def test_what_is_set_aside_is_hidden_and_can_be_taken_back(thing):
    aside = SetAside(thing)
    assert not thing.exists()
    assert all(each.name.startswith(".thing-") for each in thing.parent.iterdir())
    sweep(thing.parent)  # another program starts meanwhile
    assert aside.there
    aside.take_back()
    assert (thing / "file.txt").read_text() == "content"
    assert list(thing.parent.iterdir()) == [thing]
    assert not aside.there
    with pytest.raises(FileNotFoundError):
        aside.take_back()


def test_it_is_gone_after_its_time(thing):
    aside = SetAside(thing, 0.01)
    deadline = time.monotonic() + 30
    while list(thing.parent.iterdir()):
        assert time.monotonic() < deadline, f"left: {list(thing.parent.iterdir())}"
        time.sleep(0.01)
    assert not aside.there
    aside.forget()


def test_it_is_gone_with_its_object(thing):
    aside = SetAside(thing)
    assert list(thing.parent.iterdir())
    del aside
    assert list(thing.parent.iterdir()) == []


def test_what_a_killed_process_leaves_is_removed_at_the_next_start(thing):
    aside = SetAside(thing)
    aside._reserved._lock.release()  # as the system does for it
    sweep(thing.parent)
    assert list(thing.parent.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        aside.take_back()
    aside.forget()


def test_what_cannot_be_moved_back_can_be_tried_again(thing):
    aside = SetAside(thing)
    thing.mkdir()
    (thing / "other").touch()
    with pytest.raises(OSError, match=r"thing"):
        aside.take_back()
    assert aside.there
    (thing / "other").unlink()
    aside.take_back()
    assert (thing / "file.txt").is_file()
