from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from emotion_core.cli import main
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading, PersonReading
from emotion_core.sessions.edits.folding import read_edited
from emotion_core.sessions.edits.persons import hide_person, name_person
from emotion_core.sessions.events import TriggerEvent
from emotion_core.sessions.header import SessionDescription
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.sessions.storage import Session, rename_session
from tests.sessions.photos.sets import photo_session

HAPPY = FaceReading(Box(1, 2, 30, 40), (0.05, 0.05, 0.05, 0.7, 0.05, 0.05, 0.05))


@pytest.fixture(autouse=True)
def _own_sessions(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "sessions"))


@pytest.fixture
def session(tmp_path) -> Session:
    """A second without a face, then a second with one."""
    description = SessionDescription("I agree", "fer2013-vgg", "abc", (64, 48))
    recorder = SessionRecorder.start(tmp_path / "sessions", description, clock=lambda: 0.0)
    image = np.zeros((48, 64, 3), np.uint8)
    for number in range(9):
        recorder.record(number / 4, [PersonReading(7, 5, HAPPY)] if number > 3 else [], image)
    return rename_session(recorder.stop(), name="first try", notes="with glasses")


def test_list(session, capsys):
    assert main(["sessions", "list"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["id", "started", "length", "persons", "size", "state", "name"]
    assert row.startswith(f"{session.id}  20")
    assert re.search(r"  2\.0 s +1 +\d+(\.\d)? kB +complete  first try$", row)


def test_list_goes_on_after_a_foreign_folder(session, tmp_path, capsys):
    (tmp_path / "sessions" / "holiday").mkdir()
    assert main(["sessions", "list"]) == 0
    output = capsys.readouterr()
    assert session.id in output.out
    (line,) = output.err.splitlines()
    assert line.startswith("emotion_core: ")
    assert "holiday: expected a session" in line


def test_list_of_none(tmp_path, capsys):
    assert main(["sessions", "list"]) == 0
    assert capsys.readouterr().out == f"No sessions in {tmp_path / 'sessions'}.\n"


def test_list_names_what_an_earlier_version_left(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("emotion_core.cli.sessions.earlier_sessions", lambda: tmp_path / "earlier")
    assert main(["sessions", "list"]) == 0
    told = f"An earlier version left some in {tmp_path / 'earlier'}; move them there.\n"
    assert capsys.readouterr().out == f"No sessions in {tmp_path / 'sessions'}.\n" + told


def test_show(session, capsys):
    assert main(["sessions", "show", session.id]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{session.id}: first try (complete)"
    assert lines[2:] == [
        "length       2.0 s, 9 frames, 0 dropped",
        "model        fer2013-vgg",
        "no face      1.0 of 2.0 s",
        "notes        with glasses",
        "",
        "person 5: seen for 1.0 s, 0.0 changes a minute, longest happy for 1.0 s",
        "  happy      100.0%      1.0 s",
    ]


def test_show_names_the_purpose(tmp_path, capsys):
    description = SessionDescription("I agree", "fer2013-vgg", "abc", (64, 48), purpose="a study")
    session = SessionRecorder.start(tmp_path / "sessions", description).stop()
    assert main(["sessions", "show", session.id]) == 0
    assert "purpose      a study" in capsys.readouterr().out.splitlines()


def test_show_tells_what_was_left_out(tmp_path, capsys):
    description = SessionDescription("I agree", "fer2013-vgg", "abc", (64, 48))
    recorder = SessionRecorder.start(tmp_path / "sessions", description, clock=lambda: 0.0)
    for track in (1, 2):
        faces = [PersonReading(track, None, HAPPY)]
        recorder.record(track / 4, faces, np.zeros((48, 64, 3), np.uint8))
    assert main(["sessions", "show", recorder.stop().id]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "left out     2 faces seen for less than half a second"


def test_photos_are_listed_and_shown_as_photos(tmp_path, capsys):
    photos = photo_session(tmp_path / "sessions")
    assert main(["sessions", "list"]) == 0
    _, row = capsys.readouterr().out.splitlines()
    assert re.search(r"  3 photos +\d+(\.\d)? kB +complete  holiday$", row)  # nobody is a person
    assert main(["sessions", "show", photos.id]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"{photos.id}: holiday (complete)"
    assert told[2] == "photos       3, 1 without a face, 1 could not be read"
    assert told[4:] == [
        *("", "1 face", "  happy      100.0%        1"),
        *("", "could not be read", "  c.jpg: no photo"),
    ]


def test_show_with_events(tmp_path, capsys):
    description = SessionDescription("I agree", "fer2013-vgg", "abc", (64, 48))
    recorder = SessionRecorder.start(tmp_path / "sessions", description, clock=lambda: 0.0)
    recorder.record_event(TriggerEvent(2.04, 2.04, "happy above 80% for 2 s", 5, 0.8413))
    recorder.record_event(TriggerEvent(100.0, 100.0, "no face for 10 s"))
    assert main(["sessions", "show", recorder.stop().id]) == 0
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "events",
        "     2.0 s  happy above 80% for 2 s, person 5, score 84.1%",
        "   100.0 s  no face for 10 s",
    ]


def test_export(session, tmp_path, capsys):
    for name, read in (("a.csv", pd.read_csv), ("a.parquet", pd.read_parquet)):
        assert main(["sessions", "export", session.id, "--to", str(tmp_path / name)]) == 0
        assert len(read(tmp_path / name)) == 9
        assert capsys.readouterr().out == f"Wrote {tmp_path / name}\n"


def test_export_applies_corrections_unless_raw(session, tmp_path, capsys):
    hide_person(session, 5)
    path = tmp_path / "a.csv"
    for options, rows in ([], 0), (["--raw"], 5):
        assert main(["sessions", "export", session.id, "--to", str(path), *options]) == 0
        assert pd.read_csv(path)["person"].notna().sum() == rows
    assert "name" not in pd.read_csv(path).columns
    capsys.readouterr()
    assert main(["sessions", "drop-corrections", session.id]) == 0
    assert capsys.readouterr().out == f"{session.id} is as it was recorded; its marks are kept\n"
    assert read_edited(session).hidden == ()


def test_marks_are_imported_and_listed(session, tmp_path, capsys):
    path = tmp_path / "marks.csv"
    path.write_text("time,label\n0.5,stimulus\nlater,response\n")
    command = ["sessions", "marks", "import", session.id, str(path)]
    assert main(command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "line 3: expected a time in seconds" in line
    assert "1 bad row in all, so nothing was imported; mend them, or add --skip-bad-rows" in line
    assert read_edited(session).marks == ()
    assert main([*command, "--skip-bad-rows"]) == 0
    output = capsys.readouterr()
    assert output.out == "Imported 1 mark\n"
    assert "marks.csv: line 3: expected a time" in output.err
    assert main(["sessions", "marks", "list", session.id]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.startswith("time,duration,label")
    assert row.startswith("0.5,0.0,stimulus,")


def test_show_names_persons(session, capsys):
    name_person(session, 5, "Ada")
    assert main(["sessions", "show", session.id]) == 0
    assert "\nperson 5, Ada: seen for 1.0 s" in capsys.readouterr().out


def test_delete(session, capsys):
    assert main(["sessions", "delete", session.id]) == 0
    assert capsys.readouterr().out == f"Deleted {session.id}\n"
    assert not session.folder.exists()


@pytest.mark.parametrize(
    "arguments",
    [["show", "x"], ["delete", "x"], ["delete", ".."], ["export", "x", "--to", "a.csv"]],
)
def test_an_unknown_id_is_one_line(session, arguments, capsys):
    assert main(["sessions", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("emotion_core: expected the id of a session in ")
    assert session.folder.exists()


def test_an_action_is_needed(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["sessions"])
    assert stop.value.code == 2
    assert "the following arguments are required: ACTION" in capsys.readouterr().err


def test_stop(tmp_path, capsys):
    description = SessionDescription("I agree", "fer2013-vgg", "abc", (64, 48))
    recorder = SessionRecorder.start(tmp_path / "sessions", description, clock=lambda: 0.0)
    recorder.record(2.0, [], np.zeros((48, 64, 3), np.uint8))
    name = recorder.folder.name
    assert main(["sessions", "delete", name]) == 2
    assert "is being recorded; stop the recording first" in capsys.readouterr().err
    assert main(["sessions", "stop", name]) == 0
    assert capsys.readouterr().out == f"{name} is complete: 2.0 s, 1 frame\n"
    assert main(["sessions", "delete", name]) == 0
