"""The list of sessions: searched, taken away several at once, and cleaned up."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion_core.sessions.exports.tables import write_several
from emotion_core.sessions.header import FRAMES_FILE
from emotion_core.sessions.storage import Session, find_session, list_sessions, rename_session
from emotion_core.system.storage.folders import PROJECT
from tests.sessions.recordings import record

DAY = 24 * 60 * 60


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Session]:
    """Three sessions, by the order of their recording: two have names, tags and notes."""
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "sessions"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    made = [record(tmp_path / "sessions", [(each, {1: "happy"}) for each in (0, 1)]) for _ in "abc"]
    made[0] = rename_session(made[0], name="Pilot", notes="with glasses", tags=["study 1", "lab"])
    made[1] = rename_session(made[1], name="Second", notes="", tags=["study 1"])
    return made


@pytest.fixture
def page(sessions, monkeypatch) -> AppTest:  # noqa: ARG001
    monkeypatch.setattr(st, "page_link", lambda *_, label, **__: st.markdown(label))
    return AppTest.from_file(str(PROJECT / "pages/sessions.py"), default_timeout=60)


def run(what: Any) -> AppTest:
    """Run the page, by itself or with what was done to a widget."""
    page: AppTest = what.run()
    assert not page.exception
    return page


def names(page: AppTest) -> list[str]:
    return next(table.value["name"].tolist() for table in page.dataframe if "size" in table.value)


def text(page: AppTest) -> str:
    return " ".join(each.value for each in (*page.markdown, *page.caption, *page.info))


def test_words_and_tags_find_sessions(page):
    assert names(run(page)) == ["", "Second", "Pilot"]
    run(page.text_input(key="search").set_value("GLASSES pil"))
    assert names(page) == ["Pilot"]
    assert "1 of 3 sessions, " in text(page)
    run(page.text_input(key="search").set_value(""))
    assert page.multiselect(key="tags").options == ["lab", "study 1"]
    run(page.multiselect(key="tags").set_value(["study 1"]))
    assert names(page) == ["Second", "Pilot"]
    run(page.text_input(key="search").set_value("nobody"))
    assert "No session has all of this." in text(page)
    # What is open below stays.
    assert page.selectbox(key="chosen_session").value is not None


def test_tags_are_given_beside_name_and_notes(page, sessions):
    page.session_state["chosen_session"] = sessions[2].id
    run(page)
    tags = page.multiselect(key=f"tags {sessions[2].id}")
    assert tags.options == ["lab", "study 1"]
    tags.set_value(["lab"])
    run(page.button(key=f"save {sessions[2].id}").click())
    folder = sessions[2].folder
    assert find_session(folder.parent, folder.name).header.tags == ("lab",)


def test_several_are_one_zip(page, sessions):
    page.session_state["ticked_sessions"] = [each.id for each in sessions[:2]]
    run(page)
    assert "Export 2 sessions" in [each.label for each in page.get("download_button")]
    file = io.BytesIO()
    write_several(sessions[:2], file)
    found = zipfile.ZipFile(file).namelist()
    for session in sessions[:2]:
        for name in ("session.json", "frames.csv", "faces.csv", "codebook.csv"):
            assert f"{session.id}/{name}" in found


def test_two_are_compared_in_the_numbers_below(page, sessions):
    page.session_state["ticked_sessions"] = [each.id for each in sessions[:2]]
    page.session_state["part"] = "Files"
    run(run(page).button(key="compare_ticked").click())
    groups = [page.multiselect(key=key).value for key in ("first_group", "second_group")]
    assert sorted(groups) == [[sessions[0].id], [sessions[1].id]]
    assert page.session_state["part"] == "Numbers"


@pytest.fixture
def aged(sessions) -> Callable[[int, int], None]:
    """Let the rows of a session have been written so many days ago."""

    def age(number: int, days: int) -> None:
        then = time.time() - days * DAY
        os.utime(sessions[number].folder / FRAMES_FILE, (then, then))

    return age


def test_what_is_old_is_deleted_after_saying_what_that_is(page, sessions, aged):
    run(page)
    assert "No session is that old." in text(page)
    aged(0, 100)
    aged(1, 40)
    run(page)
    assert "1 session of 3, " in text(page)
    run(page.number_input(key="old_days").set_value(30))
    assert "2 sessions of 3, " in text(page)
    assert "will be deleted" in text(page)
    run(page.button(key="delete_old").click())
    left = list_sessions(sessions[0].folder.parent).sessions
    assert [each.id for each in left] == [sessions[2].id]
