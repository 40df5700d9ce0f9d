"""What is put in order at the start: seen on the data folder that an earlier version made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from emotion_core.system.storage import housekeeping
from emotion_core.system.storage.folders import PROJECT
from emotion_core.system.storage.housekeeping import CLOSED_FILE, keep_house

EARLIER = PROJECT / "tests" / "data" / "earlier"
VARIABLES = ("SESSIONS", "RUNS", "EXCLUSIONS")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="nothing is closed there")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in VARIABLES:
        monkeypatch.delenv(f"EMOTION_{kind}_DIR", raising=False)
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    entry = tmp_path / "cache" / "datasets" / f"{'a' * 20}-{'b' * 20}"
    entry.mkdir(parents=True)
    (entry / "images.npy").touch()
    (entry / "meta.json").touch()
    shutil.copytree(EARLIER, tmp_path / "data")
    for path in (tmp_path / "data", tmp_path / "cache", *tmp_path.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return tmp_path / "data"


def open_to_others(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.stat().st_mode & 0o077
    )


def test_what_earlier_versions_let_all_read_is_closed_once(data: Path) -> None:
    assert len(open_to_others(data)) > 10
    keep_house()
    assert open_to_others(data.parent) == ["cache", "data"]  # any folder at all, by their variables
    assert (data / CLOSED_FILE).is_file()
    (data / "sessions").chmod(0o755)  # somebody wants it so
    keep_house()
    assert open_to_others(data) == ["sessions"]


def test_the_platforms_own_folders_are_closed_as_a_whole(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EMOTION_DATA_DIR")
    monkeypatch.delenv("EMOTION_CACHE_DIR")
    for find, folder in (("user_data_dir", data), ("user_cache_dir", data.parent / "cache")):
        monkeypatch.setattr(f"platformdirs.{find}", lambda _, folder=folder: str(folder))
    keep_house()
    assert open_to_others(data.parent) == []


def test_what_is_others_stays_open_where_a_variable_names_any_folder(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "photos").mkdir(parents=True, mode=0o755)
    (home / "photos" / "cat.jpg").touch(0o644)
    (home / "sessions").mkdir(mode=0o755)
    (home / "sessions" / "notes.txt").touch(0o644)
    shutil.copytree(data / "sessions" / "20261127-224507", home / "20261127-224507")
    for variable in ("EMOTION_DATA_DIR", "EMOTION_SESSIONS_DIR"):
        monkeypatch.setenv(variable, str(home))
    keep_house()
    assert open_to_others(home) == ["photos", "photos/cat.jpg", "sessions", "sessions/notes.txt"]
    assert home.stat().st_mode & 0o777 == 0o755


def test_nothing_is_made_where_there_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    keep_house(tmp_path / "models")
    assert list(tmp_path.iterdir()) == []


def test_whoever_has_no_home_is_not_kept_from_working(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("EMOTION_DATA_DIR", "EMOTION_CACHE_DIR"):
        monkeypatch.delenv(variable, raising=False)

    def fail(_name: str) -> str:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("platformdirs.user_data_dir", fail)
    monkeypatch.setattr("platformdirs.user_cache_dir", fail)
    keep_house()


def test_every_command_and_the_app_begin_with_it(data: Path) -> None:
    left = data / "sessions" / ".deleted-0123456789abcdef"
    left.mkdir()
    subprocess.run(
        [sys.executable, "-m", "emotion_core", "sessions", "list"],
        cwd=PROJECT,
        env=dict(os.environ),
        check=True,
        capture_output=True,
    )
    assert not left.exists()
    assert open_to_others(data) == []
    assert "is_in_order()" in (PROJECT / "app.py").read_text("utf-8")


def test_what_is_hourly_is_done_again_without_a_restart(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "_started", threading.Event())
    monkeypatch.setattr(housekeeping, "EVERY_SECONDS", 0.01)
    done: list[int] = []
    thrice, end = threading.Event(), threading.Event()

    def fail() -> None:
        raise OSError(5, "the disk fails")

    def count() -> None:
        done.append(len(open_to_others(data)))
        if len(done) == 3:
            thrice.set()
            end.wait()  # the thread is a daemon: it stays here

    for _ in range(2):  # however often it is called
        housekeeping.keep_house_once(hourly=(fail, count))
    assert thrice.wait(20)
    assert done == [0, 0, 0]  # after all else


def test_on_windows_nothing_is_closed(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_to_others(data)
    monkeypatch.setattr("emotion_core.system.storage.housekeeping.ON_WINDOWS", True)
    keep_house()
    monkeypatch.undo()
    assert open_to_others(data) == before
    assert not (data / CLOSED_FILE).exists()
