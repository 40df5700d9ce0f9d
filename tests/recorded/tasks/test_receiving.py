"""A video that comes in pieces, until it is a task or given up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emotion_core.access.audit import entries
from emotion_core.access.room import quota_of
from emotion_core.errors import NoRoomError
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.photos.job import PhotoList
from emotion_core.recorded.photos.reading import PhotoSettings
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.recorded.tasks import receiving
from emotion_core.recorded.tasks.adding import add_photos, add_received, add_videos
from emotion_core.recorded.tasks.receiving import ReceivedVideo
from emotion_core.recorded.tasks.storage import find_task, list_tasks, tasks_dir
from emotion_core.recorded.tasks.task import UPLOAD_FILE
from emotion_core.system.storage.leftovers import sweep
from emotion_core.system.storage.persons import at_home
from emotion_core.video.sources import VideoFile
from tests.access.accounts import ANN, have_accounts
from tests.kept import things_in


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
    assert [path.name for path in things_in(parent)] == [task.id]


def test_one_that_is_given_up_leaves_nothing(parent: Path) -> None:
    video = ReceivedVideo(parent, "film.mp4")
    video.write(b"one")
    with pytest.raises(ZeroDivisionError), video:
        _ = 1 / 0
    assert things_in(parent) == []
    video.close()


def test_what_a_killed_process_leaves_is_swept_and_what_comes_in_is_not(parent: Path) -> None:
    coming, left = ReceivedVideo(parent, "a.mp4"), ReceivedVideo(parent, "b.mp4")
    left._file.close()
    left._reserved._lock.release()  # as the system does for whoever is killed
    sweep(parent)
    assert coming.path.exists()
    assert not left.path.exists()
    coming.close()
    assert things_in(parent) == []


def test_a_disk_that_is_almost_full_takes_none(
    parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1_500_000_000

    monkeypatch.setattr(receiving.shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(NoRoomError) as caught:
        ReceivedVideo(parent, "film.mp4", 600_000_000)
    assert str(caught.value) == (
        "film.mp4: expected room for it and 1 GB more, found 1.5 GB free; free up space, or name "
        "another folder with EMOTION_VIDEOS_DIR"
    )
    with ReceivedVideo(parent, "film.mp4", 400_000_000) as video:
        video.write(b"x")
        Usage.free = 900_000_000
        with pytest.raises(NoRoomError, match="found 900 MB free"):
            video.write(b"x")
    assert things_in(parent) == []


class TestQuota:
    @pytest.fixture
    def parent(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        have_accounts(tmp_path, monkeypatch, "[people.quotas]\nmember = '1000'\n")
        with at_home(ANN.id):
            yield tasks_dir()

    def test_one_that_says_its_size_is_refused_before_it_comes(self, parent: Path) -> None:
        with pytest.raises(NoRoomError, match=r"film\.mp4: expected room for it \(1 kB\), found 1"):
            ReceivedVideo(parent, "film.mp4", 1001)
        assert things_in(parent) == []

    def test_its_room_is_taken_at_once_for_every_process(self, parent: Path) -> None:
        with ReceivedVideo(parent, "film.mp4", 900) as video:
            assert quota_of(ANN.id, fresh=True).used == 900
            with pytest.raises(NoRoomError):
                ReceivedVideo(parent, "other.mp4", 101)
            video.write(b"x" * 300)
            video.write(b"y" * 300)
            video.finish()  # fewer than it said
            assert video.path.read_bytes() == b"x" * 300 + b"y" * 300
        assert quota_of(ANN.id, fresh=True).used == 0

    def test_one_that_does_not_is_stopped_in_the_midst(self, parent: Path) -> None:
        with ReceivedVideo(parent, "film.mp4") as video:
            video.write(b"x" * 900)
            with pytest.raises(NoRoomError, match="of your 1 kB; delete what you no longer need"):
                video.write(b"x" * 101)
        assert things_in(parent) == []

    def test_what_was_uploaded_on_the_page_is_refused_whole(self, parent: Path) -> None:
        films = [VideoFile(f"{name}.mp4", b"x" * 600) for name in "ab"]
        model, settings = default_model_dir(), RecordedSettings()
        with pytest.raises(NoRoomError, match=r"a\.mp4 and 1 more: expected room for it \(1.2 kB"):
            add_videos(parent, films, model, settings, uploaded=True)
        with pytest.raises(NoRoomError, match="Photos and 1 more: expected room for it"):
            add_photos(
                parent, "Photos", PhotoList(("a.png", "b.png")), model, PhotoSettings(),
                uploads=[b"x" * 600, b"y" * 600],
            )  # fmt: skip
        assert not parent.exists()
