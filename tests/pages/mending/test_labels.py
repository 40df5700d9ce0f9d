from __future__ import annotations

import pytest
from streamlit.elements.widgets import selectbox
from streamlit.testing.v1 import AppTest

from pages.mending.labels import send_changed_labels


def lists() -> None:
    import streamlit as st

    count = st.session_state.setdefault("count", 1)
    st.button("More", key="more", on_click=lambda: st.session_state.update(count=count + 1))
    st.selectbox("List", ["other", "mine"], format_func=lambda name: f"{name}: {count}", key="list")


@pytest.fixture
def mended(monkeypatch):
    """Streamlit as the app changes it."""
    monkeypatch.setattr(selectbox, "resolve_value_against_options", original())
    send_changed_labels.__wrapped__()


def original():
    found = selectbox.resolve_value_against_options
    return getattr(found, "__wrapped__", found)


def shown(page: AppTest) -> tuple[bool, str]:
    """Whether the browser is told what to show, and what."""
    proto = page.selectbox("list").proto
    return proto.set_value, proto.raw_value


def chosen() -> AppTest:
    page = AppTest.from_function(lists, default_timeout=60).run()
    page.selectbox("list").select("mine").run()
    return page


@pytest.mark.usefixtures("mended")
def test_a_label_that_has_changed_is_sent():
    page = chosen()
    assert shown(page)[0] is False
    page.button("more").click().run()
    assert shown(page) == (True, "mine: 2")
    assert page.selectbox("list").value == "mine"


def test_streamlit_does_not_send_it_by_itself(monkeypatch):
    """Once this fails, the mending can go."""
    monkeypatch.setattr(selectbox, "resolve_value_against_options", original())
    page = chosen()
    page.button("more").click().run()
    assert shown(page) == (False, "")


def test_another_streamlit_is_left_as_it_is(monkeypatch, caplog):
    def other(value):
        raise NotImplementedError

    monkeypatch.setattr(selectbox, "resolve_value_against_options", other)
    send_changed_labels.__wrapped__()
    assert selectbox.resolve_value_against_options is other
    assert "requirements.txt" in caplog.text


@pytest.mark.usefixtures("mended")
def test_this_streamlit_is_the_one_it_was_made_for(caplog):
    assert hasattr(selectbox.resolve_value_against_options, "__wrapped__")
    assert caplog.text == ""
