from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emotion_core.errors import SessionError
from emotion_core.sessions.edits.folding import edited_session, read_edited, read_raw
from emotion_core.sessions.edits.kinds import (
    CorrectAnswer,
    HidePerson,
    MergePersons,
    NamePerson,
    SplitPerson,
)
from emotion_core.sessions.edits.log import EditLog, drop_corrections, undo_edit
from emotion_core.sessions.edits.marks import add_mark, remove_marks
from emotion_core.sessions.edits.persons import (
    correct_answer,
    count_again,
    hide_person,
    leave_out,
    merge_persons,
    name_person,
    split_person,
)
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.exports.tables import write_export
from emotion_core.sessions.storage import list_sessions, open_session
from emotion_core.sessions.summary import summarize_session
from emotion_core.sessions.tables import read_events, read_tables


def persons(session) -> list[int]:
    found = sorted(set(read_edited(session).faces["person"]))
    assert open_session(session.folder).persons == len(found)  # which reads no rows
    return found


def test_without_an_edit_a_session_is_as_it_was_recorded(session):
    frames, faces = read_tables(session.folder)
    edited = read_edited(session)
    pd.testing.assert_frame_equal(edited.frames, frames)
    pd.testing.assert_frame_equal(edited.faces.drop(columns="corrected"), faces)
    pd.testing.assert_frame_equal(edited.events, read_events(session.folder))
    assert edited.faces["corrected"].isna().all()
    assert (edited.names, edited.left_out, edited.hidden) == ({}, (), ())


def test_two_persons_are_merged(session):
    name_person(session, 2, "Ada")
    merge_persons(session, 3, 2)
    edited = read_edited(session)
    assert persons(session) == [1, 2]
    assert (edited.faces["person"] == 2).sum() == 20
    assert edited.names == {2: "Ada"}
    merge_persons(session, 2, 1)  # whoever has no name gets that of the other
    assert read_edited(session).names == {1: "Ada"}
    assert read_edited(session).events["person"].tolist() == [1, pd.NA]
    assert [mark.person for mark in read_edited(session).marks] == [1, None]


def test_a_person_is_split(session):
    new = split_person(session, 1, 1.0)
    assert new == 4
    faces = read_edited(session).faces
    assert set(faces.loc[faces["person"] == 1, "seconds"] < 1.0) == {True}
    assert faces.loc[faces["person"] == 4, "seconds"].tolist() == [n / 10 for n in range(10, 20)]
    merge_persons(session, 4, 1)
    assert split_person(session, 1, 0.5) == 5  # no number twice


@pytest.mark.parametrize(("person", "at"), [(1, 0.0), (1, 1.95), (2, 1.5), (7, 1.0)])
def test_a_split_needs_pictures_on_both_sides(session, person, at):
    with pytest.raises(SessionError, match="expected a time between two pictures of person"):
        split_person(session, person, at)
    assert read_edited(session).log == EditLog()


def test_a_bystander_is_hidden_and_shown_again(session):
    hide_person(session, 2)
    edited = read_edited(session)
    assert persons(session) == [1, 3]
    assert edited.frames["faces"].tolist() == [1] * 10 + [2] * 10
    assert edited.hidden == (2,)
    assert [mark.person for mark in edited.marks] == [None]
    assert edited.events["rule"].tolist() == ["no face for 10 s"]
    hide_person(session, 2, hidden=False)
    assert persons(session) == [1, 2, 3]


def test_an_answer_is_corrected_in_a_range_of_one_person(session):
    correct_answer(session, 1, 0.2, 0.4, "neutral")
    merge_persons(session, 2, 1)  # what was said about person 1 is not about 2
    correct_answer(session, 1, 0.4, 0.4, None)
    faces = read_edited(session).faces
    found = faces[faces["corrected"].notna()]
    assert found["seconds"].tolist() == [0.2, 0.3]
    assert found["corrected"].tolist() == ["neutral"] * 2
    assert found["answer"].tolist() == ["happy"] * 2
    seconds = summarize_session(session).persons[0].answer_seconds
    assert seconds["neutral"] == pytest.approx(0.2)


def test_ranges_are_left_out_and_counted_again(session):
    leave_out(session, 0.2, 0.4)
    leave_out(session, 0.5, 0.5)
    count_again(session, 0.75, 0.1)
    edited = read_edited(session)
    assert edited.left_out == (TimeRange(0.2, 0.75), TimeRange(0.85, 1.0))
    assert len(edited.frames) == 20
    counted = edited.counted()
    assert counted.frames["seconds"].tolist() == [0.0, 0.1, 0.8] + [n / 10 for n in range(11, 20)]
    assert len(counted.faces) == 2 * len(counted.frames)
    assert counted.events["seconds"].tolist() == [1.5]
    # A frame before such a range stands for its own tenth of a second, not for the range.
    assert summarize_session(session).seconds == pytest.approx(1.1)


def test_dropping_the_corrections_brings_the_raw_back_and_keeps_marks(session):
    mark = add_mark(session, 0.7, "stimulus")
    merge_persons(session, 3, 2)
    hide_person(session, 1)
    leave_out(session, 0.0, 0.3)
    correct_answer(session, 2, 0, 2, "fear")
    name_person(session, 2, "Ada")
    drop_corrections(session.folder)
    edited, raw = read_edited(session), read_raw(session)
    pd.testing.assert_frame_equal(edited.faces, raw.faces)
    assert (edited.names, edited.left_out, edited.hidden) == ({}, (), ())
    assert mark in edited.marks
    undo_edit(session.folder)
    assert read_edited(session).names == {2: "Ada"}


def test_events_of_rules_are_marks(session):
    first, second = read_edited(session).marks
    assert (first.source, first.start, first.label) == ("rule", 0.5, "happy above 80% for 2 s")
    remove_marks(session, [first.id])
    assert read_edited(session).marks == (second,)
    assert len(read_edited(session).events) == 2


def test_raw_rows_never_change(session):
    before = {path.name: path.read_bytes() for path in session.folder.iterdir()}
    merge_persons(session, 2, 1)
    hide_person(session, 3)
    after = {path.name: path.read_bytes() for path in session.folder.iterdir()}
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {"edits.jsonl", ".editing"}


def test_a_session_of_an_earlier_version_can_be_edited(tmp_path):
    earlier = Path(__file__).parents[2] / "data" / "earlier" / "sessions"
    (session,) = list_sessions(shutil.copytree(earlier, tmp_path / "sessions")).sessions
    assert persons(session) == [1, 2]
    merge_persons(session, 2, 1)
    assert persons(session) == [1]
    file = io.BytesIO()
    write_export(open_session(session.folder), "csv", file)
    assert pd.read_csv(io.BytesIO(file.getvalue()))["person"].tolist() == [1, 1, 1]


def test_folding_row_by_row_comes_to_the_same():
    """Arrays against a loop that does what each edit says, for edits in any order."""
    random = np.random.default_rng(1)
    seconds = np.repeat(np.arange(200) / 10, 2)
    faces = pd.DataFrame(
        {
            "frame": np.repeat(np.arange(1, 201), 2),
            "seconds": seconds,
            "track": 1,
            "person": pd.array(random.integers(1, 6, 400), "Int64"),
        }
    )
    frames = pd.DataFrame({"frame": np.arange(1, 201), "faces": 2, "seconds": np.arange(200) / 10})
    faces.loc[random.random(400) < 0.1, "person"] = pd.NA
    events = pd.DataFrame({"seconds": [], "rule": [], "person": pd.array([], "Int64")})
    edits = []
    for _ in range(60):
        one, other = (int(each) for each in random.choice(np.arange(1, 9), 2, replace=False))
        at = float(random.uniform(0, 20))
        edits.append(
            [
                MergePersons(one, other),
                SplitPerson(one, at, other),
                CorrectAnswer(one, at, at + 2, "fear"),
                HidePerson(one, bool(random.random() < 0.5)),
                NamePerson(one, f"name {one}"),
            ][int(random.integers(5))]
        )
    rows = [
        [time, None if pd.isna(person) else person, None]
        for time, person in zip(seconds, faces["person"], strict=True)
    ]
    hidden = set()
    for edit in edits:
        for row in rows:
            match edit:
                case MergePersons(person, into) if row[1] == person:
                    row[1] = into
                case SplitPerson(person, at, into) if row[1] == person and row[0] >= at:
                    row[1] = into
                case CorrectAnswer(person, start, end, label):
                    if row[1] == person and start <= row[0] <= end:
                        row[2] = label
        if isinstance(edit, HidePerson):
            (hidden.add if edit.hidden else hidden.discard)(edit.person)
        elif isinstance(edit, MergePersons):
            hidden.discard(edit.person)
    left = [row for row in rows if row[1] not in hidden]
    edited = edited_session(frames, faces, events, EditLog(tuple(edits)))
    columns = edited.faces[["seconds", "person", "corrected"]].astype(object)
    assert columns.where(columns.notna(), None).to_numpy().tolist() == left
    assert edited.frames["faces"].sum() == len(left)
