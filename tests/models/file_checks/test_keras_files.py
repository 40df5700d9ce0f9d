"""Keras files that may be built, and what of them is carried along; `tests/importing/hostile_files`
holds those that may not.
"""

from __future__ import annotations

import shutil

import pytest

from emotion_core.errors import ModelError
from emotion_core.models.file_checks import keras_files
from emotion_core.models.file_checks.keras_files import judge_file
from tests.model_files import KERAS_2, OTHERS, whole_h5


def test_an_archive():
    path = OTHERS / "grey64.keras"
    judged = judge_file(path)
    assert (judged.path, judged.weights) == (path, path)
    assert judged.description["class_name"] == "Functional"


def test_a_whole_model(tmp_path):
    path = tmp_path / "whole.h5"
    path.write_bytes(whole_h5())
    judged = judge_file(path)
    assert judged.weights == path
    assert judged.description["class_name"] == "Sequential"


def test_an_architecture_whose_weights_stand_beside_it():
    judged = judge_file(KERAS_2 / "model_arch.json")
    assert judged.weights == KERAS_2 / "model_weights.h5"
    assert judged.description["class_name"] == "Sequential"


def test_weights_of_a_pair_are_looked_at_too(tmp_path):
    shutil.copy(KERAS_2 / "model_arch.json", tmp_path)
    (tmp_path / "model_weights.h5").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"model_weights.h5: expected an HDF5 file, found some"):
        judge_file(tmp_path / "model_arch.json")


def test_a_description_that_is_too_large(monkeypatch):
    monkeypatch.setattr(keras_files, "MAX_DESCRIPTION_BYTES", 100)
    for path in (OTHERS / "grey64.keras", KERAS_2 / "model_arch.json"):
        with pytest.raises(ModelError, match="expected a description under 20 MB, found more"):
            judge_file(path)


def test_an_archive_that_is_damaged_within(tmp_path):
    content = (OTHERS / "grey64.keras").read_bytes()
    path = tmp_path / "a.keras"
    name = content.index(b"config.json")
    for place in (name - 30, name + 40):  # the header of its description, and what is packed
        path.write_bytes(content[:place] + b"\xff" * 20 + content[place + 20 :])
        message = r"expected a whole \.keras file, but it is damaged \(.+\); copy or"
        with pytest.raises(ModelError, match=message):
            judge_file(path)
