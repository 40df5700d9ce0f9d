"""Load Keras networks in any of the forms people keep them in, and refuse what is not one.

A file is judged by its description (`models.file_checks`) before Keras builds anything from it.
"""

from __future__ import annotations

import copy
import io
import json
import textwrap
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.errors import ModelError
from emotion_core.models.file_checks.keras_files import WEIGHTS_MEMBER, JudgedFile, judge_file
from emotion_core.models.file_checks.keras_objects import layers
from emotion_core.models.folder import (
    ARCHITECTURE_FILE,
    CARD_FILE,
    KERAS_FILE,
    load_card,
)
from emotion_core.models.interface import ModelInterface
from emotion_core.system.storage.temporary import TemporaryFolder
from emotion_core.training.networks.classifier import KerasClassifier
from emotion_core.training.networks.keras2 import is_of_keras_2, rewrite_in_keras_3
from emotion_core.training.networks.network import Network


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
    with _errors_of_keras(judged.path), TemporaryFolder("network") as folder:
        description = copy.deepcopy(judged.description)
        if is_of_keras_2(description):
            rewrite_in_keras_3(description)
        for layer in layers(description):
            _take_full_precision(layer["config"])
            _unroll(layer["config"])
        with _opened_weights(judged) as weights:
            path = _put_together(description, weights, folder)
        with warnings.catch_warnings():
            # Keras advises the author of an old description, who is not here.
            warnings.simplefilter("ignore", UserWarning)
            return keras.saving.load_model(path, compile=False, safe_mode=True)


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
            f"{path} is not a model that Keras can read: {_first_line(error)}; if it is not "
            "damaged, look for another form of it (.tflite, .keras or .h5) where it came from"
        ) from error


def _take_full_precision(config: dict[str, Any]) -> None:
    """Let a layer compute in what its weights are kept in: LiteRT cannot do otherwise."""
    dtype = config.get("dtype")
    policy = dtype["config"].get("name") if isinstance(dtype, dict) else dtype
    if str(policy).startswith("mixed_"):
        config["dtype"] = "float32"


def _unroll(config: dict[str, Any]) -> None:
    """Let a recurrent layer write its steps out: LiteRT cannot run the loop that Keras makes."""
    if "unroll" in config:
        config["unroll"] = True


@contextmanager
def _opened_weights(judged: JudgedFile) -> Iterator[h5py.Group]:
    """Open a network's weights, wherever they stand."""
    if zipfile.is_zipfile(judged.weights):
        with zipfile.ZipFile(judged.weights) as archive:
            content = io.BytesIO(archive.read(WEIGHTS_MEMBER))
        with h5py.File(content, "r") as file:
            yield file
    else:
        with h5py.File(judged.weights, "r") as file:
            yield file.get("model_weights", file)


def _put_together(description: dict[str, Any], weights: h5py.Group, folder: Path) -> Path:
    """Write one file that Keras 3 loads, whichever files description and weights came in.

    The classic layout of weights names its layers in an attribute; Keras 3 reads that from a whole
    model's ``.h5`` only, and its own layout from a ``.keras`` archive only.
    """
    classic = any(name.startswith("layer_names") for name in weights.attrs)
    path = folder / ("whole.h5" if classic else WEIGHTS_MEMBER)
    with h5py.File(path, "w") as file:
        if classic:
            file.attrs["model_config"] = json.dumps(description)
            weights.copy(weights, file, "model_weights")
            if weights.attrs.get("backend") in ("theano", b"theano"):
                file["model_weights"].visititems(_turn_kernel)
        else:
            for name in weights:
                weights.copy(name, file)
    if classic:
        return path
    whole = folder / KERAS_FILE
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("config.json", json.dumps(description))
        archive.writestr("metadata.json", json.dumps({"keras_version": keras.__version__}))
        archive.write(path, WEIGHTS_MEMBER)
    return whole


def _turn_kernel(_: str, array: h5py.Group | h5py.Dataset) -> None:
    """Turn a kernel by 180 degrees: Theano's convolutions read theirs from the other end."""
    if isinstance(array, h5py.Dataset) and array.ndim > 2:
        spatial = tuple(range(array.ndim - 2))
        array[...] = np.flip(array[...], spatial)


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
