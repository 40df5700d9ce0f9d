"""The line for live video, as whoever waits sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion_core.live.places.limit import VARIABLE
from emotion_core.live.places.line import SECONDS_TO_START
from emotion_core.live.places.serving import Places
from pages.live import waiting
from tests.live.places.test_line import Clock, Viewer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def places(monkeypatch, clock) -> Places:
    """Two places."""
    made = Places()
    made.line._clock = clock
    monkeypatch.setattr(waiting, "PLACES", made)
    monkeypatch.setenv(VARIABLE, "2")
    return made


@pytest.fixture(name="others")
def taken_places(places, clock) -> list[Viewer]:
    """Those who have both places."""
    made = [Viewer(clock) for _ in range(2)]
    for each in made:
        places.line.add(each)
        assert places.line.ask(each, 2).has_place
        each.stream()
    assert places.line.taken == 2
    return made


@pytest.fixture(autouse=True)
def told(monkeypatch) -> list[float]:
    """The turns that the browser was told to start for."""
    turns: list[float] = []
    monkeypatch.setattr(
        waiting, "_presser", lambda: lambda *, data, **_: turns.append(data["turn"])
    )
    return turns


@pytest.fixture
def me(places, clock) -> Viewer:
    made = Viewer(clock)
    places.line.add(made)
    return made


def script() -> None:
    import streamlit as st

    from pages.live import waiting

    asked = st.session_state.pop("press", False)
    if waiting.may_start(st.session_state["me"], starting=asked):
        st.markdown("The video")
        waiting.start_if_called(starting=asked)
    st.markdown(f"waiting: {waiting.is_waiting()}")


@pytest.fixture
def open_page(me) -> Callable[..., AppTest]:
    def run(*, press: bool = False) -> AppTest:
        page = AppTest.from_function(script)
        page.session_state["me"] = me
        page.session_state["press"] = press
        page.run()
        assert not page.exception
        return page

    return run


def text_of(page: AppTest) -> str:
    return "\n".join(each.value for each in [*page.markdown, *page.info, *page.warning])


def test_where_there_is_room_nothing_is_said(open_page, told):
    text = text_of(open_page())
    assert "The video" in text
    assert told == []
    assert "waiting: False" in text


@pytest.mark.usefixtures("others")
def test_who_comes_to_taken_places_may_wait_in_line(open_page):
    page = open_page()
    text = text_of(page)
    assert "**All places for live video are taken** (2 at a time)" in text
    assert "The video\n" not in text
    page.button("wait_in_line").click().run()
    text = text_of(page)
    assert "**You are number 1 in line.**" in text
    assert "Nobody has left yet, so there is no telling how long it takes." in text
    page.button("leave_the_line").click().run()
    assert "**All places for live video are taken**" in text_of(page)


@pytest.mark.usefixtures("others")
def test_who_presses_start_as_the_last_place_is_taken_is_in_line(open_page):
    text = text_of(open_page(press=True))
    assert "**You are number 1 in line.**" in text
    assert "waiting: True" in text


def test_the_line_says_how_long_it_takes(open_page, others, places, clock):
    clock.now += 244
    others[1].stream()
    others[0].stop()
    next_one = Viewer(clock)
    places.line.add(next_one)
    assert places.line.ask(next_one, 2).has_place
    next_one.stream()
    assert "It takes about 4 min, as long as others stay." in text_of(open_page(press=True))


@pytest.fixture
def called(open_page, others) -> AppTest:
    """The page of somebody whose turn it has become."""
    page = open_page(press=True)
    assert "You are number 1" in text_of(page)
    others[0].stop()
    page.run()
    assert "The video" in text_of(page)
    return page


def test_when_it_is_their_turn_the_browser_is_told_to_press_start(called, told):
    (turn,) = told
    called.run()
    assert told == [turn] * 2  # a slow browser: it is the same turn
    called.session_state["press"] = True  # it has
    called.run()
    called.run()
    assert told == [turn] * 2


@pytest.mark.usefixtures("places")
def test_a_browser_that_does_not_start_is_left_alone(called, told, monkeypatch):
    later = time.monotonic() + SECONDS_TO_START + 1
    monkeypatch.setattr(waiting.time, "monotonic", lambda: later)
    called.run()
    assert len(told) == 1


def test_a_place_that_is_free_again_is_offered_to_whoever_has_not_asked(open_page, others, told):
    page = open_page()
    others[0].stop()
    page.run()
    assert "The video" in text_of(page)
    assert told == []


def test_who_missed_their_turn_is_told_and_may_wait_again(open_page, others, clock, told):
    page = open_page(press=True)
    others[0].stop()
    page.run()
    clock.now += SECONDS_TO_START
    page.run()
    text = text_of(page)
    assert "**It was your turn, but no video came within 1 min 00 s.**" in text
    page.button("wait_in_line").click().run()
    assert "The video" in text_of(page)
    assert len(told) == 2


def test_a_limit_that_cannot_be_is_told(open_page, monkeypatch, places):
    monkeypatch.setenv(VARIABLE, "many")
    text = text_of(open_page())
    print(text)
    assert "expected a whole number from 1 to 1000, found" in text
    assert places.set_to is None


def test_secrets_toml_sets_the_limit(open_page, monkeypatch, places):
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(
        st,
        "secrets",
        SimpleNamespace(load_if_toml_exists=lambda: True, get={"live": {"most_viewers": 7}}.get),
    )
    open_page()
    assert places.set_to == 7
