from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from emotion_core.errors import SessionError
from emotion_core.sessions.edits.log import undo_edit
from emotion_core.sessions.edits.mark_lists import parse_mark_list, read_mark_list
from emotion_core.sessions.edits.marks import (
    MARK_COLORS,
    NewMark,
    add_mark,
    add_marks,
    change_mark,
    read_marks,
    recolor_label,
    remove_marks,
)
from emotion_core.sessions.edits.persons import merge_persons, split_person
from emotion_core.sessions.exports.tables import write_marks

BEGAN = datetime(2026, 1, 1, 12, 0, 0, 250_000, UTC)


def made(session):
    return [mark for mark in read_marks(session) if mark.source != "rule"]


def test_marks_are_added_changed_and_removed(session):
    late = add_mark(session, 1.2, "response")
    early = add_mark(session, 0.25, "  two\nwords ", seconds=0.5, person=2)
    assert made(session) == [early, late]
    assert (early.label, early.end, early.person, early.source) == ("two words", 0.75, 2, "person")
    assert (late.color, early.color) == MARK_COLORS[:2]
    change_mark(session, replace(late, start=0.1, label="two words"))
    assert [mark.start for mark in made(session)] == [0.1, 0.25]
    remove_marks(session, [late.id, early.id])
    assert made(session) == []
    undo_edit(session.folder)
    assert len(made(session)) == 2
    with pytest.raises(SessionError, match="expected the id of a mark, found 'x'"):
        remove_marks(session, ["x"])
    with pytest.raises(SessionError, match="expected the id of a mark"):
        change_mark(session, replace(late, id="x"))


def test_a_label_keeps_its_color(session):
    first = add_mark(session, 0.1, "a")
    add_marks(session, [NewMark(0.2, "b"), NewMark(0.3, "a")], source="import")
    assert [mark.color for mark in made(session)] == [first.color, MARK_COLORS[1], first.color]
    recolor_label(session, "a", "#123456")
    assert [mark.color for mark in made(session)] == ["#123456", MARK_COLORS[1], "#123456"]
    assert add_mark(session, 0.4, "a").color == "#123456"


def test_marks_of_a_rule_can_be_changed_like_others(session):
    rule = read_marks(session)[0]
    change_mark(session, replace(rule, label="smile"))
    assert read_marks(session)[0].label == "smile"
    recolor_label(session, "smile", "#123456")
    assert read_marks(session)[0].color == "#123456"


def test_marks_follow_persons(session):
    add_mark(session, 0.2, "a", person=1)
    add_mark(session, 1.2, "b", person=1)
    split_person(session, 1, 1.0)
    assert [mark.person for mark in made(session)] == [1, 4]
    merge_persons(session, 1, 2)
    assert [mark.person for mark in made(session)] == [2, 4]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"label": ""}, "expected a mark's label of 1 to 60 letters"),
        ({"label": "x" * 61}, "expected a mark's label of 1 to 60 letters"),
        ({"start": -1.0}, "expected a time of 0 s or more"),
        ({"start": float("nan")}, "expected a time of 0 s or more"),
        ({"color": "red"}, "expected a colour such as #3973a0, found 'red'"),
        ({"source": "nobody"}, "expected a mark's source, one of person, rule, import, api"),
    ],
)
def test_marks_that_are_none(session, values, told):
    arguments = {"start": 0.5, "label": "a"} | values
    with pytest.raises(SessionError, match=told):
        add_mark(session, **arguments)
    assert made(session) == []


def parsed(text: str, **arguments):
    return parse_mark_list(text.encode(), "marks.csv", BEGAN, 60.0, **arguments)


@pytest.mark.parametrize(
    "text",
    [
        "time,label,duration\n1.5,a,2\n30,b,\n",
        "\ufeffTime;Label;Duration\n1,5;a;2\n30;b;n/a\n",
        "onset\tduration\ttrial_type\tsample\n1.5\t2\ta\t7\n30\tn/a\tb\t8\n",
        "1.5,a,2\n\n0:30,b\n",
        "2026-01-01T12:00:01.750Z,a,2\n2026-01-01T13:00:30.250+01:00,b,0\n",
        '1.5,"a",2\r\n30," b "\r\n',
    ],
)
def test_lists_of_every_form(text):
    found = parsed(text)
    assert found.marks == (NewMark(1.5, "a", 2.0), NewMark(30.0, "b"))
    assert found.problems == ()


def test_a_time_of_the_clock_without_a_zone_is_that_of_who_imports():
    text = "2026-01-01 14:00:10.250,a\n"
    (mark,) = parsed(text, zone=timezone(timedelta(hours=2))).marks
    assert mark.start == 10.0


def test_bad_rows_are_told_with_their_lines_and_the_others_kept():
    found = parsed("time,label,duration\n1,a\nsoon,b\n2,\n3,c,long\n99,d\n-5,e\n4,f,-1\n5,g\n")
    assert [mark.label for mark in found.marks] == ["a", "g"]
    assert [problem.partition(", found")[0] for problem in found.problems] == [
        "line 3: expected a time in seconds, such as 12.5 or 1:30, or of the clock, such as "
        "2026-05-22T10:15:00",
        "line 4: expected a label of 1 to 60 letters",
        "line 5: expected a duration in seconds",
        "line 6: expected a time within the 60.0 s of the session",
        "line 7: expected a time within the 60.0 s of the session",
        "line 8: expected a duration in seconds",
    ]
    assert found.problems[3].endswith("found '99', which is after it")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "expected rows of time, label"),
        (b"time,label\n", "expected rows of time, label"),
        (b"\xff\xfe1\x00", "expected a CSV file in UTF-8"),
        (b'1,"a\n', "expected a CSV file in UTF-8"),
    ],
)
def test_files_that_are_no_lists(content, told, tmp_path):
    path = tmp_path / "marks.csv"
    path.write_bytes(content)
    with pytest.raises(SessionError, match=f"marks.csv: {told}"):
        read_mark_list(path, BEGAN, 60.0)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SessionError, match="expected a CSV file of marks, but it cannot be read"):
        read_mark_list(tmp_path / "none.csv", BEGAN, 60.0)


def test_marks_are_exported_so_that_they_can_be_imported(session):
    add_marks(session, [NewMark(0.5, "=cmd|' /C calc'!A0", 1.0), NewMark(1.0, "b")], source="api")
    file = io.BytesIO()
    write_marks(session, file)
    lines = file.getvalue().decode().splitlines()
    assert lines[0] == "time,duration,label,wall_clock,color,source,person"
    assert lines[2].startswith("0.5,1.0,'=cmd")  # which no spreadsheet runs
    assert lines[3] == f"1.0,0.0,b,2026-01-01T12:00:01.250Z,{MARK_COLORS[1]},api,"
    found = parse_mark_list(file.getvalue(), "marks.csv", BEGAN, 2.0)
    assert found.problems == ()
    assert [mark.start for mark in found.marks] == [0.5, 0.5, 1.0, 1.5]
