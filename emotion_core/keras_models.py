"""Load Keras networks in any of the forms people keep them in, and refuse what is not one.

Keras files can carry code (a ``Lambda`` layer is pickled Python), so a file is judged by its
description before Keras builds anything from it.
"""

from __future__ import annotations

import json
import tempfile
import textwrap
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import h5py
import keras
import numpy as np

from emotion_core.artefacts import ARCHITECTURE_FILE, KERAS_FILE, WEIGHTS_FILE
from emotion_core.datasets.types import FACE_SIZE
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.keras_classifier import KerasClassifier
from emotion_core.network import Network

#: The largest network accepted, as bytes of weights when unpacked: 25 times a VGG of 10 M weights.
MAX_WEIGHT_BYTES: Final = 1_000_000_000
#: The largest architecture description accepted, in bytes.
MAX_DESCRIPTION_BYTES: Final = 20_000_000

_MODEL_CLASSES: Final = frozenset({"Functional", "Sequential", "Model"})
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
_KERAS_MEMBERS: Final = frozenset({"config.json", "metadata.json", "model.weights.h5"})


def load_keras_classifier(path: Path) -> KerasClassifier:
    """Load a network from a file, or from a model folder, as a classifier.

    Args:
        path: a folder with ``model.keras`` or with ``model_arch.json`` and ``model_weights.h5``;
            or one file: ``.keras``, whole-model ``.h5``, or ``.json`` with the architecture, whose
            weights stand beside it in ``model_weights.h5``.

    Raises:
        ModelError: the file is missing, is not what its name says, carries code, or does not take
            48x48 grey faces to seven classes.
    """
    network = load_network(path)
    return KerasClassifier(network, returns_probabilities=ends_in_softmax(network))


def load_network(path: Path) -> Network:
    """Load a network; see ``load_keras_classifier``.

    Raises:
        ModelError: see ``load_keras_classifier``.
    """
    if path.is_dir():
        path = path / (KERAS_FILE if (path / KERAS_FILE).exists() else ARCHITECTURE_FILE)
    if not path.is_file():
        raise ModelError(f"expected a model file at {path}, found none; check the path")
    loaders = {".keras": _load_keras_file, ".h5": _load_hdf5_file, ".json": _load_pair}
    if path.suffix not in loaders:
        raise ModelError(
            f"{path}: expected a model in one of {', '.join(loaders)}, found {path.suffix or path}"
        )
    try:
        network = loaders[path.suffix](path)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        # Keras raises all of these for files it cannot make sense of.
        raise ModelError(
            f"{path} is not a model that Keras can read: {_first_line(error)}; save it again from "
            "the program that made it"
        ) from error
    _check_network(path, network)
    return network


def _load_keras_file(path: Path) -> Network:
    if not zipfile.is_zipfile(path):
        raise ModelError(f"{path}: expected a .keras file (a zip archive), found something else")
    with zipfile.ZipFile(path) as archive:
        members = {entry.filename: entry for entry in archive.infolist()}
        if set(members) != _KERAS_MEMBERS:
            raise ModelError(
                f"{path}: expected an archive of {', '.join(sorted(_KERAS_MEMBERS))}, found "
                f"{', '.join(sorted(members)[:5]) or 'nothing'}"
            )
        if members["model.weights.h5"].file_size > MAX_WEIGHT_BYTES:
            raise ModelError(f"{path}: expected weights under 1 GB, found more when unpacked")
        if members["config.json"].file_size > MAX_DESCRIPTION_BYTES:
            raise ModelError(f"{path}: expected a description under 20 MB, found more")
        _refuse_code(path, json.loads(archive.read("config.json")))
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def _load_hdf5_file(path: Path) -> Network:
    with _open_hdf5(path) as file:
        description = file.attrs.get("model_config")
        if description is None:
            raise ModelError(
                f"{path} holds weights without an architecture; put them beside {ARCHITECTURE_FILE}"
                f" as {WEIGHTS_FILE} and load that"
            )
        return _load_classic(path, json.loads(description), file["model_weights"])


def _load_pair(path: Path) -> Network:
    weights = path.with_name(WEIGHTS_FILE)
    if not weights.is_file():
        raise ModelError(f"expected the weights of {path} beside it in {WEIGHTS_FILE}, found none")
    if path.stat().st_size > MAX_DESCRIPTION_BYTES:
        raise ModelError(f"{path}: expected a description under 20 MB, found more")
    description = json.loads(path.read_text(encoding="utf-8"))
    with _open_hdf5(weights) as file:
        return _load_classic(path, description, file.get("model_weights", file))


def _load_classic(path: Path, description: Any, weights: h5py.Group) -> Network:
    """Build a network from a description and an HDF5 group of weights, of Keras 1, 2 or 3.

    Keras 3 reads descriptions of Keras 2 only from a whole-model file, so one is put together.
    """
    _refuse_code(path, description)
    if "module" not in description:
        # Late Keras 2 names modules inside but not at the top; Keras 3 takes that for its own.
        for entry in _objects(description):
            entry.pop("module", None)
            entry.pop("build_config", None)
    for layer in _layers(description):
        for name in _DROPPED_SETTINGS.get(str(layer["class_name"]), ()):
            layer["config"].pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.h5"
        with h5py.File(whole, "w") as file:
            file.attrs["model_config"] = json.dumps(description)
            file.attrs["backend"] = weights.attrs.get("backend", "tensorflow")
            file.attrs["keras_version"] = weights.attrs.get("keras_version", "1")
            weights.file.copy(weights, file, "model_weights")
        with warnings.catch_warnings():
            # Keras advises the author of an old description, who is not here.
            warnings.simplefilter("ignore", UserWarning)
            return keras.saving.load_model(whole, compile=False, safe_mode=True)


def _open_hdf5(path: Path) -> h5py.File:
    """Open an HDF5 file whose arrays are known to fit into memory."""
    if not h5py.is_hdf5(path):
        raise ModelError(f"{path}: expected an HDF5 file, found something else")
    file = h5py.File(path, "r")
    sizes = [0]

    def add(_name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            sizes.append(item.size * item.dtype.itemsize)

    file.visititems(add)
    if sum(sizes) > MAX_WEIGHT_BYTES:
        file.close()
        raise ModelError(f"{path}: expected weights under 1 GB, found {sum(sizes) / 1e9:.1f} GB")
    return file


def _refuse_code(path: Path, description: Any) -> None:
    """Refuse a description with anything but Keras' own layers.

    Raises:
        ModelError: names the layer and the reason.
    """
    if not isinstance(description, dict) or "class_name" not in description:
        raise ModelError(f"{path}: expected the description of a Keras model, found other JSON")
    for entry in _objects(description):
        name, module = str(entry["class_name"]), entry.get("module")
        if "Lambda" in name or name == "__lambda__":
            raise ModelError(
                f"{path} carries code (a {name} layer) and is refused: loading it would run it; "
                "ask for the model without Lambda layers"
            )
        foreign = module is not None and str(module).split(".")[0] not in ("keras", "builtins")
        if foreign or ">" in str(entry.get("registered_name")):
            raise ModelError(
                f"{path} needs the custom class {module}.{name}, which is no part of Keras, and is "
                "refused; ask for the model built from Keras' own layers"
            )
    for layer in _layers(description):
        name = str(layer["class_name"])
        if name not in _MODEL_CLASSES and not hasattr(keras.layers, name):
            raise ModelError(f"{path}: expected Keras' own layers, found {name!r}, which is none")


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every serialized object, however deep."""
    if isinstance(value, dict):
        if "class_name" in value:
            yield value
        children: Any = value.values()
    elif isinstance(value, list):
        children = value
    else:
        return
    for child in children:
        yield from _objects(child)


def _layers(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the description of every layer, those of nested models included."""
    config = description.get("config", {})
    # Keras 1 wrote a Sequential's layers as the config itself.
    layers = config if isinstance(config, list) else config.get("layers", [])
    for layer in layers:
        yield layer
        yield from _layers(layer)


def _check_network(path: Path, network: Network) -> None:
    expected_input, expected_output = (None, FACE_SIZE, FACE_SIZE, 1), (None, len(EMOTIONS))
    found = (network.input_shape, network.output_shape)
    if found != (expected_input, expected_output):
        raise ModelError(
            f"{path}: expected input {expected_input} and output {expected_output}, found "
            f"{found[0]} and {found[1]}"
        )
    if not all(np.isfinite(weights).all() for weights in network.get_weights()):
        raise ModelError(f"{path} has weights that are not numbers (NaN or infinite)")


def ends_in_softmax(network: Network) -> bool:
    """Return whether a network returns probabilities instead of logits."""
    last = network.layers[-1]
    activation = getattr(last, "activation", None)
    return isinstance(last, keras.layers.Softmax) or activation is keras.activations.softmax


def _first_line(error: Exception) -> str:
    """Return what Keras says without the pages it appends."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return textwrap.shorten(lines[0], 160, placeholder=" ...")
