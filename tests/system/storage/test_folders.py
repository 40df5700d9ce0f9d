import os
import re
from pathlib import Path

import platformdirs
import pytest

from emotion_core.datasets.checks.exclusions import exclusions_dir
from emotion_core.datasets.own.storage import own_data_dir
from emotion_core.datasets.recent import recent_file
from emotion_core.datasets.uploads import uploads_dir
from emotion_core.errors import NoHomeError
from emotion_core.models.folder import default_model_dir, models_dir
from emotion_core.models.in_use import model_in_use, setting_file
from emotion_core.sessions.storage import sessions_dir
from emotion_core.system.storage.folders import (
    PERSONAL_VARIABLES,
    PROJECT,
    cache_dir,
    collection_dir,
    data_dir,
    folder_size,
    is_personal,
    left_behind,
    typed_path,
    without_places,
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


@pytest.fixture
def nobody(monkeypatch):
    """A user id without an entry in passwd, as in a container."""
    for name in [name for name in os.environ if name.startswith(("EMOTION_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("HOME", raising=False)

    def unknown(_: object) -> None:
        raise KeyError

    pwd = pytest.importorskip("pwd")
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(pwd, "getpwnam", unknown)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("find", [own_data_dir, runs_dir, sessions_dir, setting_file, cache_dir])
def test_who_has_no_home_is_told_of_the_variables(find):
    with pytest.raises(NoHomeError) as caught:
        find()
    assert str(caught.value) == (
        "expected a home folder to keep things in, found that this user has none; name folders "
        "with the environment variables EMOTION_DATA_DIR and EMOTION_CACHE_DIR, or set HOME"
    )


@pytest.mark.usefixtures("nobody")
def test_who_has_no_home_reads_faces_all_the_same(tmp_path, monkeypatch):
    assert model_in_use().folder == default_model_dir()
    assert left_behind("EMOTION_SESSIONS_DIR", "sessions") is None
    assert typed_path("~/film.mp4") == Path("~/film.mp4")
    monkeypatch.setenv("EMOTION_RUNS_DIR", str(tmp_path))
    assert runs_dir() == tmp_path.resolve()


def test_a_typed_path_may_begin_with_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert typed_path("~/film.mp4") == tmp_path / "film.mp4"
    assert typed_path("~nobody-here/film.mp4") == Path("~nobody-here/film.mp4")


def test_every_variable_that_moves_what_people_make_is_known():
    text = "".join(path.read_text("utf-8") for path in (PROJECT / "emotion_core").rglob("*.py"))
    named = set(re.findall(r"collection_dir\((\w+_VARIABLE)", text))
    values = dict(re.findall(r'(\w+_VARIABLE): Final = "(EMOTION_\w+_DIR)"', text))
    assert {values[name] for name in named} == set(PERSONAL_VARIABLES)


def test_what_is_personal(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "films"))
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    for inside in ("data", "data/uploads/a.csv", "cache/x", "films/1/video.mp4", "link/own_data"):
        assert is_personal(tmp_path / inside)
    for outside in ("database", "report.html", "films.zip"):
        assert not is_personal(tmp_path / outside)


def test_messages_for_elsewhere_name_no_folder_of_this_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "data" / "of lab 3"))
    for path in (tmp_path / "data" / "of lab 3", tmp_path / "data", PROJECT, Path.home()):
        assert without_places(f"{path / 'x'}: expected a face") == f"…{os.sep}x: expected a face"
    assert without_places("b.jpg: expected 1/2") == "b.jpg: expected 1/2"
