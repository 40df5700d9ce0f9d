"""How much somebody has and may have, counted on the disk by every process alike."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from emotion_core.access import room
from emotion_core.access.people.known import note_seen
from emotion_core.access.people.person import Person
from emotion_core.access.room import Meter, Quota, own_quota, quota_of, refuse_beyond
from emotion_core.errors import NoRoomError
from emotion_core.system.storage.folders import data_dir
from emotion_core.system.storage.formats import THINGS
from emotion_core.system.storage.homes import take_over
from emotion_core.system.storage.persons import at_home
from emotion_core.system.storage.sizes import AT_REST, FolderSizes

ANN = Person("a" * 16, "Ann", "member")
BEN = Person("b" * 16, "Ben", "member")


@pytest.fixture(autouse=True)
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let members have a thousand bytes."""
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    for name in ("SESSIONS", "RUNS", "EXCLUSIONS", "VIDEOS"):
        monkeypatch.delenv(f"EMOTION_{name}_DIR", raising=False)
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(
        "[people]\nrequired = true\n[people.quotas]\nmember = '1000'\n", encoding="utf-8"
    )
    monkeypatch.setenv("STREAMLIT_SECRETS_FILES", str(secrets))
    note_seen(ANN, {}, "https://login.example")
    room._counts.clear()


def fill(person: Person, kind: str, size: int, name: str = "file") -> Path:
    with at_home(person.id):
        path = data_dir() / kind / "one" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def test_all_kinds_count_and_nobody_elses_things():
    for size, kind in enumerate(THINGS, start=1):
        fill(ANN, kind, size)
    fill(ANN, "settings", 500)
    fill(BEN, "sessions", 500)
    assert quota_of(ANN.id) == Quota(sum(range(1, len(THINGS) + 1)), 1000)


def test_of_who_was_there_first_the_homes_of_others_do_not_count():
    take_over(ANN.id)
    fill(ANN, "sessions", 10)
    fill(BEN, "sessions", 500)
    assert quota_of(ANN.id).used == 10


def test_what_a_variable_moves_counts_too(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "elsewhere"))
    folder = tmp_path / "elsewhere" / ".people" / ANN.id / "one"
    folder.mkdir(parents=True)
    (folder / "frames.csv").write_bytes(b"x" * 70)
    assert quota_of(ANN.id).used == 70


def test_without_an_account_there_is_no_quota():
    assert own_quota() == Quota(0, None)
    refuse_beyond(10**15, "a film")


def test_it_is_time_to_tell_from_four_fifths():
    assert not Quota(799, 1000).is_near
    assert Quota(800, 1000).is_near
    assert not Quota(10**15, None).is_near


def test_what_would_be_too_much_is_refused():
    fill(ANN, "sessions", 900)
    with at_home(ANN.id):
        refuse_beyond(100, "film.mp4")
        with pytest.raises(NoRoomError) as caught:
            refuse_beyond(101, "film.mp4")
        fill(ANN, "sessions", 1000)
        with pytest.raises(NoRoomError, match="a recording: expected room for it, found 0 bytes"):
            refuse_beyond(0, "a recording")
    assert str(caught.value) == (
        "film.mp4: expected room for it (101 bytes), found 100 bytes left of your 1 kB; delete "
        "what you no longer need"
    )


def test_what_is_written_piece_by_piece_is_stopped_where_the_room_ends():
    with at_home(ANN.id):
        meter = Meter("film.mp4")
        for written in range(0, 1000, 50):
            meter.take(50)
            fill(ANN, "videos", written + 50)
        with pytest.raises(NoRoomError, match=r"film\.mp4: expected room for it, found 0 bytes le"):
            meter.take(50)


def test_a_count_is_good_for_a_moment(monkeypatch):
    fill(ANN, "sessions", 10)
    assert quota_of(ANN.id).used == 10
    fill(ANN, "sessions", 20)
    assert quota_of(ANN.id).used == 10
    assert quota_of(ANN.id, fresh=True).used == 20
    now = time.monotonic()
    fill(ANN, "sessions", 30)
    monkeypatch.setattr(room.time, "monotonic", lambda: now + 2 * room.COUNTED_FOR)
    assert quota_of(ANN.id).used == 30


class TestSizes:
    @pytest.fixture
    def looks(self, monkeypatch) -> list[str]:
        """Note which folders are read."""
        found, as_ever = [], os.scandir

        def scandir(path: str) -> object:
            found.append(Path(path).name)
            return as_ever(path)

        monkeypatch.setattr(os, "scandir", scandir)
        return found

    def test_what_is_at_rest_is_looked_at_once(self, tmp_path, looks):
        (tmp_path / "own" / "old").mkdir(parents=True)
        (tmp_path / "own" / "old" / "a").write_bytes(b"12345")
        (tmp_path / "own" / "new").mkdir()
        (tmp_path / "own" / "new" / "b").write_bytes(b"1")
        then = time.time() - AT_REST - 5
        for path in (tmp_path / "own" / "old" / "a", tmp_path / "own" / "old", tmp_path / "own"):
            os.utime(path, (then, then))
        sizes = FolderSizes()
        assert sizes.of(tmp_path / "own") == 6
        looks.clear()
        # What grows, without a file that comes or goes.
        with (tmp_path / "own" / "new" / "b").open("ab") as file:
            file.write(b"23")
        assert sizes.of(tmp_path / "own") == 8
        assert looks == ["new"]

    def test_files_that_come_and_go_are_seen(self, tmp_path):
        sizes, folder = FolderSizes(), tmp_path / "own"
        then = time.time() - AT_REST - 5
        folder.mkdir()
        (folder / "a").write_bytes(b"123")
        for path in (folder / "a", folder):
            os.utime(path, (then, then))
        assert sizes.of(folder) == 3
        (folder / "b").write_bytes(b"45")
        assert sizes.of(folder) == 5
        (folder / "a").unlink()
        assert sizes.of(folder) == 2
        assert sizes.of(folder / "gone") == 0

    @pytest.mark.skipif(os.name == "nt", reason="links need a right there")
    def test_a_link_is_no_more_than_itself(self, tmp_path):
        (tmp_path / "own").mkdir()
        (tmp_path / "large").write_bytes(b"x" * 10_000)
        (tmp_path / "own" / "file").symlink_to(tmp_path / "large")
        (tmp_path / "own" / "folder").symlink_to(tmp_path)
        assert FolderSizes().of(tmp_path / "own") < 1_000
