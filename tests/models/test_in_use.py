"""The model in use."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from emotion_core.errors import ModelError
from emotion_core.models import folder as artefacts
from emotion_core.models.folder import CARD_FILE, LITERT_FILE, default_model_dir, load_card
from emotion_core.models.in_use import model_in_use, put_to_use, setting_file
from emotion_core.models.readme.card import write_card
from tests.model_files import add_model_folder as add

SHIPPED = default_model_dir()

pytestmark = pytest.mark.usefixtures("library")


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

    def test_measuring_both_views_anew_is_another_version(self, library):
        folder = add(library / "mine")
        before = put_to_use(folder).version
        card = load_card(folder)
        both = {"view": "mirrored", "temperature": 3.0, "certainty_threshold": 0.1}
        write_card(folder, replace(card, metrics={**card.metrics, "mirrored": both}))
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
