from __future__ import annotations

import pytest

from emotion_core.live.places.line import (
    SECONDS_TO_START,
    SECONDS_UNTIL_FORGOTTEN,
    SECONDS_UNTIL_GONE,
    SECONDS_UNTIL_PASSED_OVER,
    Line,
    Turn,
)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Viewer:
    """Somebody at a page; a stream as the line sees it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.frames = 0
        self.last_frame_time: float | None = None

    def stream(self) -> None:
        self.frames += 1
        self.last_frame_time = self.clock()

    def stop(self) -> None:
        self.last_frame_time = None


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line(clock: Clock) -> Line:
    return Line(clock)


def viewers(line: Line, clock: Clock, count: int) -> list[Viewer]:
    made = [Viewer(clock) for _ in range(count)]
    for each in made:
        line.add(each)
    return made


def streaming(line: Line, clock: Clock, count: int, limit: int) -> list[Viewer]:
    made = viewers(line, clock, count)
    for each in made:
        assert line.ask(each, limit).has_place
        each.stream()
    return made


def test_who_comes_first_has_a_place_and_the_others_wait_in_their_order(line, clock):
    first, second, third, fourth = viewers(line, clock, 4)
    assert [line.ask(each, 2) for each in (first, second)] == [Turn(True, called=True)] * 2
    assert line.ask(third, 2) == Turn(False, 1)
    assert line.ask(fourth, 2) == Turn(False, 2)
    assert line.ask(third, 2).position == 1  # asking again changes nothing
    assert (line.taken, line.waiting) == (2, 2)


def test_whoever_only_looks_takes_no_place_and_none_of_those_who_wait(line, clock):
    first, looking, waiting = viewers(line, clock, 3)
    assert line.look(looking, 1) == Turn(True)
    assert line.ask(first, 1).has_place
    assert line.look(looking, 1) == Turn(False)
    line.ask(waiting, 1)
    first.stream()
    first.stop()
    assert line.look(looking, 1) == Turn(False)
    assert line.look(waiting, 1) == Turn(True, called=True)


def test_who_stops_frees_the_place_at_once(line, clock):
    here, waiting = *streaming(line, clock, 1, 1), *viewers(line, clock, 1)
    assert line.ask(waiting, 1).position == 1
    here.stop()
    assert line.look(waiting, 1).called


def test_a_killed_tab_frees_the_place_soon(line, clock):
    _, waiting = *streaming(line, clock, 1, 1), *viewers(line, clock, 1)
    line.ask(waiting, 1)
    clock.now += SECONDS_UNTIL_GONE - 0.1
    assert not line.look(waiting, 1).has_place
    clock.now += 0.1
    assert line.look(waiting, 1).has_place


def test_a_viewer_whose_session_is_gone_holds_nothing(line, clock):
    here = viewers(line, clock, 1)
    line.ask(here[0], 1)
    here.clear()
    assert line.taken == 0


def test_who_waits_and_closes_the_page_is_in_nobodys_way(line, clock):
    here, gone, patient = *streaming(line, clock, 1, 1), *viewers(line, clock, 2)
    line.ask(gone, 1)
    line.ask(patient, 1)
    for _ in range(int(SECONDS_UNTIL_FORGOTTEN)):
        clock.now += 1
        here.stream()
        turn = line.look(patient, 1)
    assert turn.position == 1


def test_who_is_not_heard_of_just_now_is_passed_over_and_keeps_their_place_in_the_line(line, clock):
    here, silent, patient = *streaming(line, clock, 1, 1), *viewers(line, clock, 2)
    for viewer in (silent, patient):
        line.ask(viewer, 1)
    clock.now += SECONDS_UNTIL_PASSED_OVER
    line.look(patient, 1)
    here.last_frame_time = None
    line.leave(here)
    assert line.look(patient, 1).has_place
    assert line.look(silent, 1).position == 1


def test_who_is_not_heard_of_keeps_nobody_from_starting(line, clock):
    here, silent = *streaming(line, clock, 1, 1), *viewers(line, clock, 1)
    line.ask(silent, 1)
    clock.now += SECONDS_UNTIL_PASSED_OVER
    here.last_frame_time = None
    line.leave(here)
    assert line.look(here, 1).has_place


def test_a_turn_that_is_not_taken_is_the_next_ones(line, clock):
    late, patient = viewers(line, clock, 2)
    assert line.ask(late, 1).called
    line.ask(patient, 1)
    clock.now += SECONDS_TO_START / 4
    while clock.now < 100 + SECONDS_TO_START:
        line.look(patient, 1)
        clock.now += 1
    assert line.look(patient, 1).has_place
    assert line.look(late, 1) == Turn(False, missed=True)
    assert line.ask(late, 1) == Turn(False, 1)


def test_who_leaves_the_line_is_not_called(line, clock):
    here, first, second = *streaming(line, clock, 1, 1), *viewers(line, clock, 2)
    line.ask(first, 1)
    line.ask(second, 1)
    line.leave(first)
    assert line.look(second, 1).position == 1
    here.stop()
    assert line.look(second, 1).has_place
    assert not line.look(first, 1).has_place


def test_a_camera_that_comes_back_has_a_place_although_all_are_taken(line, clock):
    camera, other = *streaming(line, clock, 1, 1), *viewers(line, clock, 1)
    clock.now += SECONDS_UNTIL_GONE
    assert line.ask(other, 1).has_place
    camera.stream()
    assert line.look(camera, 1).has_place
    assert line.taken == 2


def test_a_sinking_limit_sends_nobody_away(line, clock):
    here = streaming(line, clock, 3, 3)
    assert all(line.look(each, 1).has_place for each in here)
    here[0].stop()
    assert line.ask(here[0], 1).position == 1  # two more have to leave


def test_nobody_knows_how_long_until_somebody_has_left(line, clock):
    streaming(line, clock, 2, 2)
    (waiting,) = viewers(line, clock, 1)
    assert line.ask(waiting, 2).seconds is None
    assert line.mean_stay is None


def test_the_wait_is_told_from_how_long_people_stay(line, clock):
    gone, still_here = streaming(line, clock, 2, 2)
    assert line.taken == 2
    clock.now += 300
    gone.stop()
    still_here.stream()
    first, second, third = viewers(line, clock, 3)
    assert line.ask(first, 2).has_place
    # One stay of 300 s has ended, one of 300 s has not: somebody leaves after 600 s of all stays.
    assert line.mean_stay == 600
    assert line.ask(second, 2).seconds == 300
    assert line.ask(third, 2).seconds == 600
