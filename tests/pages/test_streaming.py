from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit_webrtc import component

from pages.shared import navigation
from pages.shared.streaming import (
    CONNECT_SECONDS,
    ConnectionWatch,
    explain_camera_problem,
    tell_whether_viewer_left,
)

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


@pytest.mark.parametrize(
    ("before", "now", "came"),
    [
        (None, "live_camera", True),
        ("photo", "live_camera", True),
        ("live_camera", "live_camera", False),
    ],
)
def test_who_came_from_another_page(monkeypatch, before, now, came):
    monkeypatch.setattr(navigation.st, "session_state", {"this_page": before})
    navigation.note_page(SimpleNamespace(url_path=now))
    assert navigation.came_from_another_page() is came


@pytest.mark.parametrize("left", [True, False])
def test_only_a_context_left_behind_is_reset(monkeypatch, left):
    """As the library decides it, with the lagging count that used to cut a running stream."""
    context = component.WebRtcStreamerContext(
        worker=None, state=component.WebRtcStreamerState(playing=True, signalling=False)
    )
    context._last_rendered_run_count = 5
    monkeypatch.setattr(component.st, "session_state", {"camera": context})
    monkeypatch.setattr(component, "get_this_session_info", lambda: True)
    monkeypatch.setattr(component, "get_script_run_count", lambda _: 7)
    tell_whether_viewer_left(context, left=left)
    assert component._get_or_create_context("camera").state.playing is not left
