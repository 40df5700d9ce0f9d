"""Which models there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from emotion_core.errors import ModelError
from emotion_core.importing.staging import proposed_name
from emotion_core.models import folder
from emotion_core.models.changes import add_model, delete_model, rename_model
from emotion_core.models.folder import (
    CARD_FILE,
    LITERT_FILE,
    default_model_dir,
    load_card,
    models_dir,
    models_dirs,
)
from emotion_core.models.library import list_models, model_folders
from emotion_core.models.readme.card import write_card
from tests.model_files import add_model_folder as add

SHIPPED = default_model_dir()

pytestmark = pytest.mark.usefixtures("library")


class TestList:
    def test_the_shipped_one_is_there_without_any_other(self):
        (model,) = list_models().models
        assert (model.folder, model.shipped, model.origin) == (SHIPPED, True, "shipped")
        assert model.size > model.card.sizes[LITERT_FILE]

    def test_the_shipped_one_comes_first_then_the_others_by_name(self, library):
        for name in ("b", "a"):
            add(library / name)
        found = list_models()
        assert [model.name for model in found.models] == [SHIPPED.name, "a", "b"]
        assert [model.origin for model in found.models[1:]] == ["trained here"] * 2
        assert model_folders() == [SHIPPED, library / "a", library / "b"]

    def test_an_imported_one_says_so(self, library):
        folder = add(library / "a")
        source = {"file": "a.h5", "sha256": "0", "imported": "2026-11-23T01:00:00+00:00"}
        write_card(folder, replace(load_card(folder), source=source))
        assert list_models().find("a").origin == "imported"

    def test_what_is_damaged_is_told_with_the_reason(self, library):
        (add(library / "without network") / LITERT_FILE).unlink()
        (add(library / "bad card") / CARD_FILE).write_text("{")
        found = list_models()
        assert [broken.name for broken in found.damaged] == ["bad card", "without network"]
        assert "card.json is damaged" in found.damaged[0].problem
        assert "expected model.tflite, found none" in found.damaged[1].problem
        assert [model.folder for model in found.models] == [SHIPPED]

    def test_what_is_no_model_is_passed_over(self, library):
        library.mkdir()
        (library / "run.training").mkdir()
        (library / ".a-half-written").mkdir()
        (library / "a file").touch()
        assert not list_models().damaged


class TestWhereTheyLie:
    """`EMOTION_DATA_DIR` moves new ones; those that were made before it did stay in reach."""

    @pytest.fixture(autouse=True)
    def before(self, library: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.delenv("EMOTION_MODELS_DIR")
        project = library.with_name("project")
        project.mkdir()
        (project / SHIPPED.name).symlink_to(SHIPPED)
        monkeypatch.setattr(folder, "MODELS_FOLDER", project)
        return project

    def test_by_default_in_the_project(self, before, monkeypatch):
        monkeypatch.delenv("EMOTION_DATA_DIR")
        assert models_dirs() == (models_dir(),) == (before,)

    def test_with_the_other_data(self, before, tmp_path):
        add(before / "b")
        new = add_model(before / "b", "a", load_card(before / "b")).folder
        assert new == tmp_path / "data" / "models" / "a"
        assert model_folders() == [default_model_dir(), new, before / "b"]

    def test_a_name_is_given_once(self, before):
        add(before / "b")
        with pytest.raises(ModelError, match="found 'b', which is taken"):
            add_model(before / "b", "b", load_card(before / "b"))
        assert proposed_name("b.tflite") == "b-2"

    def test_earlier_ones_are_renamed_and_deleted(self, before):
        add(before / "b")
        rename_model("b", "c")
        add(before / "d")
        delete_model("d")
        assert [path.name for path in before.iterdir()] == [SHIPPED.name]
        assert [model.name for model in list_models().models] == [SHIPPED.name, "c"]
