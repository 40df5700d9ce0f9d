"""How long sessions are kept, on the page Sessions."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion_core.belongings.retention import own_rule
from emotion_core.sessions.storage import Session, find_session, open_session
from emotion_core.system.storage.folders import PROJECT
from tests.sessions.recordings import record

DAY = 86_400.0


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Session]:
    """Two sessions, of 28 days ago and of today."""
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "data" / "sessions"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("STREAMLIT_SECRETS_FILES", str(tmp_path / "none.toml"))
    monkeypatch.delenv("EMOTION_RETENTION_DAYS", raising=False)
    made = [record(tmp_path / "data" / "sessions", [(0.0, {1: "happy"})]) for _ in "ab"]
    written = time.time() - 28 * DAY
    os.utime(made[0].folder / "frames.csv", (written, written))
    return [open_session(each.folder) for each in made]


@pytest.fixture
def page(sessions: list[Session], monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(st, "page_link", lambda *_, label, **__: st.markdown(label))
    page = AppTest.from_file(str(PROJECT / "pages/sessions.py"), default_timeout=60)
    page.session_state["chosen_session"] = sessions[0].id
    return page


def run(page: AppTest) -> AppTest:
    page.run()
    assert not page.exception
    return page


def text(page: AppTest) -> str:
    return " ".join(each.value for each in (*page.markdown, *page.caption, *page.warning))


def deleted_on(page: AppTest) -> list[str] | None:
    (table,) = [each.value for each in page.dataframe if "size" in each.value]
    return table["deleted on"].tolist() if "deleted on" in table else None


def test_without_a_rule_nothing_is_said(page: AppTest) -> None:
    assert deleted_on(run(page)) is None
    assert "eleted on" not in text(page)
    assert [each.label for each in page.toggle if each.label == "Keep"] == []
    assert "Sessions are kept until somebody deletes them." in text(page)


def test_what_goes_is_said_before_and_can_be_kept(
    page: AppTest, sessions: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_RETENTION_DAYS", "30")
    run(page)
    later, soon = deleted_on(page)  # the newest first
    assert "" not in (later, soon)
    assert later != soon
    assert f"1 session is deleted within a week, on {soon}. Export what you need" in text(page)
    assert f"Is deleted on {soon}." in text(page)
    assert "On this server, sessions are deleted after 30 days." in text(page)
    page.toggle(key=f"keep {sessions[0].id}").set_value(True)
    run(page)
    folder = sessions[0].folder
    assert find_session(folder.parent, folder.name).header.tags == ("keep",)
    assert deleted_on(page) == [later, ""]
    assert "within a week" not in text(page)
    assert "Stays until somebody deletes it." in text(page)
    page.toggle(key=f"keep {sessions[0].id}").set_value(False)
    run(page)
    assert deleted_on(page) == [later, soon]


def test_a_rule_of_ones_own(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_RETENTION_DAYS", "60")
    run(page)
    assert page.number_input(key="retention_days").max == 60
    page.number_input(key="retention_days").set_value(14)
    page.button(key="retention_set").click()
    run(page)
    rule = own_rule()
    assert rule is not None
    assert rule.days == 14
    assert "By your own rule, yours are deleted after 14 days." in text(page)
    page.button(key="retention_drop").click()
    run(page)
    assert own_rule() is None
    assert "By your own rule" not in text(page)


def test_a_rule_that_means_nothing_is_told(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_RETENTION_DAYS", "soon")
    assert "expected a number of days from 1 to 3,650, found 'soon'" in text(run(page))
