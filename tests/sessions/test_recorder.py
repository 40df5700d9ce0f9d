from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from emotion_core.errors import SessionError
from emotion_core.sessions import recorder as recorder_module
from emotion_core.sessions import storage as storage_module
from emotion_core.sessions.events import TriggerEvent
from emotion_core.sessions.lock import RecordingLock
from emotion_core.sessions.recorder import MOST_WAITING, WRITE_EVERY, SessionRecorder
from emotion_core.sessions.storage import (
    delete_session,
    list_sessions,
    open_session,
    sessions_dir,
    stop_session,
)
from emotion_core.sessions.summary import summarize_session
from emotion_core.sessions.tables import read_events, read_tables
from emotion_core.system.storage.folders import PROJECT
from emotion_core.system.storage.persons import at_home
from tests.access.accounts import ANN, BEN, have_accounts
from tests.sessions.recordings import (
    DESCRIPTION,
    IMAGE,
    STARTED,
    WALL_CLOCK,
    event,
    face,
    nobody,
    record,
    start,
)

#: Records for ever: a person who is happy, without and with a face in turns.
PROGRAM = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from recordings import DESCRIPTION, IMAGE, face
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.sessions.events import TriggerEvent
recorder = SessionRecorder.start(Path(sys.argv[1]), DESCRIPTION, with_video=True)
number = 0
while recorder.running:
    number += 1
    readings = [face(1, "happy")] if number % 2 else []
    recorder.record(time.monotonic(), readings, IMAGE.copy())
    if number % 10 == 1:
        recorder.record_event(TriggerEvent(time.monotonic(), time.time(), "a face for 1 s"))
    print(recorder.frames, flush=True)
    time.sleep(0.01)
print(recorder.stop().header.problem, flush=True)
"""


def run_program(folder: Path, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", before + PROGRAM, str(folder), str(Path(__file__).parent)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )


def wait_until(true, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_a_session_from_start_to_end(tmp_path):
    recorder = start(tmp_path)
    assert recorder.running
    recorder.record(STARTED + 0.5, [face(7, "happy")], IMAGE)
    recorder.record(STARTED + 0.75, [face(7, "sad"), face(9, "sad")], IMAGE)
    recorder.record(STARTED + 1.0, [], IMAGE)
    session = recorder.stop()
    assert not recorder.running
    assert recorder.problem is None
    assert (recorder.frames, recorder.seconds, recorder.dropped) == (3, 1.0, 0)
    assert session.state == "complete"
    assert (session.frames, session.seconds, session.persons) == (3, 1.0, 2)
    assert session.header.description == DESCRIPTION
    assert session.header.started <= session.header.ended
    assert session.video is None
    assert session.header.video is None
    assert sorted(path.name for path in session.folder.iterdir()) == [
        "faces.csv",
        "frames.csv",
        "session.json",
    ]
    assert session.folder.stat().st_mode & 0o077 == 0  # nobody else's business


def test_the_header_is_there_from_the_start(tmp_path):
    recorder = start(tmp_path)
    header = json.loads((recorder.folder / "session.json").read_text())
    assert header["ended"] is None
    assert header["description"]["consent"] == DESCRIPTION.consent
    assert open_session(recorder.folder).state == "recording"
    recorder.stop()


def test_it_is_written_as_it_goes(tmp_path):
    recorder = start(tmp_path)
    recorder.record(STARTED, [face(1, "happy")], IMAGE)
    wait_until(lambda: recorder.frames == 1)
    frames, faces = read_tables(recorder.folder)
    assert (len(frames), len(faces)) == (1, 1)
    assert open_session(recorder.folder).frames == 1
    recorder.stop()
    assert WRITE_EVERY < 1


def test_events_are_written_as_they_happen(tmp_path):
    recorder = start(tmp_path)
    events = recorder.folder / "events.csv"
    for number, happened in enumerate([event(0.1), nobody(0.2), event(0.3)], start=1):
        recorder.record_event(happened)
        wait_until(lambda: events.exists() and len(read_events(recorder.folder)) == number)  # noqa: B023
    session = recorder.stop()
    assert read_events(session.folder)["seconds"].tolist() == [0.1, 0.2, 0.3]
    assert summarize_session(session).events[1].rule == "no face for 10 s"


def test_events_before_the_start_and_after_the_end_do_not_count(tmp_path):
    recorder = start(tmp_path)
    recorder.record_event(event(-0.01))
    recorder.request_stop()
    recorder.record_event(event(1.0))
    assert not (recorder.stop().folder / "events.csv").exists()


def test_events_never_wait_for_a_disk_that_does_not_respond(tmp_path, stuck_disk):
    stick, release = stuck_disk
    recorder = start(tmp_path)
    stick()
    for number in range(MOST_WAITING + 5):
        recorder.record_event(event(float(number)))
    release()
    assert len(read_events(recorder.stop().folder)) == MOST_WAITING


def test_sessions_of_one_second_have_folders_of_their_own(tmp_path):
    sessions = [record(tmp_path, []) for _ in range(3)]
    assert len({session.id for session in sessions}) == 3
    assert len(list_sessions(tmp_path).sessions) == 3


def test_frames_before_the_start_and_after_the_end_do_not_count(tmp_path):
    recorder = start(tmp_path)
    recorder.record(STARTED - 0.01, [], IMAGE)
    recorder.request_stop()
    recorder.record(STARTED + 1, [], IMAGE)
    assert recorder.stop().frames == 0


def test_stopping_twice_is_the_same(tmp_path):
    recorder = start(tmp_path)
    assert recorder.stop() == recorder.stop()


@pytest.fixture
def stuck_disk(monkeypatch):
    """Return a function that makes the disk stop responding, and one that lets it go on."""
    stuck, released = threading.Event(), threading.Event()

    def fsync(_: int) -> None:
        stuck.set()
        assert released.wait(60)

    def stick() -> None:
        monkeypatch.setattr(recorder_module.os, "fsync", fsync)
        assert stuck.wait(30)

    yield stick, released.set
    released.set()


def test_a_disk_that_does_not_respond_never_blocks_and_drops_are_counted(tmp_path, stuck_disk):
    stick, release = stuck_disk
    recorder = start(tmp_path)
    stick()
    # One thread: were `record` to wait for the disk, nobody would release it.
    for number in range(MOST_WAITING + 25):
        recorder.record(STARTED + number, [], IMAGE)
    assert recorder.dropped == 25
    with pytest.raises(SessionError, match="expected the disk to take the recording within 0 s, b"):
        recorder.stop(timeout=0)
    release()
    session = recorder.stop()
    assert (session.frames, session.header.dropped) == (MOST_WAITING, 25)
    assert session.seconds == MOST_WAITING - 1


def test_frames_dropped_leave_a_gap_in_the_numbers(tmp_path, stuck_disk, monkeypatch):
    stick, release = stuck_disk
    monkeypatch.setattr(recorder_module, "MOST_WAITING", 2)
    recorder = start(tmp_path)
    stick()
    for number in range(4):
        recorder.record(STARTED + number, [], IMAGE)
    release()
    wait_until(lambda: recorder.frames == 2)
    recorder.record(STARTED + 4, [], IMAGE)
    frames, _ = read_tables(recorder.stop().folder)
    assert frames["frame"].tolist() == [1, 2, 5]


def test_a_killed_process_leaves_a_session_that_opens(tmp_path):
    with run_program(tmp_path) as process:
        on_disk = 0
        while on_disk < 100:
            on_disk = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    (entry,) = tmp_path.iterdir()
    assert open_session(entry).state == "interrupted"  # its lock went with it
    for name in ("faces.csv", "frames.csv", "events.csv"):  # and the last line of each cut in two
        with (entry / name).open("a") as file:
            file.write("99999,12.3")
    (session,) = list_sessions(tmp_path).sessions
    assert session.state == "interrupted"
    assert session.header.ended is None
    assert session.frames >= on_disk
    assert session.persons == 1
    summary = summarize_session(session)
    (person,) = summary.persons
    assert person.shares["happy"] == pytest.approx(1)
    assert 0 < summary.no_face_seconds < summary.seconds
    assert len(summary.events) >= on_disk // 10
    assert session.video is not None


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_ends_the_recording_with_one_line(tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
    with run_program(tmp_path, before=limit) as process:
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    problem = output.splitlines()[-1]
    assert problem.startswith("The disk is full: recording ended after ")
    assert problem.endswith("was recorded until then is kept. Free up space, then record again.")
    (session,) = list_sessions(tmp_path).sessions
    assert session.state == "interrupted"
    assert session.header.problem == problem
    assert session.frames > 50
    assert len(read_tables(session.folder)[1]) > 25


def test_a_recorder_whose_stream_is_gone_ends_by_itself_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder_module, "GONE_AFTER", 1.0)
    recorder = start(tmp_path)
    recorder.record(STARTED + 0.5, [], IMAGE)
    wait_until(lambda: not recorder.running)
    session = recorder.stop()
    assert recorder.problem == session.header.problem
    assert recorder.problem == (
        "No picture came for 1 s: recording ended after 0 s; what was recorded until then is kept."
    )
    assert (session.state, session.frames) == ("interrupted", 1)
    assert recorder not in recorder_module._running


class TestQuota:
    @pytest.fixture(autouse=True)
    def of_ann(self, tmp_path, monkeypatch):
        have_accounts(tmp_path, monkeypatch, "[people.quotas]\nmember = '3000'\n")
        with at_home(ANN.id):
            yield

    def test_a_recording_that_uses_it_up_ends_and_is_kept(self):
        recorder = start(sessions_dir())
        frames = 0
        while recorder.running:
            frames += 1
            recorder.record(STARTED + 0.1 * frames, [], IMAGE)
            time.sleep(0.001)
        session = recorder.stop()
        assert recorder.problem == session.header.problem
        assert re.fullmatch(
            r"Your 3 kB are used up: recording ended after \d+ s; what was recorded until then is "
            r"kept\. Delete what you no longer need, then record again\.",
            recorder.problem,
        )
        assert (session.state, session.frames) == ("interrupted", recorder.frames)
        assert session.frames > 10
        with pytest.raises(SessionError) as caught:
            start(sessions_dir())
        assert str(caught.value) == (
            "a recording: expected room for it, found 0 bytes left of your 3 kB; delete what you "
            "no longer need"
        )

    def test_somebody_elses_does_not_count(self):
        with at_home(BEN.id):
            (sessions_dir() / "one").mkdir(parents=True)
            (sessions_dir() / "one" / "video.mp4").write_bytes(bytes(5000))
        recorder = start(sessions_dir())
        recorder.record(STARTED + 0.5, [], IMAGE)
        wait_until(lambda: recorder.frames == 1)
        assert recorder.stop().state == "complete"


def test_a_recorder_can_be_stopped_by_somebody_else(tmp_path):
    recorder = start(tmp_path)
    recorder.record(STARTED + 0.5, [], IMAGE)
    session = stop_session(tmp_path, recorder.folder.name)
    assert not recorder.running
    assert recorder.problem is None
    assert recorder.stopped_by_others
    assert (session.state, session.frames) == ("complete", 1)
    assert sorted(path.name for path in session.folder.iterdir()) == [
        "faces.csv",
        "frames.csv",
        "session.json",
    ]
    assert stop_session(tmp_path, session.id) == session  # and no harm in asking again


def test_a_recorder_of_another_process_can_be_stopped(tmp_path):
    with run_program(tmp_path) as process:
        while int(process.stdout.readline()) < 1:
            pass
        (found,) = list_sessions(tmp_path).sessions
        assert found.state == "recording"
        stopped = stop_session(tmp_path, found.id)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert output.splitlines()[-1] == "None"  # no problem: somebody wanted it so
    assert stopped.state == "complete"
    delete_session(tmp_path, found.id)
    assert list_sessions(tmp_path).sessions == ()


def test_a_recorder_that_does_not_end_is_told(tmp_path, stuck_disk):
    stick, _ = stuck_disk
    recorder = start(tmp_path)
    stick()
    with pytest.raises(SessionError, match="recording to end within 0 s, but it is still running"):
        stop_session(tmp_path, recorder.folder.name, patience=0)


def test_a_folder_in_which_nothing_can_be_written_any_more_is_told(tmp_path, monkeypatch):
    def refused(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    recorder = start(tmp_path)
    monkeypatch.setattr(storage_module, "ask_to_stop", refused)
    with pytest.raises(SessionError, match=r"cannot be told to end \(Permission denied\); free"):
        stop_session(tmp_path, recorder.folder.name)
    recorder.stop()


def test_a_folder_has_one_recorder(tmp_path):
    recorder = start(tmp_path)
    with pytest.raises(BlockingIOError, match="somebody records in it"):
        RecordingLock(recorder.folder, patience=0)
    assert recorder.running
    recorder.stop()


def test_a_disk_too_full_for_the_header_too(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    recorder = start(tmp_path)
    recorder.record(STARTED, [], IMAGE)
    wait_until(lambda: recorder.frames == 1)
    monkeypatch.setattr(recorder_module, "_append", full)
    monkeypatch.setattr(recorder_module, "write_header", full)
    wait_until(lambda: recorder.problem is not None)
    recorder.record(STARTED + 1, [], IMAGE)  # the video goes on
    session = recorder.stop()
    assert recorder.problem.startswith("The disk is full: recording ended after 0 s")
    assert session.state == "interrupted"
    assert session.frames == 1


def test_a_folder_deleted_meanwhile_does_not_come_back(tmp_path):
    recorder = start(tmp_path)
    shutil.rmtree(recorder.folder)
    wait_until(lambda: not recorder.running)
    with pytest.raises(SessionError, match=r"expected a session with session\.json, found none"):
        recorder.stop()
    assert recorder.problem == "The session's folder is gone: recording ended after 0 s."
    assert not recorder.folder.exists()


def test_an_unforeseen_error_is_told_as_well(tmp_path, monkeypatch):
    recorder = start(tmp_path)
    monkeypatch.setattr(recorder_module, "frame_line", lambda _: 1 / 0)
    recorder.record(STARTED, [], IMAGE)
    wait_until(lambda: recorder.problem is not None)
    assert recorder.problem == (
        "The session cannot be written (ZeroDivisionError: division by zero): recording ended "
        "after 0 s; what was recorded until then is kept."
    )
    assert recorder.stop().state == "interrupted"


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SessionError, match="expected a folder to record in, but it cannot be"):
        SessionRecorder.start(tmp_path / "file" / "sessions", DESCRIPTION)


def test_a_disk_that_is_full_at_the_start_leaves_nothing(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(recorder_module.os, "fsync", full)
    with pytest.raises(SessionError, match=r"cannot be written \(No space left on device\); free"):
        start(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_ends_normally_finishes_its_recordings(tmp_path):
    ending = PROGRAM.split("while")[0] + "recorder.record(time.monotonic(), [], IMAGE)"
    command = [sys.executable, "-c", ending, str(tmp_path), str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=PROJECT)
    assert done.stderr == ""
    (session,) = list_sessions(tmp_path).sessions
    assert (session.state, session.frames, session.header.video.frames) == ("complete", 1, 1)


def test_recording_needs_nothing_heavy():
    program = (
        "import sys, emotion_core.sessions.recorder\n"
        "names = ('tensorflow', 'keras', 'pandas', 'plotly', 'streamlit', 'pyarrow')\n"
        "print([name for name in names if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=PROJECT,
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_all_times_are_of_one_clock_whatever_is_done_to_the_machines(tmp_path):
    wall_clock = iter([WALL_CLOCK, WALL_CLOCK + 3600, WALL_CLOCK - 3600])
    recorder = start(tmp_path, wall_clock=lambda: next(wall_clock))
    for seconds in (0.0, 0.5, 7.25):
        recorder.record(STARTED + seconds, [face(1, "happy")], IMAGE)
    recorder.record_event(TriggerEvent(STARTED + 7.25, WALL_CLOCK + 900, "a face for 1 s"))
    session = recorder.stop()
    times = ["2026-01-01T12:00:00.250Z", "2026-01-01T12:00:00.750Z", "2026-01-01T12:00:07.500Z"]
    assert session.header.started == times[0]
    for table in read_tables(session.folder):
        assert table["wall_clock"].tolist() == times
    assert read_events(session.folder)["wall_clock"][0].isoformat() == (
        "2026-01-01T12:00:07.500000+00:00"
    )


def test_who_was_seen_for_less_than_half_a_second_is_not_counted(tmp_path):
    recorder = start(tmp_path)
    recorder.record(STARTED, [face(None, "happy", track=1), face(None, "sad", track=2)], IMAGE)
    recorder.record(STARTED + 0.5, [face(1, "happy", track=1)], IMAGE)
    recorder.record(STARTED + 9.5, [face(1, "happy", track=3)], IMAGE)
    assert recorder.stop().persons == 1
