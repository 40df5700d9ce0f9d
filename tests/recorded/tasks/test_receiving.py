"""A video that comes in pieces, until it is a task or given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.access.audit import entries
from emotion_core.errors import SourceError
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.recorded.tasks import receiving
from emotion_core.recorded.tasks.adding import add_received
from emotion_core.recorded.tasks.receiving import ReceivedVideo
from emotion_core.recorded.tasks.storage import find_task, list_tasks, tasks_dir
from emotion_core.recorded.tasks.task import UPLOAD_FILE
from emotion_core.system.storage.leftovers import sweep


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_VIDEOS_DIR", str(tmp_path / "videos"))
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "sessions"))
    return tasks_dir()


def test_it_is_moved_into_its_task(parent: Path) -> None:
    with ReceivedVideo(parent, "film.mp4") as video:
        video.write(b"one ")
        video.write(b"two")
        assert list_tasks(parent).tasks == ()  # nobody sees it before it is whole
        video.finish()
        inode = video.path.stat().st_ino
        task = add_received(parent, video, default_model_dir(), RecordedSettings())
    assert entries(actions=("added",)).entries[0].name == "film.mp4"
    kept = find_task(parent, task.id).folder / UPLOAD_FILE
    assert kept.read_bytes() == b"one two"
    assert kept.stat().st_ino == inode
    assert [path.name for path in parent.iterdir()] == [task.id]


def test_one_that_is_given_up_leaves_nothing(parent: Path) -> None:
    video = ReceivedVideo(parent, "film.mp4")
    video.write(b"one")
    with pytest.raises(ZeroDivisionError), video:
        _ = 1 / 0
    assert list(parent.iterdir()) == []
    video.close()


def test_what_a_killed_process_leaves_is_swept_and_what_comes_in_is_not(parent: Path) -> None:
    coming, left = ReceivedVideo(parent, "a.mp4"), ReceivedVideo(parent, "b.mp4")
    left._file.close()
    left._reserved._lock.release()  # as the system does for whoever is killed
    sweep(parent)
    assert coming.path.exists()
    assert not left.path.exists()
    coming.close()
    assert list(parent.iterdir()) == []


def test_a_disk_that_is_almost_full_takes_none(
    parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1_500_000_000

    monkeypatch.setattr(receiving.shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(SourceError) as caught:
        ReceivedVideo(parent, "film.mp4", 600_000_000)
    assert str(caught.value) == (
        "film.mp4: expected room for it and 1 GB more, found 1.5 GB free; free up space, or name "
        "another folder with EMOTION_VIDEOS_DIR"
    )
    with ReceivedVideo(parent, "film.mp4", 400_000_000) as video:
        video.write(b"x")
        Usage.free = 900_000_000
        with pytest.raises(SourceError, match="found 900 MB free"):
            video.write(b"x")
    assert list(parent.iterdir()) == []
