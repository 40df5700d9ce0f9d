"""Load Keras networks in any of the forms people keep them in, and refuse what is not one.

A file is judged by its description (`file_checks`) before Keras builds anything from it.
"""

from __future__ import annotations

import copy
import json
import tempfile
import textwrap
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import h5py
import keras

from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.errors import ModelError
from emotion_core.models.file_checks import JudgedFile, judge_file, layers, objects
from emotion_core.models.folder import (
    ARCHITECTURE_FILE,
    CARD_FILE,
    KERAS_FILE,
    load_card,
)
from emotion_core.models.interface import ModelInterface
from emotion_core.training.networks.classifier import KerasClassifier
from emotion_core.training.networks.network import Network

#: Settings that Keras 2 wrote for these layers without effect, and Keras 3 does not know.
_DROPPED_SETTINGS: Final = {
    "DepthwiseConv2D": (
        "filters",
        "groups",
        "kernel_initializer",
        "kernel_regularizer",
        "kernel_constraint",
    ),
    "SeparableConv2D": (
        "groups",
        "kernel_initializer",
        "kernel_regularizer",
        "kernel_constraint",
    ),
}


def load_keras_classifier(path: Path) -> KerasClassifier:
    """Load a network from a file, or from a model folder, as a classifier.

    Args:
        path: a folder with ``model.keras`` or with ``model_arch.json`` and ``model_weights.h5``;
            or one file: ``.keras``, whole-model ``.h5``, or ``.json`` with the architecture, whose
            weights stand beside it in ``model_weights.h5``.

    Raises:
        ModelError: the file is missing, is not what its name says, carries code, or does not take
            faces to classes as its folder's card says, without one 48x48 grey faces to seven.
    """
    if (path / CARD_FILE).is_file() and (interface := load_card(path).interface) is not None:
        network = read_network(path)
        _check_shapes(path, network, interface)
        return KerasClassifier(network, interface=interface)
    network = load_network(path)
    return KerasClassifier(network, returns_probabilities=ends_in_softmax(network))


def load_network(path: Path) -> Network:
    """Load a network that takes 48x48 grey faces to seven classes; see ``load_keras_classifier``.

    Raises:
        ModelError: see ``load_keras_classifier``.
    """
    network = read_network(path)
    _check_shapes(path, network)
    return network


def read_network(path: Path) -> Network:
    """Load a network of any shapes; see ``load_keras_classifier``.

    Raises:
        ModelError: the file is missing, is not what its name says, carries code, or has weights
            that are not numbers.
    """
    if path.is_dir():
        path = path / (KERAS_FILE if (path / KERAS_FILE).exists() else ARCHITECTURE_FILE)
    if not path.is_file():
        raise ModelError(f"expected a model file at {path}, found none; check the path")
    with _errors_of_keras(path):
        return build_network(judge_file(path))


def build_network(judged: JudgedFile) -> Network:
    """Let Keras build a network whose file was judged.

    Raises:
        ModelError: Keras cannot make sense of it.
    """
    with _errors_of_keras(judged.path):
        if judged.path.suffix == ".keras":
            return keras.saving.load_model(judged.path, compile=False, safe_mode=True)
        return _build_classic(judged)


@contextmanager
def _errors_of_keras(path: Path) -> Iterator[None]:
    try:
        yield
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RuntimeError,  # too deeply nested among others
        zipfile.BadZipFile,
    ) as error:
        # Keras raises all of these for files it cannot make sense of.
        raise ModelError(
            f"{path} is not a model that Keras can read: {_first_line(error)}; save it again from "
            "the program that made it"
        ) from error


def _build_classic(judged: JudgedFile) -> Network:
    """Build a network from a description and HDF5 weights, of Keras 1, 2 or 3.

    Keras 3 reads descriptions of Keras 2 only from a whole-model file, so one is put together.
    """
    description = copy.deepcopy(judged.description)
    if "module" not in description:
        # Late Keras 2 names modules inside but not at the top; Keras 3 takes that for its own.
        for entry in objects(description):
            entry.pop("module", None)
            entry.pop("build_config", None)
    for layer in layers(description):
        for name in _DROPPED_SETTINGS.get(str(layer["class_name"]), ()):
            layer["config"].pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.h5"
        with h5py.File(judged.weights) as source, h5py.File(whole, "w") as file:
            weights = source.get("model_weights", source)
            file.attrs["model_config"] = json.dumps(description)
            file.attrs["backend"] = weights.attrs.get("backend", "tensorflow")
            file.attrs["keras_version"] = weights.attrs.get("keras_version", "1")
            source.copy(weights, file, "model_weights")
        with warnings.catch_warnings():
            # Keras advises the author of an old description, who is not here.
            warnings.simplefilter("ignore", UserWarning)
            return keras.saving.load_model(whole, compile=False, safe_mode=True)


def _check_shapes(path: Path, network: Network, interface: ModelInterface | None = None) -> None:
    side, channels, classes = FACE_SIZE, 1, len(EMOTIONS)
    if interface is not None:
        side, channels, classes = interface.side, interface.channels, len(interface.classes)
    expected_input, expected_output = (None, side, side, channels), (None, classes)
    found = (network.input_shape, network.output_shape)
    if found != (expected_input, expected_output):
        raise ModelError(
            f"{path}: expected input {expected_input} and output {expected_output}, found "
            f"{found[0]} and {found[1]}"
        )


def ends_in_softmax(network: Network) -> bool:
    """Return whether a network returns probabilities instead of logits."""
    last = network.layers[-1]
    activation = getattr(last, "activation", None)
    return isinstance(last, keras.layers.Softmax) or activation is keras.activations.softmax


def _first_line(error: Exception) -> str:
    """Return what Keras says without the pages it appends."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return textwrap.shorten(lines[0], 160, placeholder=" ...")
