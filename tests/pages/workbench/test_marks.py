from __future__ import annotations

import streamlit as st

from emotion_core.sessions.edits.folding import read_edited
from emotion_core.sessions.edits.marks import NewMark, add_marks, read_marks
from emotion_core.sessions.edits.persons import name_person
from emotion_core.sessions.exports import offered
from pages.workbench import files


def made(session) -> list[tuple[float, str]]:
    return [(mark.start, mark.label) for mark in read_marks(session) if mark.source != "rule"]


def test_a_mark_is_added_where_the_player_stands(open_part, session):
    page = open_part("marks")
    page.session_state[f"playhead {session.id}"] = 1.2
    page.selectbox(key=f"new mark {session.id}").set_value("stimulus")
    page.run()
    page.button(key="add_mark").click().run()
    assert not page.exception
    assert made(session) == [(1.2, "stimulus")]
    page.button(key="undo marks").click().run()
    assert made(session) == []


def test_ranges_are_left_out_and_counted_again(open_part, session):
    page = open_part("marks")
    page.number_input(key=f"range seconds {session.id}").set_value(0.5).run()
    page.button(key="leave_out").click().run()
    (range_,) = read_edited(session).left_out
    assert (range_.start, range_.end) == (0.0, 0.5)
    page.button(key="count 0.0 0.5").click().run()
    assert read_edited(session).left_out == ()


def test_a_list_is_imported(open_part, session):
    page = open_part("marks")
    content = b"time,label\n0.5,a\nlater,b\n1.5,c\n"
    page.file_uploader[0].set_value(("marks.csv", content, "text/csv")).run()
    assert "1 row left out" in page.warning[0].value
    assert "line 3" in page.warning[0].value
    page.button(key="import_marks").click().run()
    assert not page.exception
    assert made(session) == [(0.5, "a"), (1.5, "c")]
    assert {mark.source for mark in read_marks(session)} == {"rule", "import"}


def test_marks_are_recolored_by_label(open_part, session):
    first, _ = add_marks(session, [NewMark(0.1, "a"), NewMark(0.2, "a")], source="api")
    page = open_part("marks")
    page.color_picker(key=f"color {session.id} a {first.color}").set_value("#123456").run()
    assert not page.exception
    colors = {mark.color for mark in read_marks(session) if mark.label == "a"}
    assert colors == {"#123456"}


def test_files_come_as_recorded_where_that_is_another_thing(open_part, session, monkeypatch):
    kinds = []
    monkeypatch.setattr(files, "written", lambda write: write(None))
    monkeypatch.setattr(offered, "write_session", lambda *_, raw: kinds.append(raw))
    monkeypatch.setattr(st, "download_button", lambda name, content, *_, **__: _get(name, content))
    assert list(open_part("files").toggle) == []
    name_person(session, 1, "Ada")
    page = open_part("files")
    assert "- `corrected`: " in page.markdown[0].value
    page.toggle[0].set_value(True).run()
    assert "- `corrected`: " not in page.markdown[0].value
    assert kinds == [False, False, True]


def _get(name: str, content: object) -> None:
    if name == "CSV":
        content()
