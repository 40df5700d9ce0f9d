from pathlib import Path

import platformdirs

from emotion_core.datasets.checks.exclusions import exclusions_dir
from emotion_core.datasets.own.storage import own_data_dir
from emotion_core.datasets.recent import recent_file
from emotion_core.datasets.uploads import uploads_dir
from emotion_core.models.folder import models_dir
from emotion_core.models.in_use import setting_file
from emotion_core.sessions.storage import sessions_dir
from emotion_core.system.folders import (
    cache_dir,
    collection_dir,
    data_dir,
    folder_size,
    left_behind,
)
from emotion_core.training.runs.storage import runs_dir


def test_folders_are_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("EMOTION_THINGS_DIR", str(tmp_path / "things"))
    assert data_dir() == tmp_path
    assert collection_dir("EMOTION_THINGS_DIR", "things") == tmp_path / "things"
    monkeypatch.setenv("EMOTION_THINGS_DIR", "")
    assert collection_dir("EMOTION_THINGS_DIR", "things") == tmp_path / "things"
    monkeypatch.delenv("EMOTION_DATA_DIR")
    assert data_dir().name == "emotion-dashboard"
    assert collection_dir("EMOTION_THINGS_DIR", "things") == data_dir() / "things"


def test_one_variable_moves_all_that_people_make(tmp_path, monkeypatch):
    for name in ("SESSIONS", "RUNS", "EXCLUSIONS", "MODELS"):
        monkeypatch.delenv(f"EMOTION_{name}_DIR", raising=False)
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))
    places = (
        sessions_dir(),
        runs_dir(),
        exclusions_dir(),
        own_data_dir(),
        uploads_dir(),
        models_dir(),
        setting_file(),
        recent_file(),
    )
    assert all(tmp_path.resolve() in place.resolve().parents for place in places)
    assert len(set(places)) == len(places)


def test_files_that_are_deleted_meanwhile_have_no_size(tmp_path):
    (tmp_path / "file").write_bytes(bytes(7))
    (tmp_path / ".card-1.json").symlink_to("gone")  # listed, and then replaced
    assert folder_size(tmp_path) == 7


def test_the_cache_lies_in_the_users_cache_folder(monkeypatch):
    monkeypatch.delenv("EMOTION_CACHE_DIR", raising=False)
    assert cache_dir() == Path(platformdirs.user_cache_dir("emotion-dashboard"))


def test_what_an_earlier_version_left_behind_is_told_of(tmp_path, monkeypatch):
    """It kept sessions in the platform's folder even where EMOTION_DATA_DIR named another one."""
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda _: str(tmp_path / "home"))
    monkeypatch.delenv("EMOTION_SESSIONS_DIR", raising=False)
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "new"))
    assert left_behind("EMOTION_SESSIONS_DIR", "sessions") is None
    earlier = tmp_path / "home" / "sessions"
    (earlier / "20260101-120000").mkdir(parents=True)
    assert left_behind("EMOTION_SESSIONS_DIR", "sessions") == earlier
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "chosen"))
    assert left_behind("EMOTION_SESSIONS_DIR", "sessions") is None
    monkeypatch.delenv("EMOTION_SESSIONS_DIR")
    monkeypatch.delenv("EMOTION_DATA_DIR")
    assert left_behind("EMOTION_SESSIONS_DIR", "sessions") is None
