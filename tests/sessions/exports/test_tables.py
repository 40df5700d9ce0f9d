from __future__ import annotations

import io
import json
import zipfile

import pandas as pd
import pytest

from emotion_core.errors import SessionError
from emotion_core.sessions.edits.folding import read_edited
from emotion_core.sessions.edits.marks import add_mark
from emotion_core.sessions.edits.persons import (
    correct_answer,
    hide_person,
    leave_out,
    merge_persons,
    name_person,
)
from emotion_core.sessions.exports.codebook import exported_codebook
from emotion_core.sessions.exports.kinds import export_session
from emotion_core.sessions.exports.tables import TABLE_KINDS, write_events, write_export
from emotion_core.sessions.storage import delete_session, list_sessions
from emotion_core.sessions.tables import FACES_COLUMNS
from tests.sessions.recordings import (
    IMAGE,
    STARTED,
    event,
    face,
    nobody,
    record,
    start,
)

FRAMES = [(0.0, {}), (0.04, {1: "happy"}), (0.08, {1: "sad", 2: "uncertain"})]


@pytest.fixture
def session(tmp_path):
    return record(tmp_path / "sessions", FRAMES)


def test_csv(session, tmp_path):
    export_session(session, tmp_path / "out" / "a.csv")
    table = pd.read_csv(tmp_path / "out" / "a.csv")
    assert set(FACES_COLUMNS) <= set(table.columns)
    assert table["frame"].tolist() == [1, 2, 3, 3]
    assert table["person"].tolist()[1:] == [1, 1, 2]
    assert table["answer"].tolist()[1:] == ["happy", "sad", "uncertain"]
    assert table.loc[0].dropna().index.tolist() == [
        "frame",
        "seconds",
        "wall_clock",
        "frame_width",
        "frame_height",
    ]
    assert table["wall_clock"][1] == "2026-01-01T12:00:00.290Z"


def test_parquet_keeps_kinds_and_header(session, tmp_path):
    export_session(session, tmp_path / "a.parquet")
    table = pd.read_parquet(tmp_path / "a.parquet")
    assert table["wall_clock"][0] == pd.Timestamp("2026-01-01 12:00:00.250", tz="UTC")
    assert table["person"].dtype == "Int64"
    assert table["person"].tolist()[1:] == [1, 1, 2]
    assert table["happy"].tolist()[1:] == [0.7, 0.05, 0.05]
    assert table.attrs["session"]["description"]["model_name"] == "fer2013-vgg"


def test_zip_holds_everything(tmp_path):
    recorder = start(tmp_path, with_video=True)
    recorder.record(STARTED, [face(1, "happy")], IMAGE)
    session = recorder.stop()
    with (session.folder / "faces.csv").open("a") as file:
        file.write("2,0.")
    export_session(session, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = {name.removeprefix(f"{session.id}/"): name for name in archive.namelist()}
        assert sorted(names) == [
            "codebook.csv",
            "faces.csv",
            "frames.csv",
            "session.json",
            "video.mp4",
        ]
        assert json.loads(archive.read(names["session.json"])) == json.loads(
            (session.folder / "session.json").read_text()
        )
        assert len(pd.read_csv(archive.open(names["faces.csv"]))) == 1
        assert archive.read(names["video.mp4"]) == session.video.read_bytes()


@pytest.mark.parametrize("kind", TABLE_KINDS)
def test_a_session_without_frames(tmp_path, kind):
    file = io.BytesIO()
    write_export(record(tmp_path, []), kind, file)
    file.seek(0)
    if kind == "csv":
        assert len(pd.read_csv(file)) == 0
    elif kind == "parquet":
        assert len(pd.read_parquet(file)) == 0
    else:
        assert len(zipfile.ZipFile(file).namelist()) == 4


@pytest.mark.parametrize(("name", "found"), [("a.xlsx", r"\.xlsx"), ("a", "none of them")])
def test_another_suffix(session, tmp_path, name, found):
    with pytest.raises(SessionError, match=rf"ends in \.csv, .* or \.html, found {found}"):
        export_session(session, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_events_come_along(tmp_path):
    session = record(tmp_path / "sessions", FRAMES, [event(0.05), nobody(0.1)])
    export_session(session, tmp_path / "a.parquet")
    assert pd.read_parquet(tmp_path / "a.parquet").attrs["events"] == [
        {
            "seconds": 0.05,
            "wall_clock": "2026-01-01T12:00:00.300Z",
            "rule": "happy above 80% for 2 s",
            "person": 1,
            "score": 0.8413,
        },
        {
            "seconds": 0.1,
            "wall_clock": "2026-01-01T12:00:00.350Z",
            "rule": "no face for 10 s",
            "person": None,
            "score": None,
        },
    ]
    export_session(session, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        inside = archive.read(f"{session.id}/events.csv").decode()
    file = io.BytesIO()
    write_events(session, file)
    assert pd.read_csv(io.BytesIO(file.getvalue())).equals(pd.read_csv(io.StringIO(inside)))
    assert inside.splitlines()[1] == (
        "0.0500,2026-01-01T12:00:00.300Z,happy above 80% for 2 s,1,0.8413"
    )


def test_edits_are_applied_and_kept_in_the_zip(session, tmp_path):
    merge_persons(session, 2, 1)
    name_person(session, 1, "=Ada")
    correct_answer(session, 1, 0.04, 0.04, "neutral")
    leave_out(session, 0.0, 0.01)
    mark = add_mark(session, 0.05, "stimulus", seconds=1)
    export_session(session, tmp_path / "a.csv")
    table = pd.read_csv(tmp_path / "a.csv")
    assert table["frame"].tolist() == [2, 3, 3]
    assert table["person"].tolist() == [1, 1, 1]
    assert table["name"].tolist() == ["'=Ada"] * 3  # which no spreadsheet runs
    assert table["corrected"].fillna("").tolist() == ["neutral", "", ""]
    assert table["answer"].tolist() == ["happy", "sad", "uncertain"]
    export_session(session, tmp_path / "a.parquet")
    table = pd.read_parquet(tmp_path / "a.parquet")
    assert table["name"].tolist() == ["=Ada"] * 3
    assert table.attrs["marks"][0]["label"] == mark.label
    for raw in (False, True):
        export_session(session, tmp_path / "a.zip", raw=raw)
        with zipfile.ZipFile(tmp_path / "a.zip") as archive:
            assert (f"{session.id}/edits.jsonl" in archive.namelist()) is not raw
            assert not any(name.endswith(".editing") for name in archive.namelist())
            faces = pd.read_csv(archive.open(f"{session.id}/faces.csv"))
            assert faces["person"].tolist() == [1, 1, 2]
    export_session(session, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        archive.extractall(tmp_path / "again")
    (again,) = list_sessions(tmp_path / "again").sessions
    assert read_edited(again).names == {1: "=Ada"}
    delete_session(tmp_path / "again", again.id)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_raw_exports_are_those_of_earlier_versions(session, tmp_path, kind):
    hide_person(session, 1)
    path = tmp_path / f"a.{kind}"
    export_session(session, path, raw=True)
    table = pd.read_csv(path) if kind == "csv" else pd.read_parquet(path)
    assert table["person"].tolist()[1:] == [1, 1, 2]
    assert [each.column for each in exported_codebook(raw=True)] == table.columns.tolist()


def test_no_events(session, tmp_path):
    export_session(session, tmp_path / "a.parquet")
    assert pd.read_parquet(tmp_path / "a.parquet").attrs["events"] == []
    file = io.BytesIO()
    write_events(session, file)
    assert file.getvalue().decode().splitlines() == ["seconds,wall_clock,rule,person,score"]
