"""The library of models, and the one in use."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from emotion_core import artefacts, model_library
from emotion_core.artefacts import CARD_FILE, LITERT_FILE, default_model_dir, load_card
from emotion_core.errors import ModelError
from emotion_core.model_card import write_card
from emotion_core.model_library import (
    add_model,
    delete_model,
    export_model,
    export_to,
    list_models,
    model_folders,
    model_in_use,
    put_to_use,
    rename_model,
    setting_file,
)

SHIPPED = default_model_dir()


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "models"


def add(folder: Path) -> Path:
    """Put a model that runs, without its Keras files, into a new folder."""
    folder.mkdir(parents=True)
    shutil.copy(SHIPPED / LITERT_FILE, folder)
    card = load_card(SHIPPED)
    files = {LITERT_FILE: card.files[LITERT_FILE]}
    write_card(folder, replace(card, name=folder.name, files=files))
    return folder


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

    def test_folders_of_another_library(self, tmp_path):
        whole = add(tmp_path / "elsewhere" / "whole")
        (tmp_path / "elsewhere" / "a file").touch()
        assert model_folders(tmp_path / "elsewhere") == [whole]


class TestInUse:
    def test_without_a_choice_it_is_the_shipped_one(self):
        assert (model_in_use().folder, model_in_use().problem) == (SHIPPED, "")

    def test_a_choice_counts_for_whoever_asks(self, library):
        folder = add(library / "mine")
        before = model_in_use()
        put_to_use(folder)
        assert model_in_use().folder == folder
        assert model_in_use().version != before.version
        put_to_use(SHIPPED)
        assert model_in_use() == before

    def test_training_it_anew_is_another_version(self, library):
        folder = add(library / "mine")
        before = put_to_use(folder).version
        write_card(folder, replace(load_card(folder), temperature=2.0))
        assert model_in_use().version != before

    def test_what_cannot_be_used_is_refused_and_nothing_changes(self, library):
        mine, broken = add(library / "mine"), add(library / "broken")
        put_to_use(mine)
        (broken / LITERT_FILE).write_bytes(b"nothing")
        with pytest.raises(ModelError, match="is not the file its card describes"):
            put_to_use(broken)
        assert model_in_use().folder == mine

    @pytest.mark.parametrize("harm", ["gone", "damaged", "other network"])
    def test_when_it_is_gone_or_damaged_the_shipped_one_takes_over(self, library, harm):
        folder = add(library / "mine")
        put_to_use(folder)
        if harm == "gone":
            shutil.rmtree(folder)
        elif harm == "damaged":
            (folder / CARD_FILE).write_text("[]")
        else:
            (folder / LITERT_FILE).write_bytes(b"nothing")
        found = model_in_use()
        assert found.folder == SHIPPED
        assert found.problem.startswith(f"mine cannot be used, so {SHIPPED.name} reads the faces.")

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"model": 3}'])
    def test_a_damaged_setting_counts_as_none_or_gone(self, content):
        setting_file().parent.mkdir(parents=True)
        setting_file().write_text(content)
        assert model_in_use().folder == SHIPPED

    def test_where_nothing_can_be_written(self, library, tmp_path, monkeypatch):
        folder = add(library / "mine")
        (tmp_path / "file").touch()
        monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "file" / "data"))
        with pytest.raises(ModelError, match="the choice cannot be written"):
            put_to_use(folder)

    def test_without_any_model(self, tmp_path, monkeypatch):
        monkeypatch.setattr(artefacts, "MODELS_FOLDER", tmp_path / "none")
        with pytest.raises(ModelError, match=r"a model folder with card\.json, found none"):
            model_in_use()


class TestAdd:
    def test_a_model_is_copied_under_its_new_name(self, library):
        source = add(library.parent / "source")
        (source / "notes.txt").write_text("not a model's")
        added = add_model(source, " second one ", load_card(source))
        assert added.folder == library / "second one"
        assert load_card(added.folder).name == "second one"
        assert not (added.folder / "notes.txt").exists()
        put_to_use(added.folder)

    @pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a\\b", "dot.", "x" * 61, "-a"])
    def test_names_that_do_not_do(self, library, name):
        source = add(library.parent / "source")
        with pytest.raises(ModelError, match="expected a name of 1 to 60 letters"):
            add_model(source, name, load_card(source))
        assert not library.exists()

    @pytest.mark.parametrize("name", ["mine", SHIPPED.name])
    def test_names_that_are_taken(self, library, name):
        source = add(library / "mine")
        with pytest.raises(ModelError, match=f"expected a new name, found '{name}', which is"):
            add_model(source, name, load_card(source))

    def test_a_full_disk_leaves_nothing(self, library, monkeypatch):
        source = add(library.parent / "source")

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(model_library.shutil, "copyfile", full)
        with pytest.raises(ModelError, match=r"cannot be written \(No space left on device\)"):
            add_model(source, "mine", load_card(source))
        assert list(library.iterdir()) == []


class TestRename:
    def test_a_model_keeps_everything_but_its_name(self, library):
        before = load_card(add(library / "old"))
        renamed = rename_model("old", "new")
        assert (renamed.card.name, renamed.card.network_id) == ("new", before.network_id)
        assert [path.name for path in library.iterdir()] == ["new"]

    def test_the_one_in_use_stays_in_use(self, library):
        put_to_use(add(library / "old"))
        rename_model("old", "new")
        assert (model_in_use().name, model_in_use().problem) == ("new", "")

    def test_the_shipped_one_keeps_its_name(self):
        with pytest.raises(ModelError, match="is part of the project and keeps its name"):
            rename_model(SHIPPED.name, "mine")

    def test_an_unknown_one(self):
        with pytest.raises(ModelError, match=r"expected the name of a model .fer2013-vgg., found"):
            rename_model("mine", "yours")


class TestDelete:
    def test_it_is_gone(self, library):
        add(library / "mine")
        assert delete_model("mine").folder == SHIPPED
        assert list(library.iterdir()) == []

    def test_the_one_in_use_only_when_agreed(self, library):
        put_to_use(add(library / "mine"))
        with pytest.raises(ModelError, match="mine is in use; put another one to use first"):
            delete_model("mine")
        assert (library / "mine").exists()
        assert delete_model("mine", although_in_use=True).folder == SHIPPED
        assert model_in_use().problem == ""
        assert json.loads(setting_file().read_text()) == {"model": str(SHIPPED)}

    def test_the_shipped_one_stays(self):
        with pytest.raises(ModelError, match="is part of the project and stays"):
            delete_model(SHIPPED.name, although_in_use=True)
        assert SHIPPED.exists()

    def test_the_last_one_stays(self, library, monkeypatch, tmp_path):
        add(library / "mine")
        monkeypatch.setattr(artefacts, "MODELS_FOLDER", tmp_path / "none")
        with pytest.raises(ModelError, match="mine is the last usable model and stays"):
            delete_model("mine", although_in_use=True)

    def test_a_damaged_one_can_be_deleted(self, library):
        (add(library / "broken") / CARD_FILE).write_text("{")
        delete_model("broken")
        assert not (library / "broken").exists()

    def test_files_of_others_are_not_deleted(self, library):
        (add(library / "mine") / "thesis.tex").touch()
        with pytest.raises(ModelError, match=r"expected a model's files only, found thesis.tex"):
            delete_model("mine")
        assert (library / "mine" / LITERT_FILE).exists()

    @pytest.mark.parametrize("name", ["..", "", "yours", "/etc"])
    def test_an_unknown_one(self, name):
        with pytest.raises(ModelError, match="expected the name of a model"):
            delete_model(name)


class TestExport:
    def test_a_zip_holds_the_model_in_a_folder(self, library):
        add(library / "mine")
        file = io.BytesIO()
        export_model("mine", file)
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            assert names == {"mine/model.tflite", "mine/card.json", "mine/README.md"}

    def test_a_file_that_was_replaced_is_noticed_and_nothing_written(self, library, tmp_path):
        (add(library / "mine") / LITERT_FILE).write_bytes(b"nothing")
        with pytest.raises(ModelError, match="is not the file its card describes"):
            export_to("mine", tmp_path / "mine.zip")
        assert not (tmp_path / "mine.zip").exists()
