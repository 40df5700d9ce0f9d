from __future__ import annotations

import json
import threading

import pytest

from emotion_core.errors import SessionError
from emotion_core.sessions.edits import log as log_module
from emotion_core.sessions.edits.folding import read_edited
from emotion_core.sessions.edits.kinds import NamePerson, in_words
from emotion_core.sessions.edits.log import (
    EditLog,
    carry_over,
    drop_corrections,
    read_log,
    redo_edit,
    undo_edit,
)
from emotion_core.sessions.edits.marks import add_mark, read_marks, remove_marks
from emotion_core.sessions.edits.persons import hide_person, leave_out, merge_persons, name_person
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.storage import delete_session
from emotion_core.system.storage.locks import FileLock
from tests.sessions.recordings import IMAGE, STARTED, face, record, start


def test_undo_and_redo_one_after_the_other(session):
    name_person(session, 1, "Ada")
    name_person(session, 1, "Bob")
    merge_persons(session, 2, 1)
    assert undo_edit(session.folder).person == 2
    assert undo_edit(session.folder) == NamePerson(1, "Bob")
    assert read_edited(session).names == {1: "Ada"}
    assert redo_edit(session.folder) == NamePerson(1, "Bob")
    name_person(session, 2, "Cy")  # from here on, the merge cannot be done again
    assert redo_edit(session.folder) is None
    assert read_edited(session).names == {1: "Bob", 2: "Cy"}
    for _ in range(3):
        undo_edit(session.folder)
    assert undo_edit(session.folder) is None
    assert read_log(session.folder).made == ()
    assert read_edited(session).names == {}


def test_a_log_after_a_step_is_what_is_read(session):
    made = [name_person, merge_persons, hide_person, leave_out]
    for act, arguments in zip(made, [(1, "A"), (2, 1), (3,), (0.0, 1.0)], strict=True):
        act(session, *arguments)
    undo_edit(session.folder)
    undone = read_log(session.folder)
    assert len(undone.made) == 3
    assert len(undone.undone) == 1
    drop_corrections(session.folder)
    assert read_log(session.folder).effective == ()
    assert read_log(session.folder).undone == ()


@pytest.mark.parametrize("left", [b'{"kind": "na', b"\0\0\0\0", b'{"kind": "hide", "person": 1}'])
def test_a_line_that_was_cut_in_two_is_passed_over_and_taken_away(session, left):
    name_person(session, 1, "Ada")
    path = session.folder / "edits.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + left)
    assert read_edited(session).names == {1: "Ada"}
    name_person(session, 2, "Bob")
    assert read_edited(session).names == {1: "Ada", 2: "Bob"}
    assert path.read_bytes().startswith(whole)
    assert left not in path.read_bytes()


def test_a_disk_that_is_full_leaves_the_log_as_it_was(session, monkeypatch):
    name_person(session, 1, "Ada")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        with pytest.raises(SessionError, match=r"cannot be written \(No space left on device\)"):
            name_person(session, 1, "Bob")
    assert read_edited(session).names == {1: "Ada"}
    assert len(read_log(session.folder).made) == 1


def test_two_writers_lose_nothing(session):
    def add(writer: int) -> None:
        for number in range(20):
            add_mark(session, number / 20, f"{writer}")

    writers = [threading.Thread(target=add, args=(each,)) for each in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    marks = [mark for mark in read_marks(session) if mark.source == "person"]
    assert len(marks) == len({mark.id for mark in marks}) == 60
    colors = {mark.label: mark.color for mark in marks}
    assert len(set(colors.values())) == 3


def test_who_holds_the_lock_for_long_is_told(session, monkeypatch):
    monkeypatch.setattr(log_module, "_PATIENCE", 0.0)
    lock = FileLock(session.folder / ".editing")
    assert lock.acquire()
    with lock, pytest.raises(SessionError, match="another program is changing them; try again"):
        name_person(session, 1, "Ada")
    name_person(session, 1, "Ada")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"kind": "rewrite"}', "line 2: expected an edit, found"),
        ("[]", "line 2: expected an edit, found"),
        ("{", "line 2: "),
        ('{"kind": "hide"}', "line 2: 'person'"),
        ('{"kind": "hide", "person": "1"}', "line 2: person: expected a whole number, found text"),
        ('{"kind": "hide", "person": 0}', "line 2: expected a person's number from 1, found 0"),
        (f'{{"kind": "hide", "person": {10**30}}}', "line 2: expected a person's number from 1"),
        ('{"kind": "hide", "person": 1, "why": ""}', "line 2: expected person, hidden, found"),
        ('{"kind": "leave_out", "start": 1, "seconds": -1}', "line 2: expected a time of 0 s"),
    ],
)
def test_a_damaged_line_is_told_with_its_number(session, line, reason):
    name_person(session, 1, "Ada")
    path = session.folder / "edits.jsonl"
    path.write_text(f"{path.read_text()}{line}\n")
    with pytest.raises(SessionError) as caught:
        read_edited(session)
    assert f"edits.jsonl cannot be read ({reason}" in str(caught.value)
    assert "delete it to have the session as it was recorded" in str(caught.value)


def test_each_line_says_when_it_was_made_and_what(session):
    name_person(session, 1, "Ada\n Lovelace ")
    line = json.loads((session.folder / "edits.jsonl").read_text())
    assert line.pop("made").endswith("Z")
    assert line == {"kind": "name", "person": 1, "name": "Ada Lovelace"}
    assert in_words(read_log(session.folder).made[0]) == "name of person 1: Ada Lovelace"


def test_while_it_is_recorded_only_marks_can_be_made(tmp_path):
    recorder = start(tmp_path)
    recorder.record(STARTED, [face(1, "happy")], IMAGE)
    with pytest.raises(SessionError, match="until it ends, only marks can be made"):
        name_person(recorder, 1, "Ada")
    add_mark(recorder, 0.0, "stimulus")
    assert undo_edit(recorder.folder) is not None
    assert redo_edit(recorder.folder) is not None
    session = recorder.stop()
    assert [mark.label for mark in read_marks(session)] == ["stimulus"]


def test_what_is_deleted_is_not_made_anew(session):
    delete_session(session.folder.parent, session.id)
    with pytest.raises(SessionError, match="expected a session, found none"):
        name_person(session, 1, "Ada")
    assert not session.folder.exists()


def test_marks_and_ranges_come_along_where_a_session_is_read_anew(session, tmp_path):
    add_mark(session, 0.5, "stimulus", person=2)
    removed = add_mark(session, 0.7, "response")
    remove_marks(session, [removed.id])
    leave_out(session, 0.0, 0.2)
    merge_persons(session, 2, 1)
    again = record(tmp_path / "again", [(0.0, {1: "happy"}), (1.0, {2: "sad"})])
    carry_over(session.folder, again.folder)
    edited = read_edited(again)
    assert [(mark.label, mark.person) for mark in edited.marks] == [("stimulus", None)]
    assert edited.left_out == (TimeRange(0.0, 0.2),)
    assert sorted(edited.faces["person"]) == [1, 2]
    carry_over(tmp_path / "none", again.folder)
    (session.folder / "edits.jsonl").write_text("{\n")
    carry_over(session.folder, again.folder)
    assert len(read_log(again.folder).made) == 4


def test_nothing_to_drop(session):
    drop_corrections(session.folder)
    assert read_log(session.folder) == EditLog()
