"""Sets of photos in the queue: added, read, paused, cancelled, gone on with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from emotion_core.access.audit import entries
from emotion_core.errors import SourceError
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.photos.job import PhotoList
from emotion_core.recorded.photos.reading import PhotoSettings
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.recorded.tasks import queue, reader
from emotion_core.recorded.tasks.adding import add_photos, add_videos
from emotion_core.recorded.tasks.control import cancel_task, pause_task, resume_task
from emotion_core.recorded.tasks.queue import queued_tasks, work
from emotion_core.recorded.tasks.storage import delete_task, list_tasks, tasks_dir
from emotion_core.recorded.tasks.task import UPLOAD_FILE, QueuedTask, open_task, read_status
from emotion_core.sessions.photos.table import read_photos
from emotion_core.sessions.storage import open_session
from emotion_core.system.storage import files
from emotion_core.video.sources import VideoFile
from tests.kept import things_in
from tests.recorded.photos.sets import FacesInTheCorner, use_finder, write_photos


@pytest.fixture
def parent(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("EMOTION_VIDEOS_DIR", str(tmp_path / "videos"))
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "sessions"))
    return tasks_dir()


@pytest.fixture(autouse=True)
def finder(monkeypatch) -> FacesInTheCorner:
    """Let photos be read in this process, by what needs no model."""
    monkeypatch.setattr(reader, "_STATUS_SECONDS", 0.0)
    monkeypatch.setattr(os, "nice", lambda _: None)  # the tests keep their priority
    monkeypatch.setattr(queue.queueing, "do_apart", lambda _, folder, *__: reader.read(folder))
    return use_finder(monkeypatch)


def add(parent: Path, photos: PhotoList, name: str = "holiday", **options) -> QueuedTask:
    return add_photos(parent, name, photos, default_model_dir(), PhotoSettings(), **options)


def test_a_folder_becomes_a_session(parent, tmp_path):
    task = add(parent, write_photos(tmp_path / "in"))
    assert open_task(task.folder) == task
    assert (task.name, task.photos, task.state) == ("holiday", 4, "queued")
    work(parent)
    done = open_task(task.folder)
    assert done.state == "done"
    assert done.outcome.message.startswith(
        "1 photo could not be read: sub/d.jpg: expected a picture (JPEG"
    )
    session = open_session(done.session)
    assert (session.header.kind, session.length) == ("photos", "4 photos")
    added, recorded = entries(actions=("added", "recorded")).entries[1::-1]
    assert (added.kind, added.name) == ("photos to read", "holiday")
    assert (recorded.name, recorded.detail) == (session.id, "of photos")
    assert read_status(task.folder).share == 0  # of writing
    delete_task(done)
    assert list_tasks(parent).tasks == ()
    assert session.folder.is_dir()
    assert (tmp_path / "in" / "a.jpg").is_file()


def test_uploads_are_kept_until_they_are_read(parent, tmp_path):
    photos = write_photos(tmp_path / "in")
    paths = [tmp_path / "in" / name for name in photos.names]
    contents = [paths[0], *(path.read_bytes() for path in paths[1:])]
    task = add(parent, PhotoList(("x.jpg", "x.jpg", "y.jpg", "z.jpg")), uploads=contents)
    paths[0].unlink()
    assert (task.folder / UPLOAD_FILE).stat().st_mode & 0o077 == 0
    work(parent)
    session = open_session(open_task(task.folder).session)
    assert [each.file for each in read_photos(session.folder)] == [
        "x.jpg", "x.jpg", "y.jpg", "z.jpg",
    ]  # fmt: skip
    assert read_photos(session.folder)[3].problem.startswith("expected a picture (JPEG")
    assert not (task.folder / UPLOAD_FILE).exists()


def test_a_paused_one_goes_on_where_it_was(parent, tmp_path, finder, monkeypatch):
    task = add(parent, write_photos(tmp_path / "in"))
    tell = reader._Follower.tell
    asked: list[str] = []

    def pausing(follower, progress) -> None:
        if progress.done == 1 and not asked:
            asked.append(pause_task(task).asked)
        tell(follower, progress)

    monkeypatch.setattr(reader._Follower, "tell", pausing)
    work(parent)
    assert open_task(task.folder).state == "stopped"
    assert read_status(task.folder).share == 0
    assert resume_task(task).state == "queued"
    finder.looked = 0
    work(parent)
    assert open_task(task.folder).state == "done"
    assert finder.looked == 2  # not at the one that was noted; the last one is no photo


def test_a_cancelled_one_leaves_nothing_but_its_line(parent, monkeypatch):
    task = add(parent, PhotoList(("a.jpg",)), uploads=[b"content"])
    tell = reader._Follower.tell

    def cancelling(follower, progress) -> None:
        cancel_task(task)
        tell(follower, progress)

    monkeypatch.setattr(reader._Follower, "tell", cancelling)
    work(parent)
    assert open_task(task.folder).state == "cancelled"
    assert not task.job.work.exists()
    assert not (task.folder / UPLOAD_FILE).exists()
    assert not task.job.photos.exists()


def test_uploads_that_are_gone_are_told(parent):
    task = add(parent, PhotoList(("a.jpg",)), uploads=[b"content"])
    (task.folder / UPLOAD_FILE).write_bytes(b"torn")
    work(parent)
    assert open_task(task.folder).outcome.message.startswith(
        f"{task.folder / UPLOAD_FILE}: expected the photos that were uploaded, found none that can"
    )


def test_many_videos_keep_their_order_and_wait_for_the_disk_together(parent, tmp_path, monkeypatch):
    """Each file of a task, its folder and the folder of all: once, not once for each name."""
    waited: list[Path] = []
    monkeypatch.setattr(files, "_to_disk", waited.append)
    videos = [VideoFile.at(tmp_path / f"{number}.mp4") for number in range(30)]
    told: list[int] = []
    tasks = add_videos(
        parent, videos, default_model_dir(), RecordedSettings(), progress=told.append
    )
    assert told == list(range(1, 31))
    assert [task.name for task in queued_tasks(parent)] == [video.name for video in videos]
    assert [task.name for task in reversed(list_tasks(parent).tasks)] == [
        video.name for video in videos
    ]
    assert [open_task(task.folder) for task in tasks] == tasks
    # Other threads of this process may put things of theirs on the disk meanwhile.
    in_tasks = [path for path in waited if path.is_relative_to(parent) and path != parent]
    assert sum("format" not in path.name for path in in_tasks) == 3 * 30
    # Threads that come first may each say its format.
    assert 30 <= waited.count(parent) < 2 * 30


def test_one_that_cannot_be_added_is_told(parent, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("emotion_core.recorded.tasks.adding.enqueue", full)
    with pytest.raises(
        SourceError, match=r"holiday cannot be added \(No space left on device\); f"
    ):
        add(parent, PhotoList(("a.jpg",)), uploads=[b"content"])
    assert things_in(parent) == []
