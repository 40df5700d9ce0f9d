"""Which objects a description of a Keras network may name, at any depth; needs no Keras.

Keras makes an object of every name that it meets, wherever in the description it stands: a layer
within ``TimeDistributed``, an initializer, the activation of a cell. Some of its own classes read
files, fetch them or run code. What is accepted is therefore listed, by module and class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from emotion_core.errors import ModelError

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
_INITIALIZER_NAMES: Final = """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer LecunNormal
    LecunUniform Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform STFTInitializer
    TruncatedNormal VarianceScaling Zeros
"""
_INITIALIZERS: Final = frozenset(_INITIALIZER_NAMES.split())
_REGULARIZERS: Final = frozenset({"L1", "L1L2", "L2", "OrthogonalRegularizer"})
_CONSTRAINTS: Final = frozenset({"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"})
#: Functions that may be named.
_FUNCTION_NAMES: Final = """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu
    linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus
    softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold
"""
_FUNCTIONS: Final = frozenset(_FUNCTION_NAMES.split())


@dataclass(frozen=True)
class _Kind:
    """Objects of one kind.

    Attributes:
        modules: where Keras 2 and 3 have them; Keras 2 is called ``tf_keras`` today.
        classes: those of them that compute and nothing else.
    """

    modules: re.Pattern[str]
    classes: frozenset[str]


def _below(*modules: str) -> re.Pattern[str]:
    """Return what fits modules of Keras and everything within them."""
    return re.compile(rf"(tf_)?keras\.(src\.)?({'|'.join(modules)})(\.\w+)*")


_KINDS: Final = (
    _Kind(_below("layers"), _LAYERS),
    _Kind(re.compile(rf"keras|{_below('models', 'engine').pattern}"), MODEL_CLASSES),
    _Kind(_below("initializers"), _INITIALIZERS),
    _Kind(_below("regularizers"), _REGULARIZERS),
    _Kind(_below("constraints"), _CONSTRAINTS),
    _Kind(
        re.compile(rf"keras|{_below('dtype_policies', 'mixed_precision').pattern}"),
        frozenset({"DTypePolicy", "FloatDTypePolicy", "Policy"}),
    ),
    _Kind(re.compile(rf"builtins|{_below('activations').pattern}"), frozenset({"function"})),
    _Kind(_below("random"), frozenset({"SeedGenerator"})),
)
#: Values that JSON has no words for. They have no module.
_VALUES: Final = frozenset(
    {"__keras_tensor__", "__tensor__", "__numpy__", "__ellipsis__", "__slice__", "__tuple__"}
    | {"TensorShape"}
)
_WITHOUT_MODULE: Final = _VALUES.union(*(kind.classes for kind in _KINDS))

#: Settings whose value may be a name that Keras looks up, by how they end, and the names.
_NAMED: Final = {
    "activation": _FUNCTIONS,
    "initializer": _INITIALIZERS | {"Normal", "One", "Uniform", "Zero"},
    "regularizer": _REGULARIZERS,
    "constraint": _CONSTRAINTS,
}


def judge_description(path: Path, description: Any) -> dict[str, Any]:
    """Return a description without how it was trained, or refuse it for what it names.

    Args:
        path: for messages.
        description: read from JSON; it is changed.

    Raises:
        ModelError: it is no description, or names anything but what computes.
        RecursionError: it is nested too deeply.
    """
    if not isinstance(description, dict) or "class_name" not in description:
        raise ModelError(f"{path}: expected the description of a Keras model, found other JSON")
    if description["class_name"] not in MODEL_CLASSES:
        _refuse(path, str(description["class_name"]))
    for entry in _mappings(description):
        if "class_name" in entry:
            # How it was trained: objects that nobody needs to read faces.
            entry.pop("compile_config", None)
            _judge_object(path, entry)
        for name, value in entry.items():
            _judge_setting(path, str(name), value)
    for layer in layers(description):
        if str(layer.get("class_name")) not in _LAYERS | MODEL_CLASSES:
            _refuse(path, str(layer.get("class_name")))
    return description


def _judge_object(path: Path, entry: dict[str, Any]) -> None:
    name, module = str(entry["class_name"]), entry.get("module")
    if "Lambda" in name or name == "__lambda__":
        raise ModelError(
            f"{path} carries code (a {name} layer) and is refused: loading it would run it; ask "
            "for the model without Lambda layers"
        )
    is_function = name == "function"
    called = str(entry.get("config")) if is_function else name
    known_as = (None, name, called) if is_function else (None, name)
    kinds = [kind for kind in _KINDS if module is None or kind.modules.fullmatch(str(module))]
    if (
        not kinds
        or (is_function and called not in _FUNCTIONS)
        or entry.get("registered_name") not in known_as
    ):
        whole = f"{module}.{called}" if module else called
        raise ModelError(
            f"{path} needs the custom class {whole}, which is not part of Keras, and is "
            "refused; ask for the model built from Keras' own layers"
        )
    classes = _WITHOUT_MODULE if module is None else {*(c for kind in kinds for c in kind.classes)}
    if name not in classes:
        _refuse(path, name)


def _judge_setting(path: Path, name: str, value: Any) -> None:
    """Refuse names that Keras would look up, where they are not in the list."""
    if name in (*_INNER, "layers") and isinstance(value, (str, list)):
        for named in [value] if isinstance(value, str) else value:
            if isinstance(named, str):
                _refuse(path, named)
    for ending, names in _NAMED.items():
        if isinstance(value, str) and (name == ending or name.endswith(f"_{ending}")):
            known = {_folded(each) for each in names}
            if value and _folded(value) not in known:
                _refuse(path, value)


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _refuse(path: Path, name: str) -> None:
    raise ModelError(
        f"{path}: expected Keras' own layers that compute and nothing else, found {name!r:.60};"
        " ask for the model without it"
    )


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping, however deep."""
    if isinstance(value, dict):
        yield value
        children: Any = value.values()
    elif isinstance(value, list):
        children = value
    else:
        return
    for child in children:
        yield from _mappings(child)


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
