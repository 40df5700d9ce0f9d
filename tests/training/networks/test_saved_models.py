"""SavedModels: those that only compute are converted, others refused before they are restored."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from emotion_core.errors import ModelError
from emotion_core.models.litert import LiteRtNetwork
from emotion_core.training.networks import saved_models
from emotion_core.training.networks.saved_models import judge_saved_model, read_saved_model

PICTURES = np.random.default_rng(0).random((3, 48, 48, 1), np.float32)


def keras_network() -> keras.Model:
    keras.utils.set_random_seed(1)
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((48, 48, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Dropout(0.2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(7, activation="softmax"),
        ]
    )


class Program(tf.Module):
    """A program of TensorFlow without Keras."""

    def __init__(self, batch: int | None = None, dtype: Any = tf.float32) -> None:
        self.weights = tf.Variable(np.linspace(-9, 9, 7, dtype=np.float32)[None])
        signature = [tf.TensorSpec((batch, 48, 48, 1), dtype)]
        self.answer = tf.function(self._answer, input_signature=signature)

    def _answer(self, pictures: tf.Tensor) -> tf.Tensor:
        return tf.nn.softmax(self.brightness(tf.cast(pictures, tf.float32)) @ self.weights)

    def brightness(self, pictures: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(pictures, (1, 2))

    def save(self, folder: Path, name: str = "serving_default") -> Path:
        tf.saved_model.save(self, str(folder), {name: self.answer})
        return folder


class Reader(Program):
    """Reads a file whenever it is asked."""

    def brightness(self, pictures: tf.Tensor) -> tf.Tensor:
        size = tf.strings.length(tf.io.read_file("/etc/passwd"))
        return super().brightness(pictures) + tf.cast(size, tf.float32)


class Caller(Program):
    """Calls Python."""

    def brightness(self, pictures: tf.Tensor) -> tf.Tensor:
        found = super().brightness(pictures)
        return tf.reshape(tf.py_function(lambda values: values, [found], tf.float32), (-1, 1))


class Loop(Program):
    """Goes round as often as pixels say."""

    def brightness(self, pictures: tf.Tensor) -> tf.Tensor:
        found = super().brightness(pictures)
        return tf.while_loop(
            lambda value: tf.reduce_sum(value) < 9, lambda value: (value,), [found]
        )[0]


class Restorer(Program):
    """Reads somebody else's checkpoint whenever it is asked: what only saving is made of else."""

    def brightness(self, pictures: tf.Tensor) -> tf.Tensor:
        stolen = tf.raw_ops.RestoreV2(
            prefix="/tmp/x", tensor_names=["x"], shape_and_slices=[""], dtypes=[tf.float32]
        )
        return super().brightness(pictures) + tf.reshape(stolen[0], (1, 1))


class Table(Program):
    """Has a table, which is filled when it is restored."""

    def __init__(self) -> None:
        super().__init__()
        keys = tf.lookup.KeyValueTensorInitializer(["a"], [1])
        self.table = tf.lookup.StaticHashTable(keys, 0)


def exported(folder: Path) -> tuple[Path, Callable[[np.ndarray], Any]]:
    network = keras_network()
    network.export(folder, format="tf_saved_model", verbose=False)
    return folder, network.predict


def saved(folder: Path) -> tuple[Path, Callable[[np.ndarray], Any]]:
    network = keras_network()
    tf.saved_model.save(network, str(folder))
    return folder, network.predict


def program(folder: Path) -> tuple[Path, Callable[[np.ndarray], Any]]:
    made = Program()
    return made.save(folder), made.answer


def one_by_one(folder: Path) -> tuple[Path, Callable[[np.ndarray], Any]]:
    made = Program(batch=1)
    return made.save(folder), lambda batch: np.concatenate(
        [made.answer(each[None]) for each in batch]
    )


@pytest.mark.parametrize("make", [exported, saved, program, one_by_one])
def test_the_scores_are_those_of_the_program_that_made_it(make, tmp_path):
    folder, predict = make(tmp_path / "saved")
    network = read_saved_model(folder)
    expected = np.asarray(predict(PICTURES))
    assert network.predict(PICTURES) == pytest.approx(expected, abs=1e-6)
    assert network.input_shape[1:] == [48, 48, 1]
    assert network.output_shape[1:] == [7]
    litert = LiteRtNetwork(network.to_litert())
    answers = np.concatenate([litert.run(picture[None])[0] for picture in PICTURES])
    assert answers == pytest.approx(expected, abs=1e-3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Program().save(tmp_path / "saved")


@pytest.fixture
def nothing_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_models.tf.saved_model, "load", None)


@pytest.mark.parametrize(
    ("kind", "operation"), [(Reader, "ReadFile"), (Caller, "EagerPyFunc"), (Loop, "While")]
)
@pytest.mark.usefixtures("nothing_is_restored")
def test_programs_that_do_more_than_compute(kind, operation, tmp_path):
    folder = kind().save(tmp_path / "saved")
    with pytest.raises(ModelError) as caught:
        read_saved_model(folder)
    assert str(caught.value).replace("StatelessWhile", "While") == (
        f"{folder}: expected a SavedModel of operations that only compute, found {operation!r}, "
        "which may read or write files, run code or take any time, and is refused; look for "
        "another form of the model (.tflite, .keras or .h5) where it came from"
    )


def test_what_only_saving_is_made_of_does_not_answer(tmp_path):
    folder = Restorer().save(tmp_path / "saved")
    with pytest.raises(ModelError, match="found 'RestoreV2', which may read or write files"):
        read_saved_model(folder)


@pytest.mark.usefixtures("nothing_is_restored")
def test_what_is_filled_when_it_is_restored(tmp_path):
    folder = Table().save(tmp_path / "saved")
    with pytest.raises(ModelError, match=r"found '.*Table.*', which may read or write"):
        read_saved_model(folder)


def change(folder: Path, edit: Callable[[Any], Any]) -> None:
    path = folder / "saved_model.pb"
    content = saved_model_pb2.SavedModel()
    content.ParseFromString(path.read_bytes())
    edit(content)
    path.write_bytes(content.SerializeToString())


def add_node(operation: str) -> Callable[[Any], None]:
    def edit(content: Any) -> None:
        node = content.meta_graphs[0].graph_def.node.add()
        node.name, node.op = "added", operation

    return edit


def add_to_function(content: Any) -> None:
    functions = content.meta_graphs[0].graph_def.library.function
    node = functions[0].node_def.add()
    node.name, node.op = "added", "WriteFile"


def add_resource(content: Any) -> None:
    content.meta_graphs[0].object_graph_def.nodes.add().resource.device = ""


def add_asset(content: Any) -> None:
    content.meta_graphs[0].object_graph_def.nodes.add().asset.asset_file_def_index = 0


def add_saver(content: Any) -> None:
    content.meta_graphs[0].object_graph_def.nodes[0].registered_saver = "evil.Saver"


def add_saveable(content: Any) -> None:
    content.meta_graphs[0].object_graph_def.nodes[0].saveable_objects["x"].restore_function = 1


def add_asset_file(content: Any) -> None:
    content.meta_graphs[0].asset_file_def.add().filename = "../../x"


def forget_objects(content: Any) -> None:
    content.meta_graphs[0].ClearField("object_graph_def")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        *(
            (add_node(name), f"found '{name}', which may read or write files, run code or take any")
            for name in ("PyFunc", "PyFuncStateless", "WriteFile", "MatchingFiles", "If", "Case")
        ),
        (add_to_function, "found 'WriteFile', which"),
        (
            add_resource,
            "expected a SavedModel of variables and functions, found resource that runs",
        ),
        (add_asset, "expected a SavedModel of variables and functions, found asset that runs"),
        (add_saver, "found user_object that runs something or reads files when it is restored"),
        (add_saveable, "found user_object that runs something or reads files when it is restored"),
        (add_asset_file, "expected a SavedModel that reads no files, found one with assets; look"),
        (
            forget_objects,
            "found one of TensorFlow 1 or with 1 graphs; if you trust it, `tflite_conv",
        ),
        (lambda content: content.meta_graphs.add(), "TensorFlow 1 or with 2 graphs; if you trust"),
        (
            lambda content: content.ClearField("meta_graphs"),
            "TensorFlow 1 or with 0 graphs; if you",
        ),
    ],
)
@pytest.mark.usefixtures("nothing_is_restored")
def test_what_is_refused_before_anything_is_restored(edit, message, folder):
    change(folder, edit)
    with pytest.raises(ModelError) as caught:
        read_saved_model(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff" * 100, b"\x0a\xff\xff\xff\xff\x0f"])
def test_a_damaged_graph(content, folder):
    (folder / "saved_model.pb").write_bytes(content)
    with pytest.raises(ModelError, match="expected a whole SavedModel, found one that is damaged;"):
        judge_saved_model(folder)


def test_one_that_is_too_large(folder, monkeypatch):
    monkeypatch.setattr(saved_models, "MAX_GRAPH_BYTES", 100)
    with pytest.raises(ModelError, match="of at most 100 bytes of graphs and 1 GB in all, found"):
        judge_saved_model(folder)


def test_one_signature_of_another_name_will_do(tmp_path):
    folder = Program().save(tmp_path / "saved", "answer")
    assert read_saved_model(folder).output_shape == [None, 7]


def test_no_signature_or_several(tmp_path):
    made = Program()
    tf.saved_model.save(made, str(tmp_path / "several"), {"a": made.answer, "b": made.answer})
    with pytest.raises(ModelError, match="the signature serving_default, found 'a', 'b'; look for"):
        read_saved_model(tmp_path / "several")


def test_another_type_of_picture(tmp_path):
    folder = Program(dtype=tf.uint8).save(tmp_path / "saved")
    with pytest.raises(
        ModelError, match="one input of float32 and one output, found inputs of uint8 and 1 outputs"
    ):
        read_saved_model(folder)


def test_weights_that_are_gone(folder):
    shutil.rmtree(folder / "variables")
    with pytest.raises(Exception, match="variables"):
        read_saved_model(folder)
