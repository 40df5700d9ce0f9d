"""Which models can be chosen."""

from __future__ import annotations

import shutil
from pathlib import Path

from emotion_core.artefacts import CARD_FILE, LITERT_FILE, default_model_dir
from emotion_core.model_library import model_folders


def copy_of_the_shipped_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in (CARD_FILE, LITERT_FILE):
        shutil.copy(default_model_dir() / name, folder)
    return folder


def test_the_projects_own_models_begin_with_the_default():
    assert model_folders()[0] == default_model_dir()


def test_the_default_comes_first_then_the_others_by_name(tmp_path: Path):
    names = ["b", default_model_dir().name, "a"]
    folders = [copy_of_the_shipped_model(tmp_path / name) for name in names]
    assert model_folders(tmp_path) == [folders[1], folders[2], folders[0]]


def test_what_is_no_usable_model_is_left_out(tmp_path: Path):
    whole = copy_of_the_shipped_model(tmp_path / "whole")
    (copy_of_the_shipped_model(tmp_path / "without network") / LITERT_FILE).unlink()
    (copy_of_the_shipped_model(tmp_path / "damaged card") / CARD_FILE).write_text("{")
    (tmp_path / "run.training").mkdir()
    (tmp_path / "a file").write_text("")
    assert model_folders(tmp_path) == [whole]
