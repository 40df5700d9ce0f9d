"""SavedModels handed in as a folder or a zip; which are refused: tests/training/networks."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.importing.answers import ImportAnswers, guess_answers
from emotion_core.importing.staging import StagedModel, stage_model, stage_paths
from emotion_core.importing.uploads import saved_model_parts
from tests.importing.handed_in import greys
from tests.model_files import OTHERS, zipped


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return ``grey64.keras`` as Keras exports it."""
    import keras

    folder = tmp_path_factory.mktemp("saved") / "my model"
    network = keras.saving.load_model(OTHERS / "grey64.keras")
    network.export(folder, format="tf_saved_model", verbose=False)
    return folder


def pictures() -> np.ndarray:
    """Return greys from black to white as the network takes them."""
    levels = np.rint(255 * np.linspace(0, 1, 9)) / 127.5 - 1
    return np.stack([np.full((64, 64, 1), level, np.float32) for level in levels])


@pytest.fixture
def expected() -> np.ndarray:
    """Return what Keras answers to greys from black to white."""
    import keras

    network = keras.saving.load_model(OTHERS / "grey64.keras")
    return network.predict(pictures(), verbose=0)


def scores(staged: StagedModel) -> np.ndarray:
    answers = ImportAnswers("-1 to 1", EMOTIONS, probabilities=True)
    return staged.classifier(answers).predict_scores(greys(*np.linspace(0, 1, 9)))


def packed(folder: Path, root: str = "") -> bytes:
    members = {
        f"{root}{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    return zipped(members | {"__MACOSX/._x": b"", f"{root}README.md": b"hello"})


def test_a_folder_is_read_in_a_process_of_its_own(exported, expected, library):
    staged = stage_paths([exported])
    assert (staged.file, staged.found.side, staged.found.outputs) == ("my model", 64, 7)
    assert scores(staged) == pytest.approx(expected, abs=1e-3)
    kept = staged.keep("saved", guess_answers(staged.found))
    assert kept.card.source["file"] == "my model"
    assert {path.name for path in (library / "saved").iterdir()} == {
        "model.tflite",
        "card.json",
        "README.md",
    }


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("root", ["", "a/b/", "./"])
def test_a_zip_of_one_is_read_wherever_in_it_it_lies(exported, expected, root):
    staged = stage_model([("a.zip", io.BytesIO(packed(exported, root)))])
    assert scores(staged) == pytest.approx(expected, abs=1e-3)


@pytest.mark.usefixtures("in_this_process")
def test_it_answers_as_the_program_that_made_it(exported, expected):
    staged = stage_paths([exported])
    from emotion_core.models.litert import LiteRtNetwork

    network = LiteRtNetwork((staged.folder / "model.tflite").read_bytes())
    assert network.run(pictures())[0] == pytest.approx(expected, abs=1e-3)


def test_weights_that_are_gone(exported, tmp_path, nothing_left):
    shutil.copytree(exported, tmp_path / "own model")
    shutil.rmtree(tmp_path / "own model" / "variables")
    with pytest.raises(ModelError, match=r"found saved_model\.pb alone; fetch the folder"):
        stage_paths([tmp_path / "own model"])
    assert nothing_left()


@pytest.mark.usefixtures("in_this_process")
def test_damaged_weights(exported, tmp_path, nothing_left):
    shutil.copytree(exported, tmp_path / "own model")
    (tmp_path / "own model" / "variables" / "variables.index").write_bytes(b"nothing")
    with pytest.raises(
        ModelError, match=r"^own model: expected a model that can be read, found one that"
    ):
        stage_paths([tmp_path / "own model"])
    assert nothing_left()


@pytest.mark.usefixtures("in_this_process")
def test_a_zip_that_fills_the_disk(nothing_left):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("saved_model.pb", b"")
        archive.writestr("variables/variables.index", bytes(20_000_000))
    with pytest.raises(ModelError, match=r"MB packed into .* [kM]B, which would fill"):
        stage_model([("a.zip", io.BytesIO(content.getvalue()))])
    assert nothing_left()


@pytest.mark.parametrize(
    ("names", "places"),
    [
        ([], []),
        (["saved_model.pb"], []),
        (["variables/variables.index"], []),
        (
            ["saved_model.pb", "variables/variables.index", "fingerprint.pb", "assets/x"],
            ["saved_model.pb", "variables/variables.index"],
        ),
        (
            [
                "m/saved_model.pb",
                "m/variables/variables.data-00000-of-00001",
                "variables/x",
                "../y",
            ],
            ["saved_model.pb", "variables/variables.data-00000-of-00001"],
        ),
        (["saved_model.pb", "variables/../../x", "/variables/variables.index"], []),
        (["saved_model.pb", "variables/variables.data-0"], []),
        (["a/saved_model.pb", "b/saved_model.pb", "a/variables/variables.index"], []),
        (["not_saved_model.pb", "variables/variables.index"], []),
    ],
)
def test_which_files_are_parts_of_one(names, places):
    assert list(saved_model_parts(names).values()) == places
