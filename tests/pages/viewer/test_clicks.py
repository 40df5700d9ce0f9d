from __future__ import annotations

from collections.abc import Callable

import pytest
import streamlit as st

from pages.viewer import clicks
from pages.viewer.clicks import once


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(clicks, "time", clock)
    return clock


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {})


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def button(done) -> Callable[..., Callable[[], None]]:
    """Show a button; what it does is noted."""
    return lambda what="started", **more: once(done.append, what, **more)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_double_or_triple_click_is_one(button, done, times):
    click = button()
    for _ in range(times):
        click()
    assert done == ["started"]


def test_a_button_shown_anew_can_be_pressed_again(button, done):
    button()()
    button()()
    assert done == ["started", "started"]


def test_the_rest_of_a_double_click_does_nothing_to_a_button_shown_anew(button, done, clock):
    button(same="these settings")()
    clock.now += 0.3
    button(same="these settings")()
    assert done == ["started"]
    button("others", same="other settings")()
    clock.now += 2
    button(same="other settings")()
    assert done == ["started", "others", "started"]


def test_a_callback_that_is_delivered_again_after_it_was_aborted_does_not_begin_anew():
    class Aborted(BaseException):
        """As Streamlit's, at a point where it looks for a newer request."""

    done = []

    def act() -> None:
        done.append("started")
        raise Aborted

    click = once(act)
    with pytest.raises(Aborted):
        click()
    click()
    assert done == ["started"]


def test_what_found_nothing_to_do_may_be_called_again():
    files: list[str] = []

    def keep() -> bool:
        return bool(files)

    click = once(keep)
    click()
    files.append("fer2013.csv")
    click()
    click()
    assert files == ["fer2013.csv"]


def test_arguments_by_name_are_passed_on():
    seen = []
    once(lambda *args, **more: seen.append((args, more)), 1, and_use=True)()
    assert seen == [((1,), {"and_use": True})]
