from __future__ import annotations

import pytest

from emotion_core.live.places.cost import USUAL_RATE, Seen, ViewerCost, try_out
from emotion_core.live.places.load import Load
from emotion_core.live.reader import LiveFaceReader


def watched(*steps: tuple[float, float, Seen]) -> ViewerCost:
    """Return what comes of loads ``(process, machine, seen)``, six seconds apart."""
    cost = ViewerCost()
    for number, (process, machine, seen) in enumerate(steps):
        cost.note(Load(6.0 * number, process, machine), seen)
    return cost


def test_nothing_is_known_before_anything_was_measured():
    cost = ViewerCost()
    assert cost.cores is None
    assert cost.others == 0


def test_a_trial_counts_until_viewers_are_measured():
    cost = watched((0, 0, Seen(2, 0, 0)))
    cost.note_trial(0.01)
    assert cost.cores == pytest.approx(0.01 * USUAL_RATE)
    assert not cost.is_measured
    cost.note(Load(6, 3, 4), Seen(2, 180, 0))
    assert cost.cores == pytest.approx(0.25)
    assert cost.is_measured


def test_frames_that_were_skipped_are_counted_as_if_there_were_room_for_them():
    cost = watched((0, 0, Seen(1, 0, 0)), (3, 3, Seen(1, 90, 90)))
    assert cost.cores == pytest.approx(1.0)


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(Seen(3, 90, 0), id="one has come"),
        pytest.param(Seen(1, 90, 0), id="one has left"),
        pytest.param(Seen(2, 0, 0), id="one has gone and another come"),
    ],
)
def test_a_time_in_which_somebody_comes_or_leaves_says_nothing(seen):
    assert watched((0, 0, Seen(2, 50, 0)), (3, 3, seen)).cores is None


def test_one_busy_moment_does_not_count():
    steps = [(float(n), 0.0, Seen(1, 180 * n, 0)) for n in range(4)]
    busy = [(50.0 + n, 0.0, Seen(1, 180 * n, 0)) for n in (4, 5, 6)]
    assert watched(*steps, *busy).cores == pytest.approx(1 / 6)


def test_what_other_processes_take_is_known():
    cost = watched((0, 0, Seen(0, 0, 0)), (3, 9, Seen(0, 0, 0)))
    assert cost.others == pytest.approx(1.0)


def test_a_system_that_tells_nothing_of_others():
    cost = ViewerCost()
    for at in (0.0, 6.0):
        cost.note(Load(at, at, None), Seen(1, int(30 * at), 0))
    assert cost.others == 0
    assert cost.cores == pytest.approx(1.0)


def test_a_frame_is_tried_out_with_the_reader_of_a_viewer():
    reader = LiveFaceReader.load()
    seconds = try_out(reader)
    assert 0 < seconds < 10
    assert not reader.tracker.places  # nothing is left of it
