from __future__ import annotations

import threading

import pytest
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.testing.v1 import AppTest

from pages.mending.callbacks import let_callbacks_finish

#: A click while whose callback runs another one comes in.
APP = """
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

def act(done):
    done.append("begun")
    get_script_run_ctx().script_requests.request_stop()  # what Streamlit does at every click
    st.session_state["known"] = True
    done.append("ended")

done = st.session_state.setdefault("done", [])
st.button("Act", on_click=act, args=(done,))
"""


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    original = SafeSessionState.on_script_will_rerun
    original = getattr(original, "__wrapped__", original)
    monkeypatch.setattr(SafeSessionState, "on_script_will_rerun", original)
    return AppTest.from_string(APP, default_timeout=60)


def press(page: AppTest) -> list[str]:
    page.run()
    done: list[str] = page.session_state["done"]
    page.button[0].click().run()
    return done


def test_streamlit_still_aborts_callbacks(page):
    assert press(page) == ["begun"]  # once this fails, the mending is needed no more


def test_a_callback_runs_to_its_end_and_the_newer_request_counts_after_it(page):
    let_callbacks_finish.__wrapped__()
    assert press(page) == ["begun", "ended"]
    assert page.session_state["known"]


def test_callbacks_of_one_viewer_run_in_turn(monkeypatch):
    inside, release, order = threading.Event(), threading.Event(), []

    class Runner:
        _session_id, _execing = "a viewer", True

        def look(self) -> None: ...

    class State:
        def __init__(self, name: str) -> None:
            self.name, self.runner = name, Runner()
            self._yield_callback = self.runner.look

    def slow(state, *_, **__):
        assert state.runner._execing is False
        order.append(f"{state.name} begins")
        inside.set()
        assert release.wait(30)
        order.append(f"{state.name} ends")

    monkeypatch.setattr(SafeSessionState, "on_script_will_rerun", slow)
    let_callbacks_finish.__wrapped__()
    states = [State("first"), State("second")]
    threads = [
        threading.Thread(target=SafeSessionState.on_script_will_rerun, args=(state, None))
        for state in states
    ]
    threads[0].start()
    assert inside.wait(30)
    threads[1].start()
    release.set()
    for thread in threads:
        thread.join(30)
    assert order == ["first begins", "first ends", "second begins", "second ends"]
    assert all(state.runner._execing for state in states)


def test_another_streamlit_is_left_as_it_is(monkeypatch, caplog):
    monkeypatch.delattr(SafeSessionState, "on_script_will_rerun")
    let_callbacks_finish.__wrapped__()
    assert not hasattr(SafeSessionState, "on_script_will_rerun")
    assert "requirements.txt" in caplog.text


def test_this_streamlit_is_the_one_it_was_made_for(caplog):
    let_callbacks_finish()
    assert hasattr(SafeSessionState.on_script_will_rerun, "__wrapped__")
    assert caplog.text == ""
