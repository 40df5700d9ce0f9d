from __future__ import annotations

import io
import os

import pandas as pd
import pytest

from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.errors import SessionError
from emotion_core.sessions import tables
from emotion_core.sessions.summary import summarize_session
from emotion_core.sessions.tables import (
    EVENTS_COLUMNS,
    FACES_COLUMNS,
    completed_faces,
    joined_table,
    read_events,
    read_tables,
)
from tests.sessions.recordings import IMAGE, STARTED, event, face, nobody, record, start

FRAMES = [
    (0.0, {}),
    (0.04, {1: "happy"}),
    (0.08, {1: "sad", 2: UNCERTAIN}),
    (0.12, {2: "fear"}),
]


@pytest.fixture
def folder(tmp_path):
    return record(tmp_path, FRAMES).folder


def test_what_is_recorded_is_read(folder):
    frames, faces = read_tables(folder)
    assert frames["frame"].tolist() == [1, 2, 3, 4]
    assert frames["seconds"].tolist() == [0.0, 0.04, 0.08, 0.12]
    assert frames["faces"].tolist() == [0, 1, 2, 1]
    assert set(frames["frame_width"]) == {64}
    assert set(frames["frame_height"]) == {48}
    assert frames["wall_clock"][0] == "2026-01-01T12:00:00.250Z"
    assert frames["wall_clock"][1] == "2026-01-01T12:00:00.290Z"
    assert faces["frame"].tolist() == [2, 3, 3, 4]
    assert faces["seconds"].tolist() == [0.04, 0.08, 0.08, 0.12]
    assert faces["person"].tolist() == [1, 1, 2, 2]
    assert faces["answer"].tolist() == ["happy", "sad", "uncertain", "fear"]
    assert faces["emotion"].tolist() == ["happy", "sad", "sad", "fear"]
    assert faces.loc[0, ["x", "y", "width", "height"]].tolist() == [1, 2, 30, 40]
    assert faces.loc[0, list(EMOTIONS)].tolist() == [0.05, 0.05, 0.05, 0.7, 0.05, 0.05, 0.05]


def test_a_session_without_frames(tmp_path):
    frames, faces = read_tables(record(tmp_path, []).folder)
    assert len(frames) == len(faces) == 0
    assert len(joined_table(frames, faces)) == 0


@pytest.mark.parametrize("cut", [1, 5, 20, 150])
@pytest.mark.parametrize("name", ["frames.csv", "faces.csv"])
def test_a_table_that_ends_anywhere_is_read_up_to_the_last_whole_frame(folder, name, cut):
    path = folder / name
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    frames, faces = read_tables(folder)
    whole = content[:-cut].count(b"\n") - 1
    assert whole < content.count(b"\n") - 1
    assert faces["frame"].isin(frames["frame"]).all()
    assert len(faces) == frames["faces"].sum()
    if name == "frames.csv":
        assert frames["frame"].tolist() == [1, 2, 3, 4][:whole]
    else:  # the third frame has the second and the third face
        assert frames["frame"].tolist() == {3: [1, 2, 3], 2: [1, 2], 1: [1, 2]}[whole]


def test_zeros_that_a_power_failure_leaves_are_no_damage(folder):
    with (folder / "faces.csv").open("ab") as file:
        file.write(bytes(3000))
    assert len(read_tables(folder)[1]) == 4


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("happy,0.7000,happy", "happy,0.7000,merry"),
        ("0.0400", "soon"),
        ("frame,", "picture,"),
        ("frame,seconds", ""),
    ],
)
def test_a_damaged_table_is_one_line(folder, old, new):
    path = folder / "faces.csv"
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new, 1))
    with pytest.raises(
        SessionError, match=r"faces\.csv cannot be read \(.+\); expected a table"
    ) as error:
        read_tables(folder)
    assert "\n" not in str(error.value)


def test_a_missing_table(folder):
    (folder / "frames.csv").unlink()
    with pytest.raises(SessionError, match=r"frames\.csv cannot be read"):
        read_tables(folder)


def test_joined_table_keeps_frames_without_a_face(folder):
    table = joined_table(*read_tables(folder))
    assert table["frame"].tolist() == [1, 2, 3, 3, 4]
    assert table["person"].isna().tolist() == [True, False, False, False, False]
    assert table["person"].dtype == table["x"].dtype == "Int64"
    assert table["wall_clock"][0] == pd.Timestamp("2026-01-01 12:00:00.250", tz="UTC")


EVENTS = [event(0.05), nobody(0.1)]


def test_events_that_are_recorded_are_read(tmp_path):
    events = read_events(record(tmp_path, FRAMES, EVENTS).folder)
    assert tuple(events.columns) == EVENTS_COLUMNS
    assert events["seconds"].tolist() == [0.05, 0.1]
    assert events["wall_clock"][0] == pd.Timestamp("2026-01-01 12:00:00.300", tz="UTC")
    assert events["rule"].tolist() == ["happy above 80% for 2 s", "no face for 10 s"]
    assert events["person"].dtype == "Int64"
    assert events["person"][0] == 1
    assert events["score"][0] == 0.8413
    assert events.loc[1, ["person", "score"]].isna().all()


def test_a_session_without_events_has_no_table_of_them(folder):
    assert not (folder / "events.csv").exists()
    none = read_events(folder)
    assert tuple(none.columns) == EVENTS_COLUMNS
    assert len(none) == 0


@pytest.mark.parametrize("length", [0, 5, 40, 90, 110])
def test_events_that_end_anywhere_are_read_up_to_the_last_whole_one(tmp_path, length):
    folder = record(tmp_path, FRAMES, EVENTS).folder
    whole = read_events(folder)
    path = folder / "events.csv"
    content = path.read_bytes()[:length]
    path.write_bytes(content)
    left = read_events(folder)
    assert left["rule"].tolist() == whole["rule"].tolist()[: max(0, content.count(b"\n") - 1)]
    assert left["person"].dtype == "Int64"


def test_damaged_events_are_one_line(tmp_path):
    folder = record(tmp_path, FRAMES, EVENTS).folder
    (folder / "events.csv").write_text("seconds,rule\n1,2\n")
    with pytest.raises(SessionError, match=r"events\.csv cannot be read \(.+\); expected a table"):
        read_events(folder)


#: Somebody (1) who is taken for a person from the third frame on, something (2) that never is, and
#: the same person again (3).
COMING_BACK = [
    (0.0, [face(None, "happy", track=1)]),
    (0.3, [face(None, "happy", track=1), face(None, "sad", track=2)]),
    (0.5, [face(1, "happy", track=1)]),
    (8.0, [face(None, "fear", track=3)]),
    (8.5, [face(1, "fear", track=3)]),
]


@pytest.fixture
def coming_back(tmp_path):
    recorder = start(tmp_path)
    for seconds, faces in COMING_BACK:
        recorder.record(STARTED + seconds, faces, IMAGE)
    return recorder.stop()


def test_the_first_half_second_is_the_persons_once_they_are_known(coming_back):
    _, faces = read_tables(coming_back.folder)
    assert faces["track"].tolist() == [1, 1, 2, 1, 3, 3]
    assert faces["person"].dtype == "Int64"
    assert faces["person"].fillna(-1).tolist() == [1, 1, -1, 1, 1, 1]
    assert b",1,,1,2,30,40,happy" in (coming_back.folder / "faces.csv").read_bytes()
    told = pd.read_csv(io.BytesIO(completed_faces(coming_back.folder)))
    assert told["person"].fillna(-1).tolist() == [1, 1, -1, 1, 1, 1]


def test_sums_leave_out_what_was_seen_for_less_than_half_a_second(coming_back):
    summary = summarize_session(coming_back)
    assert [(each.person, each.frames) for each in summary.persons] == [(1, 5)]
    assert summary.passing == 1
    assert coming_back.persons == 1


def test_a_session_of_format_1(folder):
    """As the version before wrote it: no tracks, and ``face`` for the person."""
    path = folder / "faces.csv"
    rows = [line.split(",") for line in path.read_text("utf-8").splitlines()]
    for row in rows:
        del row[3]  # track
    rows[0][3] = "face"
    path.write_text("\n".join(map(",".join, rows)) + "\n", "utf-8")
    before = path.read_bytes()
    _, faces = read_tables(folder)
    assert tuple(faces.columns) == FACES_COLUMNS
    assert faces["person"].tolist() == faces["track"].tolist() == [1, 1, 2, 2]
    assert completed_faces(folder) == before
    path.write_bytes(before[:-30])
    assert read_tables(folder)[1]["person"].tolist() == [1, 1, 2]


def test_rows_are_counted_once_as_long_as_they_are_the_same(tmp_path, monkeypatch):
    session = record(tmp_path, [(0.0, {1: "happy"}), (0.1, {1: "happy", 2: "sad"})])
    read = []
    monkeypatch.setattr(
        tables, "read_tables", lambda folder: read.append(folder) or read_tables(folder)
    )
    assert [tables.count_rows(session.folder) for _ in range(3)] == [(2, 0.1, 2)] * 3
    assert len(read) == 1
    os.utime(session.folder / "frames.csv", (1, 1))
    assert tables.count_rows(session.folder) == (2, 0.1, 2)
    assert len(read) == 2
