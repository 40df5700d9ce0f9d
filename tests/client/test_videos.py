from __future__ import annotations

import os
from pathlib import Path

import pytest

from emotion_core.api import videos
from emotion_core.client import Client, ClientError, RefusedError
from emotion_core.recorded.tasks.storage import find_task, tasks_dir
from emotion_core.recorded.tasks.task import UPLOAD_FILE, TaskStatus, write_outcome
from emotion_core.system.processes.queueing import LOCK_FILE, QUEUED_FILE, write_status
from emotion_core.system.storage.locks import FileLock


@pytest.fixture(autouse=True)
def parent(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_VIDEOS_DIR", str(data / "videos"))
    monkeypatch.setattr(videos, "start_worker", lambda _: None)
    return tasks_dir()


def test_a_video_is_sent_piece_by_piece_and_queued(
    client: Client, parent: Path, tmp_path: Path
) -> None:
    film = tmp_path / "Gespräch & Co.mp4"
    film.write_bytes(os.urandom(1_000_000))
    far: list[int] = []
    video = client.videos.add(film, every=0.5, with_video=True, progress=far.append)
    assert (video.name, video.state, video.goes_on) == ("Gespräch & Co.mp4", "queued", True)
    assert far[-1] == 1_000_000
    assert len(far) > 2
    task = find_task(parent, video.id)
    assert (task.folder / UPLOAD_FILE).read_bytes() == film.read_bytes()
    assert (task.job.settings.every, task.job.with_video) == (0.5, True)
    assert client.videos.list() == (video,)
    cancelled = client.videos.cancel(video)
    assert (cancelled.state, cancelled.goes_on) == ("cancelled", False)
    with pytest.raises(RefusedError) as caught:
        client.videos.cancel(video)
    assert caught.value.status == 409


def test_a_video_is_followed_until_it_has_ended(
    client: Client, parent: Path, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"x")
    video = client.videos.add(film)
    folder = find_task(parent, video.id).folder
    lock = FileLock(folder / LOCK_FILE)

    def begin() -> None:
        assert lock.acquire()
        (folder / QUEUED_FILE).unlink()

    def read_half() -> None:
        write_status(folder, TaskStatus(1, 0.5))

    def nothing_new() -> None:
        pass

    def fail() -> None:
        write_outcome(folder, "failed", "expected a video")
        lock.release()

    happens = [begin, read_half, nothing_new, fail]
    found = list(client.videos.follow(video, pause=lambda _: happens.pop(0)()))
    assert [(each.state, each.share) for each in found] == [
        ("queued", 0), ("running", 0), ("running", 0.5), ("failed", 0),
    ]  # fmt: skip
    assert found[-1].message == "expected a video"


def test_what_the_app_will_not_take_is_told(client: Client, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(RefusedError) as caught:
        client.videos.add(tmp_path / "notes.txt")
    assert "expected the name of a video's file, such as interview.mp4" in str(caught.value)
    with pytest.raises(OSError, match="film"):
        client.videos.add(tmp_path / "film.mp4")
    with pytest.raises(ClientError) as no_id:
        client.videos.get("../sessions")
    assert str(no_id.value) == (
        "expected the id of a video, found '../sessions'; ask for the list of them"
    )
