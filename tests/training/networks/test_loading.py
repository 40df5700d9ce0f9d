import json
import shutil
import zipfile

import h5py
import keras
import numpy as np
import pytest

from emotion_core.errors import ModelError
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.file_checks.keras_objects import layers
from emotion_core.models.interface import softmax
from emotion_core.training.networks.loading import load_keras_classifier, load_network
from tests.data.keras2.make import bright_and_dark, faces
from tests.model_files import KERAS_2, whole_h5


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


@pytest.mark.parametrize("file", ["nested.h5", "nested.keras", "layers.h5"])
def test_a_network_of_keras_2_gives_the_scores_keras_2_gave(file):
    path = KERAS_2 / file
    scores = load_network(path).predict(bright_and_dark(), verbose=0)
    assert scores == pytest.approx(np.load(path.with_suffix(".npy")), abs=1e-3)


def as_keras_2_2(layer, bare):
    """Rewrite a description as Keras 2.2 wrote it, or 2.1 (``bare``)."""
    for key in ("module", "registered_name", "build_config"):
        layer.pop(key, None)
    config = layer["config"]
    for inner in config.get("layers", []):
        as_keras_2_2(inner, bare)
    if layer["class_name"] == "Functional":
        layer["class_name"] = "Model"
    elif layer["class_name"] == "Sequential":
        shape = config["layers"].pop(0)["config"]["batch_input_shape"]
        if config["layers"][0]["class_name"] != "Model":
            config["layers"][0]["config"]["batch_input_shape"] = shape
        if bare:
            layer["config"] = config["layers"]


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("name", ["nested.h5", "sequential.h5"])
def test_sequential_models_of_keras_2_2_begin_without_an_input(name, bare, tmp_path):
    path = tmp_path / name
    path.write_bytes(whole_h5() if name == "sequential.h5" else (KERAS_2 / name).read_bytes())
    expected = load_network(path).predict(bright_and_dark(), verbose=0)
    with h5py.File(path, "a") as file:
        description = json.loads(file.attrs["model_config"])
        as_keras_2_2(description, bare)
        file.attrs["model_config"] = json.dumps(description)
    found = load_network(path).predict(bright_and_dark(), verbose=0)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("setting", [{"groups": 2}, {"time_major": True}])
def test_a_setting_with_an_effect_that_keras_3_does_not_know_is_refused(setting, tmp_path):
    path = tmp_path / "layers.h5"
    shutil.copy(KERAS_2 / "layers.h5", path)
    with h5py.File(path, "a") as file:
        description = json.loads(file.attrs["model_config"])
        named = [name for layer in layers(description) for name in layer["config"]]
        assert next(iter(setting)) in named
        for layer in layers(description):
            if layer["class_name"] != "DepthwiseConv2D":
                layer["config"] |= {
                    name: value for name, value in setting.items() if name in layer["config"]
                }
        file.attrs["model_config"] = json.dumps(description)
    with pytest.raises(ModelError, match="is not a model that Keras can read"):
        load_network(path)


def test_pair_of_keras_3_gives_the_scores_keras_3_gives(tmp_path):
    base = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Conv2D(4, 3)])
    base.compile("sgd", "mse")  # what a network was trained with is nobody's concern
    pool, dense = keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(7, activation="softmax")
    network = keras.Sequential([keras.Input((48, 48, 1)), base, pool, dense])
    network.compile("adam", "categorical_crossentropy")
    (tmp_path / "model_arch.json").write_text(network.to_json())
    network.save_weights(tmp_path / "e.weights.h5")
    (tmp_path / "e.weights.h5").rename(tmp_path / "model_weights.h5")
    found = load_network(tmp_path / "model_arch.json").predict(bright_and_dark(), verbose=0)
    assert found == pytest.approx(network.predict(bright_and_dark(), verbose=0), abs=1e-6)


def test_kernels_of_theano_are_turned(tmp_path):
    def as_theano(file):
        file["model_weights"].attrs["backend"] = "theano"
        for path in ("conv2d/conv2d/kernel:0", "conv2d_1/conv2d_1/kernel:0"):
            kernel = file["model_weights"][path]
            kernel[...] = kernel[()][::-1, ::-1]

    path = tmp_path / "theano.h5"
    path.write_bytes(whole_h5(as_theano))
    scores = load_network(path).predict(faces()[..., None].astype("float32"), verbose=0)
    assert scores == pytest.approx(np.load(KERAS_2 / "scores.npy"), abs=1e-3)


@pytest.mark.parametrize("module", ["keras.engine.functional", "keras.src.engine.functional"])
def test_modules_have_other_names_in_each_keras_2(module, tmp_path):
    path = tmp_path / "nested.keras"
    with (
        zipfile.ZipFile(KERAS_2 / "nested.keras") as source,
        zipfile.ZipFile(path, "w") as archive,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                content = content.replace(b"tf_keras.src.engine.functional", module.encode())
                assert module.encode() in content
            archive.writestr(name, content)
    scores = load_network(path).predict(bright_and_dark(), verbose=0)
    assert scores == pytest.approx(np.load(KERAS_2 / "nested.npy"), abs=1e-3)


@pytest.mark.parametrize(
    "dtype", ["mixed_float16", {"class_name": "Policy", "config": {"name": "mixed_float16"}}]
)
def test_a_network_trained_in_half_precision_reads_in_full(dtype, tmp_path):
    def in_half(file):
        description = json.loads(file.attrs["model_config"])
        for layer in layers(description):
            layer["config"]["dtype"] = dtype
        file.attrs["model_config"] = json.dumps(description)

    path = tmp_path / "half.h5"
    path.write_bytes(whole_h5(in_half))
    network = load_network(path)
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    scores = network.predict(faces()[..., None].astype("float32"), verbose=0)
    assert scores == pytest.approx(np.load(KERAS_2 / "scores.npy"), abs=1e-3)


@pytest.mark.parametrize(("file", "called"), [("nested.h5", "a.keras"), ("nested.keras", "a.h5")])
def test_a_file_is_read_as_what_it_is_whatever_its_name(file, called, tmp_path):
    shutil.copy(KERAS_2 / file, tmp_path / called)
    scores = load_network(tmp_path / called).predict(bright_and_dark(), verbose=0)
    assert scores == pytest.approx(np.load(KERAS_2 / "nested.npy"), abs=1e-3)


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


def write_model(tmp_path, *network_layers):
    path = tmp_path / "model.keras"
    keras.Sequential(list(network_layers)).save(path)
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
    with pytest.raises(ModelError, match="is not part of Keras, and is refused"):
        load_network(model / "model_arch.json")


@pytest.mark.parametrize("name", ["Lambda", "TFSMLayer", "StringLookup"])
def test_a_layer_within_another_is_judged_too(name, model):
    description = json.loads((KERAS_2 / "model_arch.json").read_text())
    wrapped = {"class_name": "TimeDistributed", "config": {"layer": {"class_name": name}}}
    description["config"]["layers"].append(wrapped)
    (model / "model_arch.json").write_text(json.dumps(description))
    with pytest.raises(ModelError, match=rf"carries code|and nothing else, found '{name}'"):
        load_network(model / "model_arch.json")


def test_archive_with_other_members_is_refused(model):
    with zipfile.ZipFile(model / "model.keras", "a") as archive:
        archive.writestr("../../escape.py", "print('hello')")
    with pytest.raises(ModelError, match=r"expected an archive of config.json, metadata.json"):
        load_network(model / "model.keras")
