"""Nothing of a page runs for somebody who is refused: no callback, no part of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.testing.v1 import AppTest

from pages.mending.logins import runs


@pytest.fixture(autouse=True)
def unasked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put back what asking replaces, and forget who was asked about."""
    monkeypatch.setattr(ScriptRunner, "_run_script", ScriptRunner._run_script)
    monkeypatch.setattr(runs, "_standings", runs.OrderedDict())
    runs.ask_at_every_run.cache_clear()
    yield
    runs.ask_at_every_run.cache_clear()


def page() -> None:
    import streamlit as st

    from pages.mending.logins.runs import claims_of_run, standing_of_run

    def note() -> None:
        st.session_state["clicked"] = st.session_state.get("clicked", 0) + 1

    @st.fragment
    def part() -> None:
        st.button("in a part", key="part", on_click=note)

    st.markdown(f"{standing_of_run(lambda _: 'unasked')} {claims_of_run().get('sub')}")
    st.button("whole", key="whole", on_click=note)
    part()
    st.markdown(f"clicked {st.session_state.get('clicked', 0)}")


def told(test: AppTest) -> list[str]:
    assert not test.exception
    return [each.value for each in test.markdown]


def opened() -> AppTest:
    test = AppTest.from_function(page, default_timeout=30)
    test.user = {"is_logged_in": True, "sub": "ana"}
    return test


def test_clicks_of_somebody_who_is_let_in_count() -> None:
    runs.ask_at_every_run(lambda claims: (claims["sub"], False))
    test = opened().run()
    assert told(test) == ["ana ana", "clicked 0"]
    test.button(key="whole").click().run()
    test.button(key="part").click().run()
    assert told(test)[-1] == "clicked 2"


@pytest.mark.parametrize("button", ["whole", "part"])
def test_a_click_of_somebody_refused_is_lost_and_the_script_decides(button: str) -> None:
    refused: list[bool] = [False]
    runs.ask_at_every_run(lambda _: ("out" if refused[0] else "in", refused[0]))
    test = opened().run()
    refused[0] = True
    test.button(key=button).click().run()
    assert told(test) == ["out ana", "clicked 0"]
    test.button(key=button).click().run()  # not only the first one
    assert told(test) == ["out ana", "clicked 0"]


def test_a_click_under_another_role_is_lost_once() -> None:
    role: list[str] = ["admin"]
    runs.ask_at_every_run(lambda _: (role[0], False))
    test = opened().run()
    role[0] = "viewer"
    test.button(key="whole").click().run()
    assert told(test) == ["viewer ana", "clicked 0"]
    test.button(key="whole").click().run()
    assert told(test) == ["viewer ana", "clicked 1"]


def test_where_nobody_asked_a_page_judges_itself() -> None:
    assert told(opened().run())[0] == "unasked ana"


def test_a_thread_of_nobodys_knows_nobody() -> None:
    def judge(_: Any) -> Any:
        raise AssertionError

    with pytest.raises(LookupError):
        runs.standing_of_run(judge)
    assert runs.claims_of_run() == {}


def test_so_many_sessions_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_MOST_SESSIONS", 3)
    for index in range(5):
        assert not runs._differs(f"session {index}", "ana")
    assert not runs._differs("session 4", "ana")
    assert runs._differs("session 4", "ben")
    assert list(runs._standings) == ["session 2", "session 3", "session 4"]
