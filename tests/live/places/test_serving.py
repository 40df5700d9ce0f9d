from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace

import pytest

from emotion_core.live.places import load
from emotion_core.live.places.line import Line
from emotion_core.live.places.load import Load, read_load, usable_cores
from emotion_core.live.places.serving import LATE_MS, PLACES, USABLE_SHARE, Places, live_capacity
from emotion_core.live.session import LiveSession
from tests.live.test_session import FakeReader


class Session(LiveSession):
    """One whose frames are told, not made."""

    now = 0.0
    delay_ms = 0.0

    def __init__(self) -> None:
        super().__init__(FakeReader([]))

    @property
    def frames(self) -> int:
        return int(self.now * 30)

    @property
    def last_frame_time(self) -> float | None:
        return self.now

    @property
    def snapshot(self):
        stream = SimpleNamespace(skipped=0, delay_ms=self.delay_ms)
        return SimpleNamespace(frames=self.frames, stream=stream)


@pytest.fixture
def sessions() -> list[Session]:
    return [Session() for _ in range(2)]


def places(sessions: list[Session], cores: float, process: float, machine: float) -> Places:
    """Return the places of a process that spends so many cores' time on these viewers."""
    steps: Iterator[int] = count()

    def spent() -> Load:
        at = 6.0 * next(steps)
        Session.now = at
        return Load(at, process * at, machine * at)

    made = Places(Line(lambda: Session.now), spent, lambda: cores)
    for session in sessions:
        made.line.add(session)
    return made


def test_nobody_is_kept_out_before_anything_is_known():
    capacity = places([], 2, 0, 0).capacity()
    assert (capacity.viewers, capacity.limit, capacity.measured) == (0, 1, None)
    assert capacity.cores_a_viewer is None


def test_a_trial_tells_how_many_there_can_be():
    made = places([], 2, 0, 0)
    made.note_trial(0.01)
    assert made.tried_out
    capacity = made.capacity()
    assert capacity.cores_a_viewer == pytest.approx(0.3)
    assert capacity.measured == capacity.limit == int(USABLE_SHARE * 2 / 0.3)
    assert not capacity.with_viewers


def test_viewers_tell_what_they_cost_and_others_what_they_leave(sessions):
    made = places(sessions, cores=8, process=1.0, machine=3.0)
    for _ in range(3):
        capacity = made.capacity()
    assert capacity.with_viewers
    assert capacity.cores_a_viewer == pytest.approx(0.5)
    assert capacity.others == pytest.approx(2.0)
    assert capacity.limit == int(USABLE_SHARE * (8 - 2) / 0.5)
    assert capacity.viewers == 2


def test_one_is_always_served(sessions):
    made = places(sessions, cores=1, process=0.9, machine=2.0)
    made.note_trial(5.0)
    assert made.capacity().limit == 1


def test_nobody_else_comes_in_while_those_who_are_there_wait_for_their_frames(
    sessions, monkeypatch
):
    made = places(sessions, cores=64, process=1.0, machine=1.0)
    for _ in range(3):
        assert not made.capacity().late
    monkeypatch.setattr(Session, "delay_ms", LATE_MS + 1)
    capacity = made.capacity()
    assert capacity.late
    assert capacity.limit == 2
    assert made.ask(Session()).position == 1


def test_a_limit_that_was_set_counts_whatever_was_measured(sessions):
    made = places(sessions, cores=64, process=1.0, machine=1.0)
    made.note_trial(0.001)
    made.set_to = 2
    capacity = made.capacity()
    assert (capacity.limit, capacity.set_to) == (2, 2)
    assert capacity.measured > 2
    assert made.ask(Session()).position == 1
    made.set_to = 3
    assert made.ask(Session()).has_place


def test_this_process_has_one_answer():
    assert live_capacity().cores == usable_cores()
    assert live_capacity().set_to == PLACES.set_to


def test_the_processor_of_this_machine():
    before = read_load()
    sum(range(2_000_000))
    after = read_load()
    assert after.process > before.process
    assert after.at > before.at
    assert usable_cores() > 0
    if before.machine is not None:
        assert after.machine >= before.machine


@pytest.mark.parametrize(
    ("content", "cores"),
    [("150000 100000\n", 1.5), ("max 100000\n", 8.0), ("", 8.0), ("100000 0\n", 8.0)],
)
def test_a_container_may_have_a_part_of_the_cores(monkeypatch, tmp_path, content, cores):
    quota = tmp_path / "cpu.max"
    quota.write_text(content)
    monkeypatch.setattr(load, "_QUOTA", quota)
    monkeypatch.setattr(load.os, "sched_getaffinity", lambda _: range(8), raising=False)
    usable_cores.cache_clear()
    try:
        assert usable_cores() == cores
    finally:
        usable_cores.cache_clear()


def test_work_of_low_priority_is_no_load(monkeypatch, tmp_path):
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 5000 200 9000 800 10 20 30 0 0\ncpu0 1 2 3\n")
    monkeypatch.setattr(load, "_STAT", stat)
    ticks = load.os.sysconf("SC_CLK_TCK")
    assert read_load().machine == (100 + 200 + 10 + 20 + 30) / ticks
    stat.unlink()
    assert read_load().machine is None
