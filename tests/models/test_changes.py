"""Models added, renamed, deleted and exported."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from emotion_core.errors import ModelError
from emotion_core.models import changes as model_changes
from emotion_core.models import folder as artefacts
from emotion_core.models.changes import (
    add_model,
    delete_model,
    export_model,
    export_to,
    rename_model,
)
from emotion_core.models.folder import (
    CARD_FILE,
    LITERT_FILE,
    ModelCard,
    default_model_dir,
    load_card,
)
from emotion_core.models.in_use import model_in_use, put_to_use, setting_file
from tests.kept import things_in
from tests.model_files import add_model_folder as add

SHIPPED = default_model_dir()

pytestmark = pytest.mark.usefixtures("library")


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

    def test_a_name_that_somebody_else_takes_meanwhile(self, library, monkeypatch):
        theirs, ours = add(library.parent / "theirs"), add(library.parent / "ours")
        write = model_changes.write_card

        def slowly(folder: Path, card: ModelCard) -> None:
            monkeypatch.setattr(model_changes, "write_card", write)
            add_model(theirs, "mine", load_card(theirs))
            write(folder, card)

        monkeypatch.setattr(model_changes, "write_card", slowly)
        with pytest.raises(ModelError, match="expected a new name, found 'mine', which is taken"):
            add_model(ours, "mine", load_card(ours))
        assert load_card(library / "mine").network_id == load_card(theirs).network_id
        assert [path.name for path in things_in(library)] == ["mine"]

    def test_a_full_disk_leaves_nothing(self, library, monkeypatch):
        source = add(library.parent / "source")

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(model_changes.shutil, "copyfile", full)
        with pytest.raises(ModelError, match=r"cannot be written \(No space left on device\)"):
            add_model(source, "mine", load_card(source))
        assert things_in(library) == []


class TestRename:
    def test_a_model_keeps_everything_but_its_name(self, library):
        before = load_card(add(library / "old"))
        renamed = rename_model("old", "new")
        assert (renamed.card.name, renamed.card.network_id) == ("new", before.network_id)
        assert [path.name for path in things_in(library)] == ["new"]

    def test_the_one_in_use_stays_in_use(self, library):
        put_to_use(add(library / "old"))
        rename_model("old", "new")
        assert (model_in_use().name, model_in_use().problem) == ("new", "")

    def test_the_shipped_one_keeps_its_name(self):
        with pytest.raises(ModelError, match="is part of the project and keeps its name"):
            rename_model(SHIPPED.name, "mine")

    def test_files_of_others_keep_a_model_where_it_is(self, library):
        (add(library / "mine") / "thesis.txt").touch()
        with pytest.raises(ModelError, match="expected a model's files only, found thesis"):
            rename_model("mine", "yours")
        assert [folder.name for folder in things_in(library)] == ["mine"]

    def test_an_unknown_one(self):
        with pytest.raises(ModelError, match=r"expected the name of a model .fer2013-vgg., found"):
            rename_model("mine", "yours")


class TestDelete:
    def test_it_is_gone(self, library):
        add(library / "mine")
        assert delete_model("mine").folder == SHIPPED
        assert things_in(library) == []

    def test_the_one_in_use_only_when_agreed(self, library):
        put_to_use(add(library / "mine"))
        with pytest.raises(ModelError, match="mine is in use; use another model first"):
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
