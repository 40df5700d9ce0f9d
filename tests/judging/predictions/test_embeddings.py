import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import layers

from emotion_core.errors import ModelError
from emotion_core.judging.predictions import embeddings
from emotion_core.judging.predictions.embeddings import (
    nearest_neighbours,
    unit_rows,
    with_embeddings,
)
from emotion_core.models.folder import LITERT_FILE
from emotion_core.training.networks.loading import load_network


def run(model, faces):
    interpreter = Interpreter(model_content=model)
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, [*faces.shape, 1])
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, faces[..., None].astype(np.float32))
    interpreter.invoke()
    return [interpreter.get_tensor(entry["index"]) for entry in interpreter.get_output_details()]


def exported(pixels, output, tmp_path):
    path = tmp_path / "model.tflite"
    keras.Model(pixels, output).export(path, format="litert", verbose=False)
    return path.read_bytes()


def test_second_output_is_what_the_last_layer_reads(tiny_model, demo):
    faces = demo.images[:3]
    model = (tiny_model / LITERT_FILE).read_bytes()
    logits, features = run(with_embeddings(model), faces)
    np.testing.assert_array_equal(logits, run(model, faces)[0])
    kernel, bias = load_network(tiny_model).get_layer("logits").get_weights()
    np.testing.assert_allclose(features @ kernel + bias, logits, atol=1e-4)


def test_a_convolution_may_be_the_last_layer(tmp_path, demo):
    pixels = keras.Input((48, 48, 1))
    tensor = layers.Conv2D(5, 3, strides=4, activation="relu")(pixels)
    tensor = layers.Conv2D(7, 3, padding="same")(tensor)
    scores = layers.Softmax()(layers.GlobalAveragePooling2D()(tensor))
    model = exported(pixels, scores, tmp_path)
    scores, features = run(with_embeddings(model), demo.images[:2])
    np.testing.assert_array_equal(scores, run(model, demo.images[:2])[0])
    assert features.shape == (2, 12, 12, 5)
    assert unit_rows(features).shape == (2, 5)


def test_features_behind_a_flattening(tmp_path, demo):
    pixels = keras.Input((48, 48, 1))
    tensor = layers.Flatten()(layers.MaxPooling2D(8)(pixels))
    model = exported(pixels, layers.Dense(7, activation="softmax")(tensor), tmp_path)
    assert run(with_embeddings(model), demo.images[:2])[1].shape == (2, 36)


def test_two_last_layers_are_none(tmp_path):
    pixels = keras.Input((48, 48, 1))
    tensor = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(pixels))
    output = layers.Add()([layers.Dense(7)(tensor), layers.Dense(7, activation="relu")(tensor)])
    with pytest.raises(ModelError, match="no embeddings: expected one dense layer or convolution"):
        with_embeddings(exported(pixels, output, tmp_path))


def test_too_many_features(tiny_model, monkeypatch):
    monkeypatch.setattr(embeddings, "MAX_FEATURES", 7)
    with pytest.raises(ModelError, match="expected at most 7 features before its last layer, fou"):
        with_embeddings((tiny_model / LITERT_FILE).read_bytes())


@pytest.mark.parametrize("content", [b"", b"no model", bytes(200)])
def test_no_model_at_all(content):
    with pytest.raises(ModelError, match="expected a LiteRT model with one graph"):
        with_embeddings(content)


def test_rows_have_length_one_or_stay_zero():
    rows = unit_rows(np.array([[3, 4], [0, 0]], np.float32))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0]], rtol=1e-6)


def test_neighbours_are_exact():
    rows = unit_rows(np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32))
    found = nearest_neighbours(rows, 7, 5)
    likeness = {i: float(rows[i] @ rows[7]) for i in range(50) if i != 7}
    expected = sorted(likeness, key=likeness.__getitem__, reverse=True)[:5]
    assert found.indices.tolist() == expected
    np.testing.assert_allclose(found.likeness, [likeness[i] for i in expected], rtol=1e-5)


def test_equal_images_come_in_their_order_and_an_image_is_not_its_own_neighbour():
    rows = unit_rows(np.ones((4, 3), np.float32))
    rows.flags.writeable = False  # as a memory map is
    found = nearest_neighbours(rows, 1)
    assert found.indices.tolist() == [0, 2, 3]
    np.testing.assert_allclose(found.likeness, 1, rtol=1e-6)
    assert found.likeness.max() <= 1


def test_an_only_image_has_no_neighbours():
    assert len(nearest_neighbours(np.ones((1, 3), np.float32), 0).indices) == 0
