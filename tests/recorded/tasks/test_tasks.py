"""Videos that wait: added, read by a process, paused, cancelled, gone on with, removed."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from emotion_core.access.audit import entries
from emotion_core.errors import SourceError
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.recorded.tasks import queue, reader
from emotion_core.recorded.tasks.adding import add_task
from emotion_core.recorded.tasks.control import cancel_task, pause_task, resume_task
from emotion_core.recorded.tasks.queue import queued_tasks, start_worker, work
from emotion_core.recorded.tasks.storage import delete_task, list_tasks, tasks_dir
from emotion_core.recorded.tasks.task import (
    PLAN_FILE,
    UPLOAD_FILE,
    QueuedTask,
    open_task,
    read_status,
    write_outcome,
)
from emotion_core.sessions.storage import list_sessions, open_session, sessions_dir
from emotion_core.system.processes.queueing import CANCEL_FILE, LOCK_FILE, QUEUED_FILE, STOP_FILE
from emotion_core.system.storage.locks import FileLock
from emotion_core.video.sources import VideoFile
from tests.recorded.films import analyst, write_face_film


@pytest.fixture
def parent(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("EMOTION_VIDEOS_DIR", str(tmp_path / "videos"))
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "sessions"))
    return tasks_dir()


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return write_face_film(tmp_path_factory.mktemp("films") / "ein Film.mp4", 3.0)


@pytest.fixture
def quick(monkeypatch) -> None:
    """Let videos be read in this process, by what needs no model."""
    monkeypatch.setattr(reader, "VideoAnalyst", lambda: analyst(segment_seconds=1.0))
    monkeypatch.setattr(reader, "_STATUS_SECONDS", 0.0)
    monkeypatch.setattr(os, "nice", lambda _: None)  # the tests keep their priority
    monkeypatch.setattr(queue.queueing, "do_apart", lambda _, folder, *__: reader.read(folder))


def add(parent: Path, film: Path, **options) -> QueuedTask:
    settings = RecordedSettings(every=0.2)
    return add_task(parent, VideoFile.at(film), default_model_dir(), settings, **options)


def ask_at(monkeypatch, folder: Path, file: str, share: float) -> None:
    """Let somebody ask for something once a share of the video is read."""
    tell = reader._Follower.tell
    asked = []

    def told(follower, progress) -> None:
        tell(follower, progress)
        if progress.share >= share and follower._folder == folder and not asked:
            asked.append(share)
            (folder / file).touch()

    monkeypatch.setattr(reader._Follower, "tell", told)


@pytest.mark.usefixtures("quick")
def test_they_are_read_in_their_order_and_become_sessions(parent, film):
    first, second = add(parent, film), add(parent, film)
    assert [task.id for task in queued_tasks(parent)] == [first.id, second.id]
    work(parent)
    for task in (first, second):
        done = open_task(task.folder)
        assert (done.state, done.outcome.message, done.name) == ("done", "", "ein Film.mp4")
        session = open_session(done.session)
        assert (session.frames, session.persons, session.header.name) == (15, 1, "ein Film.mp4")
    assert len(list_sessions(sessions_dir()).sessions) == 2
    noted = [(each.name, each.detail) for each in entries(actions=("recorded",)).entries[:2]]
    assert noted == [(second.id, "of a video"), (first.id, "of a video")]
    assert [task.id for task in list_tasks(parent).tasks] == [second.id, first.id]
    assert read_status(first.folder).writing


@pytest.mark.usefixtures("quick")
def test_an_upload_is_kept_until_it_is_read(parent, film, tmp_path):
    upload = tmp_path / "upload of somebody"
    upload.write_bytes(film.read_bytes())
    settings = RecordedSettings(every=0.5)
    tasks = [
        add_task(
            parent, VideoFile("mein.mp4", content), default_model_dir(), settings, uploaded=True
        )
        for content in (upload, film.read_bytes())
    ]
    upload.unlink()
    assert (tasks[0].folder / UPLOAD_FILE).stat().st_mode & 0o077 == 0
    work(parent)
    for task in tasks:
        assert open_task(task.folder).state == "done"
        assert not (task.folder / UPLOAD_FILE).exists()
        assert open_session(task.job.target).header.name == "mein.mp4"


@pytest.mark.usefixtures("quick")
def test_one_that_cannot_be_read_is_told_and_the_others_go_on(parent, film, tmp_path):
    (tmp_path / "bad.mp4").write_text("nothing")
    bad, good = add(parent, tmp_path / "bad.mp4"), add(parent, film)
    work(parent)
    failed = open_task(bad.folder)
    assert failed.state == "failed"
    assert failed.outcome.message.startswith("expected a video such as MP4, MOV, MKV")
    assert open_task(good.folder).state == "done"
    (tmp_path / "bad.mp4").write_bytes(film.read_bytes())
    assert resume_task(failed).state == "queued"
    work(parent)
    assert open_task(bad.folder).state == "done"


@pytest.mark.usefixtures("quick")
def test_a_paused_one_goes_on_where_it_was(parent, film, monkeypatch):
    whole, paused = add(parent, film), add(parent, film)
    ask_at(monkeypatch, paused.folder, STOP_FILE, 0.5)
    work(parent)
    assert open_task(paused.folder).state == "stopped"
    assert list(paused.job.work.glob("*/segment-*"))
    assert resume_task(paused).state == "queued"
    work(parent)
    assert open_task(paused.folder).state == "done"
    for name in ("frames.csv", "faces.csv"):
        assert (paused.job.target / name).read_bytes() == (whole.job.target / name).read_bytes()


@pytest.mark.usefixtures("quick")
def test_a_cancelled_one_leaves_nothing_but_its_line(parent, film, monkeypatch):
    task = add(parent, film)
    ask_at(monkeypatch, task.folder, CANCEL_FILE, 0.5)
    work(parent)
    assert open_task(task.folder).state == "cancelled"
    assert not task.job.work.exists()
    assert not task.job.target.exists()
    with pytest.raises(SourceError) as raised:
        cancel_task(task)
    assert str(raised.value) == "ein Film.mp4 is cancelled already; remove it instead"
    with pytest.raises(SourceError, match="only one that is interrupted, stopped, failed can go"):
        resume_task(task)
    delete_task(task)
    assert list_tasks(parent).tasks == ()


def test_one_that_waits_is_paused_and_cancelled_at_once(parent, film):
    task = add(parent, film)
    assert pause_task(task).state == "stopped"
    with pytest.raises(SourceError, match="is stopped; only one that goes on can be paused"):
        pause_task(task)
    assert resume_task(task).state == "queued"
    assert cancel_task(task).state == "cancelled"


def test_a_running_one_is_asked(parent, film):
    task = add(parent, film)
    (task.folder / QUEUED_FILE).unlink()
    with FileLock(task.folder / LOCK_FILE) as lock:
        assert lock.acquire()
        assert pause_task(task).asked == "stop"
        assert cancel_task(task).asked == "cancel"
        with pytest.raises(SourceError, match="is being read; cancel it first"):
            delete_task(task)


@pytest.mark.usefixtures("quick")
def test_what_was_removed_leaves_its_session_and_its_file(parent, film):
    task = add(parent, film)
    work(parent)
    delete_task(task)
    assert list_tasks(parent).tasks == ()
    assert open_session(task.job.target).frames == 15
    assert film.exists()


def test_a_damaged_one_is_told(parent, film):
    task = add(parent, film)
    (task.folder / PLAN_FILE).write_text("{}")
    (problem,) = list_tasks(parent).problems
    assert problem.startswith(f"{task.folder / PLAN_FILE} is damaged (")
    (task.folder / PLAN_FILE).unlink()
    with pytest.raises(SourceError, match=r"expected a video with video\.json in .*, found none"):
        open_task(task.folder)


def test_a_full_disk_is_told(parent, film, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("emotion_core.recorded.tasks.adding.enqueue", full)
    with pytest.raises(SourceError) as raised:
        add(parent, film)
    assert str(raised.value) == (
        f"{parent}: ein Film.mp4 cannot be added (No space left on device); free up space, or name "
        "another folder with EMOTION_VIDEOS_DIR"
    )


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="not on Windows")
@pytest.mark.timeout(600)  # who reads gives way to everybody
def test_a_killed_one_goes_on_by_real_processes(parent, tmp_path):
    film = write_face_film(tmp_path / "film.mp4", 8.0)
    killed, whole = add(parent, film), add(parent, film)
    start_worker(parent)
    wait_for(lambda: read_status(killed.folder) is not None)
    os.kill(read_status(killed.folder).pid, signal.SIGKILL)
    # The worker goes on with the other one.
    wait_for(lambda: open_task(whole.folder).state == "done")
    if open_task(killed.folder).state != "done":  # it was quicker
        assert open_task(killed.folder).state == "interrupted"
        resume_task(killed)
        start_worker(parent)
    wait_for(lambda: open_task(killed.folder).state == "done")
    for name in ("frames.csv", "faces.csv"):
        assert (killed.job.target / name).read_bytes() == (whole.job.target / name).read_bytes()


def test_one_whose_process_does_not_begin_is_not_tried_for_ever(parent, film, monkeypatch):
    task = add(parent, film)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    monkeypatch.setattr(os, "nice", lambda _: None)
    work(parent)
    failed = open_task(task.folder)
    assert failed.outcome.message == (
        "the reading process ended before it began (exit code 1); the log may say why"
    )


def test_a_done_one_whose_session_is_gone_has_none(parent, film):
    task = add(parent, film)
    (task.folder / QUEUED_FILE).unlink()
    write_outcome(task.folder, "done")
    assert open_task(task.folder).session is None


def wait_for(condition, seconds=300.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
