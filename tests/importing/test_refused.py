"""What is refused leaves nothing."""

from __future__ import annotations

import json

import pytest

from emotion_core.errors import ModelError
from emotion_core.importing import uploads
from emotion_core.importing.staging import stage_paths
from tests import model_files
from tests.importing.handed_in import stage
from tests.importing.hostile_files import HOSTILE
from tests.model_files import KERAS_2, others


@pytest.mark.usefixtures("in_this_process")
class TestRefused:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_with_the_reason_and_nothing_is_left(self, name, nothing_left, tmp_path):
        files, message = HOSTILE[name]
        before = sorted(tmp_path.parent.glob("*"))
        with pytest.raises(ModelError, match=message) as error:
            stage(*files)
        assert "\n" not in str(error.value)
        assert "emotion-import-" not in str(error.value)
        # Somebody may have the file and nothing else.
        assert "program that made it" not in str(error.value)
        assert nothing_left()
        assert sorted(tmp_path.parent.glob("*")) == before

    def test_weights_of_another_network(self, nothing_left):
        architecture = json.loads((KERAS_2 / "model_arch.json").read_text())
        architecture["config"]["layers"][1]["config"]["filters"] = 8
        files = [("a.json", json.dumps(architecture).encode()), model_files.pair()[1]]
        with pytest.raises(ModelError, match=r"a\.json is not a model that Keras can read"):
            stage(*files)
        assert nothing_left()

    def test_a_file_that_is_too_large_to_begin_with(self, nothing_left, monkeypatch):
        monkeypatch.setattr(uploads, "MAX_FILE_BYTES", 1000)
        with pytest.raises(ModelError, match=r"grey64\.tflite: expected a file under"):
            stage(others("grey64.tflite"))
        assert nothing_left()

    def test_a_missing_file(self, tmp_path, nothing_left):
        with pytest.raises(ModelError, match=r"expected a model file at .*none\.h5, but it cannot"):
            stage_paths([tmp_path / "none.h5"])
        assert nothing_left()

    def test_a_folder(self, tmp_path, nothing_left):
        with pytest.raises(ModelError, match=r"found a folder; give the file in it"):
            stage_paths([tmp_path])
        (tmp_path / "saved_model.pb").touch()
        with pytest.raises(
            ModelError,
            match=r"expected a SavedModel with its variables, found saved_model\.pb alone; fetch "
            r"the folder variables that belongs beside it$",
        ):
            stage_paths([tmp_path])
        assert nothing_left()

    def test_a_full_disk(self, nothing_left, monkeypatch):
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(uploads, "_copy", full)
        with pytest.raises(ModelError, match=r"cannot be read into .*No space left on device"):
            stage(others("grey64.tflite"))
        assert nothing_left()
