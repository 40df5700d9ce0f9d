import logging
import os

import pytest

from emotion_core.system import viewer_settings
from emotion_core.system.viewer_settings import (
    change_settings,
    is_viewer,
    read_settings,
    settings_dir,
)
from tests.kept import things_in

ANNA, BEN = "a" * 32, "b" * 32


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))
    return tmp_path / "settings"


def test_nothing_is_kept_at_first(folder):
    assert read_settings(ANNA) == {}
    assert settings_dir() == folder
    assert not folder.exists()


def test_each_viewer_has_settings_of_their_own():
    change_settings(ANNA, "live", {"smoothing": 0.5, "shown": ["Boxes"]})
    change_settings(BEN, "live", {"smoothing": 2.0})
    assert read_settings(ANNA) == {"live": {"smoothing": 0.5, "shown": ["Boxes"]}}
    assert read_settings(BEN) == {"live": {"smoothing": 2.0}}


def test_a_change_leaves_the_others_as_they_are():
    change_settings(ANNA, "live", {"smoothing": 0.5})
    change_settings(ANNA, "live", {"detect": False})
    change_settings(ANNA, "train", {"epochs": 3})
    assert read_settings(ANNA) == {
        "live": {"smoothing": 0.5, "detect": False},
        "train": {"epochs": 3},
    }


def test_what_is_forgotten_leaves_no_file(folder):
    change_settings(ANNA, "live", {"smoothing": 0.5})
    change_settings(ANNA, "live", {"smoothing": None, "never": None})
    assert things_in(folder) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such bits")
def test_nobody_else_on_the_machine_reads_them(folder):
    change_settings(ANNA, "live", {"smoothing": 0.5})
    assert (folder / f"{ANNA}.json").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"live": 3}', '{"live": [1]}', "\0" * 99, '"' + "x" * 40_000 + '"']
)
def test_a_damaged_file_is_passed_over_and_written_anew(content, folder, caplog):
    folder.mkdir()
    (folder / f"{ANNA}.json").write_text(content)
    with caplog.at_level(logging.WARNING):
        assert read_settings(ANNA) == {}
    assert "settings are the usual ones again" in caplog.text
    change_settings(ANNA, "live", {"smoothing": 0.5})
    assert read_settings(ANNA) == {"live": {"smoothing": 0.5}}


@pytest.mark.parametrize("name", ["", "a" * 31, "A" * 32, "../" + "a" * 29, "a" * 32 + "\n"])
def test_names_that_lead_elsewhere(name):
    assert not is_viewer(name)
    with pytest.raises(ValueError, match="expected 32 hexadecimal digits, found"):
        read_settings(name)


def test_they_have_bounds(caplog):
    change_settings(ANNA, "live", {"smoothing": 0.5})
    change_settings(ANNA, "train", {"notes": "x" * viewer_settings.MOST_BYTES})
    assert "too many to keep another" in caplog.text
    assert read_settings(ANNA) == {"live": {"smoothing": 0.5}}


def test_those_who_changed_nothing_for_longest_go_first(monkeypatch):
    monkeypatch.setattr(viewer_settings, "MOST_VIEWERS", 2)
    viewers = [f"{number:032x}" for number in range(3)]
    for second, viewer in enumerate(viewers):
        change_settings(viewer, "live", {"smoothing": 0.5})
        os.utime(settings_dir() / f"{viewer}.json", (second, second))
    change_settings(viewers[1], "live", {"smoothing": 0.6})
    change_settings("f" * 32, "live", {"smoothing": 0.5})
    assert read_settings(viewers[0]) == read_settings(viewers[2]) == {}
    assert read_settings(viewers[1]) == {"live": {"smoothing": 0.6}}


def test_where_nothing_can_be_written_nothing_breaks(folder, caplog):
    folder.write_text("a file where the folder should be")
    change_settings(ANNA, "live", {"smoothing": 0.5})
    assert "settings cannot be kept" in caplog.text
    change_settings(ANNA, "live", {"smoothing": object()})
