import json
import shutil
import zipfile

import h5py
import keras
import numpy as np
import pytest

from emotion_core.errors import ModelError
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.interface import softmax
from emotion_core.training.networks.loading import load_keras_classifier, load_network
from tests.data.keras2.make import faces
from tests.model_files import KERAS_2


@pytest.fixture
def model(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "model")


@pytest.mark.parametrize("form", ["", "model.keras", "model_arch.json"])
def test_all_forms_give_the_scores_of_the_live_classifier(tiny_model, demo, form):
    live = EmotionClassifier.load(tiny_model)
    loaded = load_keras_classifier(tiny_model / form)
    scores = softmax(loaded.predict_logits(demo.images), live.card.temperature)
    assert scores == pytest.approx(live.predict_scores(demo.images), abs=1e-3)


def test_a_folder_with_the_pair_alone_loads(model, demo):
    expected = load_keras_classifier(model).predict_logits(demo.images[:8])
    (model / "model.keras").unlink()
    assert load_keras_classifier(model).predict_logits(demo.images[:8]) == pytest.approx(expected)


def test_pair_written_by_keras_2_gives_the_scores_keras_2_gave():
    classifier = load_keras_classifier(KERAS_2 / "model_arch.json")
    assert classifier.returns_probabilities
    scores = softmax(classifier.predict_logits(faces()))
    assert scores == pytest.approx(np.load(KERAS_2 / "scores.npy"), abs=1e-3)


def test_whole_model_in_hdf5_loads(tmp_path):
    network = load_network(KERAS_2 / "model_arch.json")
    whole = tmp_path / "whole.h5"
    with h5py.File(whole, "w") as file, h5py.File(KERAS_2 / "model_weights.h5") as weights:
        file.attrs["model_config"] = (KERAS_2 / "model_arch.json").read_text()
        weights.copy(weights, file, "model_weights")
    expected = network.predict(faces()[..., None].astype("float32"), verbose=0)
    found = load_network(whole).predict(faces()[..., None].astype("float32"), verbose=0)
    assert found == pytest.approx(expected)


def test_missing_file(tmp_path):
    with pytest.raises(ModelError, match=r"expected a model file at .*, found none"):
        load_network(tmp_path / "model.keras")


def test_unknown_suffix(tmp_path):
    (tmp_path / "model.pt").touch()
    with pytest.raises(
        ModelError, match=r"expected a model in one of .keras, .h5, .json, found .pt"
    ):
        load_network(tmp_path / "model.pt")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("model.keras", "expected a .keras file"),
        ("model.h5", "expected an HDF5 file"),
        ("model_arch.json", "is not a model that Keras can read"),
    ],
)
def test_file_that_is_not_what_it_says(model, name, message):
    (model / name).write_bytes(b"\x89PNG\r\n\x1a\n not at all")
    with pytest.raises(ModelError, match=message):
        load_network(model / name)


def test_json_that_describes_no_model(model):
    (model / "model_arch.json").write_text('{"name": "package.json"}')
    with pytest.raises(ModelError, match="expected the description of a Keras model"):
        load_network(model / "model_arch.json")


def test_architecture_without_weights(model):
    (model / "model_weights.h5").unlink()
    with pytest.raises(ModelError, match=r"beside it in model_weights.h5, found none"):
        load_network(model / "model_arch.json")


def test_weights_without_architecture(model):
    with pytest.raises(ModelError, match="holds weights without an architecture"):
        load_network(model / "model_weights.h5")


def test_truncated_keras_file(model):
    content = (model / "model.keras").read_bytes()
    (model / "model.keras").write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match=r"expected a .keras file"):
        load_network(model / "model.keras")


def test_weights_of_another_network(model):
    shutil.copy(KERAS_2 / "model_weights.h5", model / "model_weights.h5")
    with pytest.raises(ModelError, match="is not a model that Keras can read"):
        load_network(model / "model_arch.json")


def write_model(tmp_path, *layers):
    path = tmp_path / "model.keras"
    keras.Sequential(list(layers)).save(path)
    return path


def test_other_shapes(tmp_path):
    flatten, dense = keras.layers.Flatten(), keras.layers.Dense(3)
    path = write_model(tmp_path, keras.Input((64, 64, 3)), flatten, dense)
    with pytest.raises(ModelError, match=r"expected input \(None, 48, 48, 1\) and output"):
        load_network(path)


def test_weights_that_are_not_numbers(tmp_path):
    flatten, dense = keras.layers.Flatten(), keras.layers.Dense(7)
    network = keras.Sequential([keras.Input((48, 48, 1)), flatten, dense])
    dense.set_weights([np.full((2304, 7), np.nan), np.zeros(7)])
    network.save(tmp_path / "model.keras")
    with pytest.raises(ModelError, match="weights that are not numbers"):
        load_network(tmp_path / "model.keras")


def test_lambda_layer_is_refused_before_it_runs(tmp_path):
    path = write_model(
        tmp_path,
        keras.Input((48, 48, 1)),
        keras.layers.Lambda(lambda x: x * 2),
        keras.layers.Flatten(),
        keras.layers.Dense(7),
    )
    with pytest.raises(ModelError, match=r"carries code \(a Lambda layer\) and is refused"):
        load_network(path)


def test_lambda_hidden_in_a_nested_old_description(model):
    description = json.loads((KERAS_2 / "model_arch.json").read_text())
    layers = description["config"]["layers"]
    layers[1:1] = [{"class_name": "Sequential", "config": [{"class_name": "Lambda", "config": {}}]}]
    (model / "model_arch.json").write_text(json.dumps(description))
    with pytest.raises(ModelError, match="carries code"):
        load_network(model / "model_arch.json")


@pytest.mark.parametrize(
    "entry",
    [
        {"module": "os", "class_name": "system", "config": {}},
        {"module": "keras.layers", "class_name": "Dense", "registered_name": "mine>Dense"},
    ],
)
def test_foreign_classes_are_refused(model, entry):
    description = json.loads((model / "model_arch.json").read_text())
    description["config"]["layers"].append(entry)
    (model / "model_arch.json").write_text(json.dumps(description))
    with pytest.raises(ModelError, match="is no part of Keras, and is refused"):
        load_network(model / "model_arch.json")


def test_archive_with_other_members_is_refused(model):
    with zipfile.ZipFile(model / "model.keras", "a") as archive:
        archive.writestr("../../escape.py", "print('hello')")
    with pytest.raises(ModelError, match=r"expected an archive of config.json, metadata.json"):
        load_network(model / "model.keras")
