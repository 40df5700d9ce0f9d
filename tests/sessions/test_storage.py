from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import platformdirs
import pytest

from emotion_core.errors import SessionError
from emotion_core.sessions.storage import (
    delete_session,
    find_session,
    list_sessions,
    open_session,
    rename_session,
    sessions_dir,
)
from tests.sessions.recordings import event, record, start

FRAMES = [(0.0, {1: "happy"}), (1.5, {1: "happy", 2: "sad"})]


def test_sessions_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path))
    assert sessions_dir() == tmp_path
    monkeypatch.delenv("EMOTION_SESSIONS_DIR")
    monkeypatch.delenv("EMOTION_DATA_DIR")
    assert sessions_dir() == Path(platformdirs.user_data_dir("emotion-dashboard")) / "sessions"


def test_the_newest_session_comes_first(tmp_path):
    ids = [record(tmp_path, FRAMES).id for _ in range(3)]
    for year, session_id in enumerate(ids, start=2024):
        header = tmp_path / session_id / "session.json"
        started = header.read_text().split('"started": "')[1][:4]
        header.write_text(
            header.read_text().replace(f'"started": "{started}', f'"started": "{year}')
        )
    found = list_sessions(tmp_path)
    assert [session.id for session in found.sessions] == ids[::-1]
    assert found.problems == ()
    newest = found.sessions[0]
    assert (newest.frames, newest.seconds, newest.persons) == (2, 1.5, 2)
    assert newest.size == sum(path.stat().st_size for path in newest.folder.iterdir())


def test_no_folder_is_no_session(tmp_path):
    assert list_sessions(tmp_path / "missing") == list_sessions(tmp_path)
    assert list_sessions(tmp_path).sessions == ()


def test_what_is_no_session_gets_one_line_and_the_list_goes_on(tmp_path):
    good = record(tmp_path, FRAMES)
    (tmp_path / "holiday").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "file.txt").write_text("")
    damaged = tmp_path / "damaged"
    shutil.copytree(good.folder, damaged)
    (damaged / "session.json").write_text("{")
    halved = tmp_path / "halved"
    shutil.copytree(good.folder, halved)
    text = (halved / "session.json").read_text().replace('"ended": "', '"notes": "')
    (halved / "session.json").write_text(text.replace('"frames"', '"ended": null, "frames"'))
    (halved / "faces.csv").write_text("")
    found = list_sessions(tmp_path)
    assert [session.id for session in found.sessions] == [good.id]
    assert len(found.problems) == 3
    assert "damaged/session.json is damaged" in found.problems[0]
    assert "halved/faces.csv cannot be read" in found.problems[1]
    assert "holiday: expected a session with session.json, found none" in found.problems[2]


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SessionError, match="expected the folder of all sessions, but it cannot be"):
        list_sessions(tmp_path / "file")


def test_find_session(tmp_path):
    session = record(tmp_path, FRAMES)
    assert find_session(tmp_path, session.id) == session


@pytest.mark.parametrize("wrong", ["", ".", "..", "nobody", "a/../b", "/", "../sessions/real"])
def test_ids_that_are_none(tmp_path, wrong):
    real = tmp_path / "sessions" / "real"
    record(tmp_path / "sessions", FRAMES).folder.rename(real)
    for action in (find_session, delete_session):
        with pytest.raises(
            SessionError, match=f"expected the id of a session in .+, found '{wrong}'"
        ):
            action(tmp_path / "sessions", wrong)
    assert open_session(real).frames == 2


def test_rename(tmp_path):
    session = rename_session(record(tmp_path, FRAMES), name="Ada, first", notes="with glasses\n:)")
    assert (session.header.name, session.header.notes) == ("Ada, first", "with glasses\n:)")
    assert open_session(session.folder) == session
    assert session.state == "complete"


def test_delete(tmp_path):
    session, other = record(tmp_path, FRAMES, [event(0.1)]), record(tmp_path, FRAMES)
    (session.folder / ".session-x1.json").write_text("")  # a header that was never finished
    (session.folder / ".DS_Store").write_text("")
    delete_session(tmp_path, session.id)
    assert not session.folder.exists()
    assert [each.id for each in list_sessions(tmp_path).sessions] == [other.id]


def test_a_damaged_session_can_be_deleted(tmp_path):
    session = record(tmp_path, FRAMES)
    (session.folder / "session.json").write_text("")
    delete_session(tmp_path, session.id)
    assert list(tmp_path.iterdir()) == []


def test_nothing_else_is_deleted(tmp_path):
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo.jpg").write_text("")
    with pytest.raises(
        SessionError, match=r"expected a session with session\.json, found none; not"
    ):
        delete_session(tmp_path, "holiday")
    session = record(tmp_path, FRAMES)
    (session.folder / "thesis.docx").write_text("")
    with pytest.raises(
        SessionError, match=r"session's files only, found thesis\.docx; nothing was"
    ):
        delete_session(tmp_path, session.id)
    assert open_session(session.folder).frames == 2
    assert (tmp_path / "holiday" / "photo.jpg").exists()


def test_a_link_is_not_followed(tmp_path):
    session = record(tmp_path / "elsewhere", FRAMES)
    (tmp_path / "sessions").mkdir()
    (tmp_path / "sessions" / "link").symlink_to(session.folder, target_is_directory=True)
    with pytest.raises(SessionError, match="expected the id of a session"):
        delete_session(tmp_path / "sessions", "link")
    assert open_session(session.folder).frames == 2


def test_a_session_being_recorded_is_left_alone(tmp_path):
    recorder = start(tmp_path)
    with pytest.raises(SessionError, match="is being recorded; stop the recording first"):
        delete_session(tmp_path, recorder.folder.name)
    with pytest.raises(SessionError, match="is being recorded; stop the recording first"):
        rename_session(open_session(recorder.folder), name="x", notes="")
    assert recorder.stop().header.name == ""


@pytest.mark.parametrize("days", [-400, 400])
def test_a_clock_that_was_set_does_not_tell_who_records(tmp_path, days):
    recorder = start(tmp_path)
    left = tmp_path / "left"
    shutil.copytree(recorder.folder, left)
    another_time = time.time() + 86400 * days
    for folder in (left, recorder.folder):
        os.utime(folder / ".recording", (another_time, another_time))
    assert open_session(recorder.folder).state == "recording"
    recorder.stop()
    assert open_session(left).state == "interrupted"
    delete_session(tmp_path, "left")
    assert not left.exists()


def test_a_recorder_that_is_gone_does_not_keep_its_session(tmp_path):
    recorder = start(tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(recorder.folder, copy)
    recorder.stop()
    long_ago = time.time() - 60
    os.utime(copy / ".recording", (long_ago, long_ago))
    assert open_session(copy).state == "interrupted"
    assert rename_session(open_session(copy), name="rescued", notes="").header.name == "rescued"
    delete_session(tmp_path, "copy")
    assert not copy.exists()


def test_tags_are_kept_once_each_and_stay_when_a_name_changes(tmp_path):
    session = record(tmp_path, [(0.0, {1: "happy"})])
    session = rename_session(session, name="", notes="", tags=[" study  1", "", "lab", "study 1"])
    assert session.header.tags == ("study 1", "lab")
    assert rename_session(session, name="new", notes="").header.tags == ("study 1", "lab")
