from __future__ import annotations

import pytest

from pages.shared.streaming import CONNECT_SECONDS, ConnectionWatch, explain_camera_problem

OFF, ASKING, ON = (
    {"playing": False, "signalling": False},
    {"playing": False, "signalling": True},
    {"playing": True, "signalling": False},
)


@pytest.mark.parametrize(
    ("steps", "phases"),
    [
        ([(0, OFF)], ["idle"]),
        ([(0, ASKING), (1, ON), (9, OFF)], ["connecting", "playing", "idle"]),
        ([(0, ASKING), (14.9, ASKING), (15, ASKING)], ["connecting", "connecting", "slow"]),
        # It connects after all.
        ([(0, ASKING), (20, ASKING), (21, ON)], ["connecting", "slow", "playing"]),
        # The browser gave up: the explanation stays until the next try.
        (
            [(0, ASKING), (13, ASKING), (14, OFF), (60, OFF), (61, ASKING), (62, ON), (63, OFF)],
            ["connecting", "connecting", "failed", "failed", "connecting", "playing", "idle"],
        ),
        # The viewer pressed Stop while it was connecting.
        ([(0, ASKING), (3, OFF)], ["connecting", "idle"]),
        # The viewer went to another page while it was connecting, and came back.
        ([(0, ASKING), (1, ASKING), (100, OFF)], ["connecting", "connecting", "idle"]),
        # A second try has its own 15 s.
        (
            [(0, ASKING), (3, OFF), (14, ASKING), (16, ASKING), (29, ASKING)],
            ["connecting", "idle", "connecting", "connecting", "slow"],
        ),
    ],
)
def test_phases(steps, phases):
    watch = ConnectionWatch()
    assert [watch.observe(now=now, **state) for now, state in steps] == phases


def test_a_failure_of_this_side_stays_until_the_next_try():
    watch = ConnectionWatch()
    watch.observe(now=0, **ASKING)
    watch.fail()
    assert watch.observe(now=1, **OFF) == "failed"
    assert watch.observe(now=2, **ASKING) == "connecting"
    assert watch.observe(now=2 + CONNECT_SECONDS, **ASKING) == "slow"


@pytest.mark.parametrize(
    ("problem", "advice"),
    [
        ("NotAllowedError: Permission denied", "Allow it"),
        ("NotFoundError: Requested device not found", "No camera was found"),
        ("NotReadableError: Could not start video source", "another program"),
        ("OverconstrainedError: ", "Choose another camera"),
        ("Error: navigator.mediaDevices is undefined. It seems ...", "localhost"),
        ("AbortError: what", "The browser says: AbortError: what"),
    ],
)
def test_every_problem_gets_advice(problem, advice):
    assert advice in explain_camera_problem(problem)
