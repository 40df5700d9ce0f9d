"""Judges files with Keras networks before Keras builds anything from them; needs no Keras.

Such a file can carry code (a ``Lambda`` layer is pickled Python), name a function of Keras to be
called, point to other files of this machine, or claim sizes that fill any memory. What is accepted
is therefore listed, not what is refused.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np

from emotion_core.errors import ModelError
from emotion_core.models.folder import ARCHITECTURE_FILE, WEIGHTS_FILE

#: The largest network accepted, as bytes of weights when unpacked: 25 times a VGG of 10 M weights.
MAX_WEIGHT_BYTES: Final = 1_000_000_000
#: The largest architecture description accepted, in bytes.
MAX_DESCRIPTION_BYTES: Final = 20_000_000

_KERAS_MEMBERS: Final = frozenset({"config.json", "metadata.json", "model.weights.h5"})
#: Where an archive of Keras keeps its weights.
WEIGHTS_MEMBER: Final = "model.weights.h5"

#: Models: their layers stand in ``layers``.
MODEL_CLASSES: Final = frozenset({"Functional", "Sequential", "Model"})
#: Where other layers keep those that they are made of.
_INNER: Final = ("layer", "backward_layer", "cell", "cells")
#: Layers that come in one kind for each number of dimensions, as in ``Conv2D``.
_BY_DIMENSIONS: Final = """
    AdaptiveAveragePooling AdaptiveMaxPooling AveragePooling AvgPool Conv Convolution Cropping
    DepthwiseConv GlobalAveragePooling GlobalAvgPool GlobalMaxPool GlobalMaxPooling MaxPool
    MaxPooling SeparableConv SeparableConvolution SpatialDropout UpSampling ZeroPadding
"""
#: Layers that compute with their inputs and weights and do nothing else.
_OTHER_LAYERS: Final = """
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average
    BatchNormalization BatchNormalizationV1 Bidirectional CenterCrop Concatenate Conv1DTranspose
    Conv2DTranspose Conv3DTranspose Dense Dot Dropout ELU EinsumDense Flatten GRU GRUCell
    GaussianDropout GaussianNoise GroupNormalization GroupQueryAttention Identity InputLayer LSTM
    LSTMCell LayerNormalization LeakyReLU Masking Maximum Minimum MultiHeadAttention Multiply
    Normalization PReLU Permute RMSNormalization RNN RandomBrightness RandomContrast RandomCrop
    RandomFlip RandomRotation RandomTranslation RandomZoom ReLU RepeatVector Rescaling Reshape
    Resizing SimpleRNN SimpleRNNCell Softmax SpectralNormalization StackedRNNCells Subtract
    TimeDistributed UnitNormalization
"""
_LAYERS: Final = frozenset(_OTHER_LAYERS.split()) | {
    f"{name}{dimensions}D" for name in _BY_DIMENSIONS.split() for dimensions in (1, 2, 3)
}
#: Where what layers are made of may come from: nothing there can do more than compute. Keras 2
#: had its models in ``engine``, and is called ``tf_keras`` today.
_MODULES: Final = re.compile(
    r"builtins|keras|(tf_)?keras\.(src\.)?(layers|models|initializers|regularizers|constraints|"
    r"activations|dtype_policies|mixed_precision|engine)(\..*)?"
)
#: Functions that may be named.
_FUNCTION_NAMES: Final = """
    celu elu exponential gelu hard_sigmoid hard_silu hard_swish leaky_relu linear log_sigmoid
    log_softmax mish relu relu6 selu sigmoid silu softmax softplus softsign swish tanh
"""
_FUNCTIONS: Final = frozenset(_FUNCTION_NAMES.split())


@dataclass(frozen=True)
class JudgedFile:
    """A Keras network that may be built: what is in it was looked at, and nothing does harm.

    Attributes:
        path: where its description is: an archive, a whole model in HDF5, or JSON.
        description: what Keras builds the network from, without how it was trained.
        weights: an archive, or HDF5; of an architecture in ``.json`` a file of its own.
    """

    path: Path
    description: dict[str, Any]
    weights: Path


def is_keras_archive(path: Path) -> bool:
    """Tell whether a file is what Keras writes as ``.keras``, whatever its name.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist()) >= _KERAS_MEMBERS
    except zipfile.BadZipFile:
        return False


def judge_file(path: Path) -> JudgedFile:
    """Look through a network's file, and its weights beside it, before Keras builds anything.

    Args:
        path: ``.keras``, a whole model's ``.h5`` (or either under the other's name), or an
            architecture in ``.json``, whose weights stand beside it in ``model_weights.h5``.

    Raises:
        ModelError: it is not what it says, is too large, points elsewhere or carries code.
        OSError: it is damaged; as are the following.
        ValueError: its description is no JSON.
        RuntimeError: its description is nested too deeply.
        zipfile.BadZipFile: its archive is damaged.
    """
    judges = {".keras": _judge_archive, ".h5": _judge_whole, ".json": _judge_pair}
    if path.suffix not in judges:
        raise ModelError(
            f"{path}: expected a model in one of {', '.join(judges)}, found {path.suffix or path}"
        )
    # Many a ``.keras`` file is HDF5: Keras 2 before 2.12 wrote that whatever the name.
    kind = path.suffix
    if kind != ".json" and path.is_file():
        kind = ".h5" if h5py.is_hdf5(path) else ".keras" if zipfile.is_zipfile(path) else kind
    return judges[kind](path)


def _judge_archive(path: Path) -> JudgedFile:
    if not zipfile.is_zipfile(path):
        raise ModelError(f"{path}: expected a .keras file (a zip archive), found something else")
    with zipfile.ZipFile(path) as archive:
        members = {entry.filename: entry for entry in archive.infolist()}
        if set(members) != _KERAS_MEMBERS or len(archive.infolist()) != len(members):
            raise ModelError(
                f"{path}: expected an archive of {', '.join(sorted(_KERAS_MEMBERS))}, found "
                f"{', '.join(sorted(members)[:5]) or 'nothing'}"
            )
        if members[WEIGHTS_MEMBER].file_size > MAX_WEIGHT_BYTES:
            raise ModelError(f"{path}: expected weights under 1 GB, found more when unpacked")
        if members["config.json"].file_size > MAX_DESCRIPTION_BYTES:
            raise ModelError(f"{path}: expected a description under 20 MB, found more")
        description = _judge_description(path, json.loads(archive.read("config.json")))
        with h5py.File(io.BytesIO(archive.read(WEIGHTS_MEMBER)), "r") as weights:
            _judge_hdf5(path, weights)
    return JudgedFile(path, description, path)


def _judge_whole(path: Path) -> JudgedFile:
    with _open_hdf5(path) as file:
        _judge_hdf5(path, file)
        description = file.attrs.get("model_config")
    if description is None:
        raise ModelError(
            f"{path} holds weights without an architecture; put them beside {ARCHITECTURE_FILE}"
            f" as {WEIGHTS_FILE} and load that"
        )
    return JudgedFile(path, _judge_description(path, json.loads(description)), path)


def _judge_pair(path: Path) -> JudgedFile:
    weights = path.with_name(WEIGHTS_FILE)
    if not weights.is_file():
        raise ModelError(f"expected the weights of {path} beside it in {WEIGHTS_FILE}, found none")
    if path.stat().st_size > MAX_DESCRIPTION_BYTES:
        raise ModelError(f"{path}: expected a description under 20 MB, found more")
    description = _judge_description(path, json.loads(path.read_text(encoding="utf-8")))
    with _open_hdf5(weights) as file:
        _judge_hdf5(weights, file)
    return JudgedFile(path, description, weights)


def _open_hdf5(path: Path) -> h5py.File:
    if not h5py.is_hdf5(path):
        raise ModelError(f"{path}: expected an HDF5 file, found something else")
    return h5py.File(path, "r")


def _judge_hdf5(path: Path, file: h5py.File) -> None:
    """Refuse arrays that are too large together, not in the file itself, or no numbers."""
    arrays, total = [], 0
    for array in _arrays(path, file):
        total += array.size * array.dtype.itemsize
        if total > MAX_WEIGHT_BYTES:
            raise ModelError(f"{path}: expected weights under 1 GB, found {total / 1e9:.1f} GB")
        arrays.append(array)
    for array in arrays:
        if array.dtype.kind == "f" and not np.isfinite(array[()]).all():
            raise ModelError(f"{path} has weights that are not numbers (NaN or infinite)")


def _arrays(path: Path, file: h5py.File) -> Iterator[h5py.Dataset]:
    """Yield every array, each group once; refuse what is elsewhere."""
    groups, seen = [file], set()
    while groups:
        group = groups.pop()
        place = h5py.h5o.get_info(group.id).addr
        if place in seen:  # a group may contain itself
            continue
        seen.add(place)
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ModelError(f"{path}: expected weights only, found a link to another place")
            item = group[name]
            if isinstance(item, h5py.Group):
                groups.append(item)
            elif item.is_virtual or item.external:
                raise ModelError(f"{path}: expected weights only, found some in another file")
            else:
                yield item


def _judge_description(path: Path, description: Any) -> dict[str, Any]:
    """Return a description, or refuse it for anything but layers that compute."""
    if not isinstance(description, dict) or "class_name" not in description:
        raise ModelError(f"{path}: expected the description of a Keras model, found other JSON")
    for entry in objects(description):
        # How it was trained: objects that nobody needs to read faces.
        entry.pop("compile_config", None)
        _judge_object(path, entry)
    for layer in layers(description):
        _judge_layer(path, str(layer["class_name"]))
    return description


def _judge_layer(path: Path, name: str) -> None:
    if name not in MODEL_CLASSES and name not in _LAYERS:
        raise ModelError(
            f"{path}: expected Keras' own layers that compute and nothing else, found {name!r};"
            " ask for the model without it"
        )


def _judge_object(path: Path, entry: dict[str, Any]) -> None:
    name, module = str(entry["class_name"]), entry.get("module")
    if "Lambda" in name or name == "__lambda__":
        raise ModelError(
            f"{path} carries code (a {name} layer) and is refused: loading it would run it; ask "
            "for the model without Lambda layers"
        )
    foreign = module is not None and not _MODULES.fullmatch(str(module))
    unknown_function = name == "function" and entry.get("config") not in _FUNCTIONS
    if foreign or unknown_function or ">" in str(entry.get("registered_name")):
        called = str(entry.get("config")) if unknown_function else name
        whole = f"{module}.{called}" if module else called
        raise ModelError(
            f"{path} needs the custom class {whole}, which is no part of Keras, and is "
            "refused; ask for the model built from Keras' own layers"
        )
    if module is not None and "layers" in str(module).split("."):
        _judge_layer(path, name)  # wherever it stands


def objects(value: Any) -> Iterator[dict[str, Any]]:
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
        yield from objects(child)


def layers(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the description of every layer, those of nested models and of wrappers included."""
    for layer in inner_layers(description):
        yield layer
        yield from layers(layer)


def inner_layers(layer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the layers that a model or a layer is made of, without theirs."""
    config = layer.get("config", {})
    if isinstance(config, list):  # Keras 1, and 2 until 2.2.3, wrote a Sequential so
        return config
    if not isinstance(config, dict):
        return []
    wrapped: list[Any] = []
    for key in _INNER:
        value = config.get(key)
        wrapped += value if isinstance(value, list) else [value]
    return [*config.get("layers", []), *(entry for entry in wrapped if isinstance(entry, dict))]
