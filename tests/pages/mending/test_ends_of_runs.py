from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from pages.mending.ends_of_runs import delay_fragments_until_run_ends


@dataclass
class Runner:
    """Stands for Streamlit's, which takes no request on once its run has ended."""

    running: bool = False
    taken_on: list[RerunData] = field(default_factory=list)

    def request_rerun(self, data: RerunData) -> bool:
        if self.running:
            self.taken_on.append(data)
        return self.running


@dataclass
class Session:
    """What of an AppSession the change looks at."""

    _scriptrunner: Runner | None = None
    created: list[RerunData] = field(default_factory=list)


class Started(list[RerunData]):
    """What has been created, with something that happens then."""

    def __init__(self, start: Callable[[RerunData], None]) -> None:
        super().__init__()
        self._start = start

    def append(self, data: RerunData) -> None:
        super().append(data)
        self._start(data)


@pytest.fixture
def create(monkeypatch):
    """AppSession's method as it is after the change, over one that only notes its calls."""

    def note(self, initial_rerun_data):
        self.created.append(initial_rerun_data)

    monkeypatch.setattr(AppSession, "_create_scriptrunner", note)
    delay_fragments_until_run_ends.__wrapped__()
    return AppSession._create_scriptrunner


def test_nothing_waits_when_nothing_is_on_its_way(create):
    session = Session()
    create(session, RerunData(query_string="first"))
    assert [data.query_string for data in session.created] == ["first"]


def test_a_press_in_a_fragment_waits_until_the_last_run_has_been_delivered(create):
    async def play() -> Session:
        session = Session(Runner())
        create(session, RerunData(fragment_id="controls"))
        await asyncio.sleep(0.05)
        assert session.created == []
        session._scriptrunner = None  # as when the end of the old one has been handled
        while not session.created:
            await asyncio.sleep(0.01)
        return session

    session = asyncio.run(asyncio.wait_for(play(), 30))
    assert [data.fragment_id for data in session.created] == ["controls"]


def test_the_next_run_takes_the_press_on(create):
    async def play() -> Runner:
        session = Session(Runner())
        create(session, RerunData(fragment_id="controls"))
        session._scriptrunner = Runner(running=True)
        while not session._scriptrunner.taken_on:
            await asyncio.sleep(0.01)
        assert session.created == []
        return session._scriptrunner

    runner = asyncio.run(asyncio.wait_for(play(), 30))
    assert [data.fragment_id for data in runner.taken_on] == ["controls"]


def test_a_newer_click_does_not_overtake_the_one_that_waits(create):
    """Its request says what all widgets show: served last, the older one would untick them."""

    async def play() -> Runner:
        session = Session(Runner())
        create(session, RerunData(fragment_id="an older click"))
        session._scriptrunner = None  # a run of the whole page: Streamlit lets go of the last one

        def start(data: RerunData) -> None:
            session._scriptrunner = Runner(running=True, taken_on=[data])

        session.created = Started(start)
        create(session, RerunData(query_string="a newer click"))
        while session._scriptrunner is None or len(session._scriptrunner.taken_on) < 2:
            await asyncio.sleep(0.01)
        return session._scriptrunner

    runner = asyncio.run(asyncio.wait_for(play(), 30))
    assert [data.fragment_id or data.query_string for data in runner.taken_on] == [
        "an older click", "a newer click",
    ]  # fmt: skip


def test_a_timer_does_not_wait_behind_a_click(create):
    async def play() -> Session:
        session = Session(Runner())
        create(session, RerunData(fragment_id="controls"))
        create(session, RerunData(fragment_id="panel", is_auto_rerun=True))
        session._scriptrunner = None
        while not session.created:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        return session

    session = asyncio.run(asyncio.wait_for(play(), 30))
    assert [data.fragment_id for data in session.created] == ["controls"]


def test_a_timer_is_let_go_for_it_fires_again(create):
    async def play() -> Session:
        session = Session(Runner())
        create(session, RerunData(fragment_id="panel", is_auto_rerun=True))
        session._scriptrunner = None
        await asyncio.sleep(0.1)
        return session

    assert asyncio.run(play()).created == []


def test_another_streamlit_is_left_as_it_is(monkeypatch, caplog):
    def other(self, something, else_):
        raise NotImplementedError

    monkeypatch.setattr(AppSession, "_create_scriptrunner", other)
    delay_fragments_until_run_ends.__wrapped__()
    assert AppSession._create_scriptrunner is other
    assert "requirements.txt" in caplog.text


def test_this_streamlit_is_the_one_it_was_made_for(caplog):
    delay_fragments_until_run_ends()
    assert AppSession._create_scriptrunner.__module__ == AppSession.__module__  # kept by wraps
    assert hasattr(AppSession._create_scriptrunner, "__wrapped__")
    assert caplog.text == ""
