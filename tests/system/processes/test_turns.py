"""Whose task is next: theirs who had the machine least of late."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from emotion_core.system.processes import turns
from emotion_core.system.processes.queueing import QUEUED_FILE, WORKER_LOCK, enqueue
from emotion_core.system.processes.turns import HALF_LIFE, Queue, Shares, fair
from emotion_core.system.storage.folders import data_dir
from emotion_core.system.storage.homes import open_home
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.persons import at_home

ANN, BEN, CAT = "a" * 16, "b" * 16, "c" * 16
SLOT = ".slot.lock"


def find() -> Path:
    return data_dir() / "things"


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def add(person: str | None, name: str, since: int) -> Path:
    """Put a task of somebody's into the queue."""
    if person is not None:
        open_home(person)
    with at_home(person):
        folder = find() / name
    folder.mkdir(parents=True)
    enqueue(folder, since)
    return folder


def done(queue: Queue, seconds: dict[str, float] | None = None) -> list[str]:
    """Do all tasks at once, each as if it took so many seconds, and return their names."""
    order = []
    now = [1000.0]

    def do(folder: Path, _: str | None) -> None:
        order.append(folder.name)
        (folder / QUEUED_FILE).unlink()
        now[0] += (seconds or {}).get(folder.name, 10.0)

    queue.work(
        lambda parent: list(turns.in_turn(turns._tasks(parent))),
        lambda folder: folder,
        do,
        lambda: now[0],
    )
    return order


@pytest.fixture(autouse=True)
def _priority(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.nice", lambda _: None)  # the tests keep theirs


def queue_of(person: str | None) -> Queue:
    with at_home(person):
        return Queue.of(find(), find)


def test_many_of_one_do_not_keep_one_of_another_waiting():
    for number in range(4):
        add(ANN, f"ann {number}", number)
    add(BEN, "ben", 10)
    assert done(queue_of(ANN)) == ["ann 0", "ben", "ann 1", "ann 2", "ann 3"]


def test_time_counts_and_not_how_many_there_are():
    for number in range(3):
        add(ANN, f"ann {number}", number)
        add(BEN, f"ben {number}", 10 + number)
    took = {"ann 0": 100.0, "ben 0": 30.0, "ben 1": 30.0, "ben 2": 30.0}
    assert done(queue_of(BEN), took)[:5] == ["ann 0", "ben 0", "ben 1", "ben 2", "ann 1"]


def test_what_somebody_had_is_forgotten(base, monkeypatch):
    add(ANN, "ann", 1)
    add(BEN, "ben", 2)
    queue = queue_of(ANN)
    queue.place.mkdir(parents=True, exist_ok=True)
    Shares(used={BEN: 3.0}).note(queue.place, ANN, 1000.0)
    assert list(queue.before(SLOT).values()) == [0, 1]
    assert next(iter(queue.before(SLOT))).name == "ben"
    now = time.time()
    monkeypatch.setattr(turns.time, "time", lambda: now + HALF_LIFE)
    assert Shares.read(queue.place).used[ANN] == pytest.approx(500, abs=1)
    monkeypatch.setattr(turns.time, "time", lambda: now + 20 * HALF_LIFE)
    Shares.read(queue.place).note(queue.place, CAT, 1.0)
    assert Shares.read(queue.place).used == {CAT: pytest.approx(1.0)}
    assert base in queue.place.parents


def test_a_task_of_a_minute_ago_counts_for_who_comes_back():
    add(ANN, "ann 0", 1)
    done(queue_of(ANN))
    add(ANN, "ann 1", 2)
    add(BEN, "ben 0", 3)
    assert done(queue_of(ANN)) == ["ben 0", "ann 1"]


def test_the_place_in_line_is_that_of_the_order():
    folders = [add(ANN, f"ann {number}", number) for number in range(2)]
    folders += [add(BEN, "ben", 5), add(CAT, "cat", 6)]
    queue = queue_of(CAT)
    queue.place.mkdir(parents=True, exist_ok=True)
    assert [queue.before(SLOT)[each] for each in folders] == [0, 3, 1, 2]
    with FileLock(queue.place / SLOT) as slot:
        assert slot.acquire()
        assert [queue.before(SLOT)[each] for each in folders] == [1, 4, 2, 3]


def test_everybody_finds_the_same_worker():
    add(ANN, "ann", 1)
    add(BEN, "ben", 1)
    places = {queue_of(person).place for person in (ANN, BEN, None)}
    assert len(places) == 1
    (place,) = places
    place.mkdir(parents=True, exist_ok=True)
    with FileLock(place / WORKER_LOCK) as lock:
        assert lock.acquire()
        assert queue_of(BEN).has_worker
        assert done(queue_of(ANN)) == []


def test_a_process_runs_for_whose_task_it_is():
    add(ANN, "ann", 1)
    add(None, "of the server", 2)
    queue = queue_of(None)
    assert queue.environment(ANN) == {"EMOTION_PERSON": ANN}
    assert queue.environment(None) == {"EMOTION_PERSON": ""}
    assert sorted(done(queue)) == ["ann", "of the server"]


def test_a_folder_that_somebody_names_is_a_queue_of_its_own(tmp_path):
    add(ANN, "ann", 1)
    (tmp_path / "own" / "mine").mkdir(parents=True)
    enqueue(tmp_path / "own" / "mine")
    queue = Queue.of(tmp_path / "own", find)
    assert not queue.is_shared
    assert queue.environment(None) == {}
    assert done(queue) == ["mine"]
    assert not (queue.place / turns.SHARES_FILE).exists()


def test_shares_that_are_damaged_count_for_nothing(tmp_path):
    (tmp_path / turns.SHARES_FILE).write_text('{"used": 3}', encoding="utf-8")
    assert Shares.read(tmp_path) == Shares()


def test_who_had_the_same_is_next_by_who_came_first():
    tasks = {ANN: [5], BEN: [3], CAT: []}
    assert fair(tasks, Shares(), lambda since: since) == [(BEN, 3), (ANN, 5)]
