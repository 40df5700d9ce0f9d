"""What the player tells the browser, and what it makes of what a browser says."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from emotion_core.recorded.job import VIDEO_KEY
from emotion_core.sessions.edits.log import undo_edit
from emotion_core.sessions.edits.marks import add_mark, read_marks
from emotion_core.sessions.edits.persons import hide_person, merge_persons, name_person
from emotion_core.sessions.header import write_header
from emotion_core.sessions.storage import Session, open_session
from pages.workbench import player
from pages.workbench.player import show_player
from pages.workbench.reading import playhead_key
from tests.sessions.recordings import record


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    st.cache_resource.clear()
    frames = [(each / 10, {1: "happy", 2: "sad"}) for each in range(20)]
    return record(tmp_path / "sessions", frames)


class Browser:
    """What the component was last given, and what it would call."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.files: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.reruns = 0

    def mount(self, *, key: str, data: dict[str, Any], **callbacks: Any) -> None:
        self.key, self.data, self.callbacks = key, data, callbacks

    def serve(self, content: Any, mimetype: str, place: str) -> str:
        self.files[place] = (content, mimetype)
        return f"/media/{len(self.files)}"

    def rerun(self) -> None:
        self.reruns += 1

    def show(self) -> dict[str, Any]:
        show_player(self.session)
        return self.data

    def say(self, **said: Any) -> None:
        (name,) = said
        self.state[self.key] = SimpleNamespace(**said)
        self.callbacks[f"on_{name}_change"]()


@pytest.fixture
def browser(session: Session, monkeypatch: pytest.MonkeyPatch) -> Browser:
    browser = Browser(session)
    monkeypatch.setattr(player, "_player", lambda: browser.mount)
    monkeypatch.setattr(player, "address_of", browser.serve)
    monkeypatch.setattr(st, "session_state", browser.state)
    monkeypatch.setattr(st, "rerun", browser.rerun)
    return browser


def test_where_the_playhead_rests_is_kept_for_others(browser, session):
    assert browser.show()["at"] == 0
    browser.say(rested=1.25)
    assert browser.state[playhead_key(session)] == 1.25
    assert browser.show()["at"] == 1.25
    browser.say(rested=99.0)
    assert browser.state[playhead_key(session)] == 1.9  # the last frame
    for nonsense in (None, "1", -1, float("nan"), True, [1]):
        browser.say(rested=nonsense)
        assert browser.state[playhead_key(session)] == 1.9


@pytest.mark.parametrize(("part", "reruns"), [("People", 1), ("Numbers", 0)])
def test_what_is_offered_for_its_time_follows_the_playhead(browser, part, reruns):
    """Split stayed at 0:00.0, and so could not be pressed, until something else was."""
    browser.state["part"] = part
    browser.show()
    browser.say(rested=1.25)
    browser.show()
    browser.show()
    assert browser.reruns == reruns


def test_a_mark_is_made_where_the_browser_says(browser, session):
    browser.show()
    browser.say(marked={"start": 0.5, "end": None})
    browser.show()
    assert browser.reruns == 1  # the list of marks is another part
    browser.say(marked={"start": 1.0, "end": 1.5})
    assert [(mark.start, mark.seconds) for mark in read_marks(session)] == [(0.5, 0), (1.0, 0.5)]
    marks = browser.show()["marks"]
    assert [(mark["start"], mark["end"], mark["label"]) for mark in marks] == [
        (0.5, None, "mark"), (1.0, 1.5, "mark"),
    ]  # fmt: skip
    for nonsense in (None, {}, {"start": "0"}, {"start": 99, "end": None}, {"start": -1}):
        browser.say(marked=nonsense)
    assert len(read_marks(session)) == 2


def test_a_corrected_name_needs_no_other_rows(browser, session):
    before = browser.show()["index"], browser.files[f"player {session.id} rows"][0].getvalue()[:64]
    name_person(session, 2, "Ada")
    add_mark(session, 1.0, "laughs")
    assert browser.show()["names"] == {"2": "Ada"}
    after = browser.data["index"], browser.files[f"player {session.id} rows"][0].getvalue()[:64]
    assert after == before


def test_persons_are_those_after_merging_and_hiding(browser, session):
    assert browser.show()["index"]["persons"] == (1, 2)
    hide_person(session, 1)
    assert browser.show()["index"]["persons"] == (2,)
    undo_edit(session.folder)
    merge_persons(session, 2, into=1)
    assert browser.show()["index"]["persons"] == (1,)


def test_a_video_that_was_read_is_played_from_where_it_lies(
    browser, session, tmp_path, monkeypatch
):
    film = tmp_path / "talk.mp4"
    film.write_bytes(b"film")
    settings = {VIDEO_KEY: {"name": "talk.mp4", "path": str(film), "key": "0"}}
    description = dataclasses.replace(session.header.description, settings=settings)
    write_header(session.folder, dataclasses.replace(session.header, description=description))
    browser.session = open_session(session.folder)
    monkeypatch.setattr(player, "server_is_offered", lambda: False)
    assert browser.show()["video"] is None  # of no concern to somebody elsewhere
    monkeypatch.setattr(player, "server_is_offered", lambda: True)
    video = browser.show()["video"]
    assert (video["start"], video["drawn"]) == (0.0, False)  # boxes are drawn by the browser
    assert browser.files[f"player {session.id} video"][0].getvalue() == b"film"
    film.unlink()
    assert browser.show()["video"] is None
