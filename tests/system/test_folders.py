from pathlib import Path

import platformdirs
import pytest

from emotion_core.datasets.checks.exclusions import exclusions_dir
from emotion_core.datasets.own.storage import own_data_dir
from emotion_core.errors import EmotionCoreError
from emotion_core.sessions.storage import sessions_dir
from emotion_core.system.folders import (
    cache_dir,
    collection_dir,
    data_dir,
    folder_called,
    folder_size,
    folders_in,
    open_each,
)
from emotion_core.training.runs.storage import runs_dir


def test_folders_in_order_without_hidden_ones_and_files(tmp_path):
    for name in ("b", "a", ".half-written"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    assert [folder.name for folder in folders_in(tmp_path)] == ["a", "b"]
    assert folders_in(tmp_path / "missing") == []
    with pytest.raises(NotADirectoryError):
        folders_in(tmp_path / "file")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../other", "file", "link", "missing"])
def test_no_name_leads_elsewhere(tmp_path, name):
    parent = tmp_path / "parent"
    (parent / "a" / "b").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (parent / "file").touch()
    (parent / "link").symlink_to(tmp_path / "other")
    assert folder_called(parent, name) is None
    assert folder_called(parent, "a") == parent / "a"


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
    for name in ("SESSIONS", "RUNS", "EXCLUSIONS"):
        monkeypatch.delenv(f"EMOTION_{name}_DIR", raising=False)
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))
    places = (sessions_dir(), runs_dir(), exclusions_dir(), own_data_dir())
    assert all(tmp_path.resolve() in place.resolve().parents for place in places)
    assert len(set(places)) == len(places)


def test_files_that_are_deleted_meanwhile_have_no_size(tmp_path):
    (tmp_path / "file").write_bytes(bytes(7))
    (tmp_path / ".card-1.json").symlink_to("gone")  # listed, and then replaced
    assert folder_size(tmp_path) == 7


def test_each_is_opened_or_told_of(tmp_path):
    def open_folder(folder):
        if folder.name == "gone":
            folder.rmdir()
        if folder.name != "good":
            raise EmotionCoreError(f"{folder.name} is bad")
        return folder.name

    for name in ("good", "gone", "damaged"):
        (tmp_path / name).mkdir()
    assert open_each(tmp_path, open_folder) == (["good"], ("damaged is bad",))


def test_the_cache_lies_in_the_users_cache_folder(monkeypatch):
    monkeypatch.delenv("EMOTION_CACHE_DIR", raising=False)
    assert cache_dir() == Path(platformdirs.user_cache_dir("emotion-dashboard"))
