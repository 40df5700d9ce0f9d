"""Descriptions of networks by Keras 1 and 2, in the words of Keras 3.

Keras 3 reads most of what Keras 2 wrote, but neither models within models, nor arguments that are
tensors, nor settings that no longer exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from emotion_core.models.file_checks.keras_objects import MODEL_CLASSES, inner_layers, layers

#: A layer or a model as Keras describes it: ``class_name``, ``config`` and more.
Description = dict[str, Any]

_KERNEL: Final = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
_ATTENTION: Final = ("query_shape", "key_shape", "value_shape", "softmax_robust_masking")
#: Settings that Keras 2 wrote, that change no score, and that Keras 3 does not know, by the
#: beginning of a layer's name.
_WITHOUT_EFFECT: Final = {
    "DepthwiseConv": ("filters", "groups", *_KERNEL),
    "Separable": ("groups", *_KERNEL),
    "SpatialDropout": ("noise_shape", "trainable"),
    "Random": ("rng_type",),
    "MultiHeadAttention": _ATTENTION,
    "InputLayer": ("ragged",),
}
#: Settings that Keras 3 does not know, and the value with which they change nothing; with another
#: one they stay, and Keras 3 refuses the layer.
_WITHOUT_EFFECT_AT: Final = {"groups": ("Transpose", 1), "time_major": ("", False)}
#: Names that layers had in TensorFlow 1.
_RENAMED: Final = {"BatchNormalizationV1": "BatchNormalization", "Functional": "Model"}


def is_of_keras_2(description: Description) -> bool:
    """Tell whether a judged description was written by Keras 2 or 1."""
    return (
        "module" not in description
        or isinstance(description["config"], list)
        or "engine" in str(description["module"])
        or any("batch_input_shape" in layer["config"] for layer in layers(description))
    )


def rewrite_in_keras_3(layer: Description) -> None:
    """Put a description by Keras 2 into the words of Keras 3; the scores stay the same.

    Args:
        layer: a network that was judged (``models.file_checks``), or a part of it; it is changed.

    Raises:
        KeyError: it is damaged; as are the following.
        TypeError: likewise.
        ValueError: likewise.
    """
    name = str(layer["class_name"])
    is_model = name in MODEL_CLASSES
    layer["class_name"] = _RENAMED.get(name, name)
    layer["module"] = "keras.models" if is_model else "keras.layers"
    layer["registered_name"] = None
    layer.pop("build_config", None)
    if isinstance(layer["config"], list):  # a Sequential, without a name, until Keras 2.2.3
        layer["config"] = {"name": f"of_{_first_name(layer)}", "layers": layer["config"]}
    if name == "Sequential":
        _add_input(layer["config"])
    for inner in inner_layers(layer):
        rewrite_in_keras_3(inner)
    if not is_model:
        _rewrite_settings(name, layer["config"])
    elif name != "Sequential":
        _rewrite_graph(layer["config"])


def _rewrite_settings(name: str, config: dict[str, Any]) -> None:
    for beginning, settings in _WITHOUT_EFFECT.items():
        if name.startswith(beginning):
            for setting in settings:
                config.pop(setting, None)
    for setting, (ending, value) in _WITHOUT_EFFECT_AT.items():
        if name.endswith(ending) and config.get(setting) == value:
            del config[setting]
    shape = config.pop("batch_input_shape", None)
    if name == "InputLayer" and shape is not None:
        config["batch_shape"] = shape
    if isinstance(config.get("axis"), list) and len(config["axis"]) == 1:
        config["axis"] = config["axis"][0]


def _add_input(config: dict[str, Any]) -> None:
    """Let a Sequential begin with an input: until Keras 2.2 its first layer held the shape."""
    config.setdefault("name", "sequential")
    first = next(iter(config["layers"]), {"class_name": "InputLayer"})
    if first["class_name"] != "InputLayer" and (shape := _input_shape(first)) is not None:
        described = {"batch_input_shape": shape, "name": f"{_first_name(first)}_input"}
        config["layers"].insert(0, {"class_name": "InputLayer", "config": described})


def _first_name(layer: Description) -> str:
    """Return the name of the first layer in a model, which is in no other."""
    config = layer["config"]
    return _first_name(config[0]) if isinstance(config, list) else str(config["name"])


def _input_shape(layer: Description) -> list[int | None] | None:
    """Return what a layer takes, or the model's first one; None where it does not say."""
    config = layer["config"]
    shape = config.get("batch_input_shape") if isinstance(config, dict) else None
    inner = inner_layers(layer)
    return _input_shape(inner[0]) if shape is None and inner else shape


def _rewrite_graph(config: dict[str, Any]) -> None:
    """Number the calls of each layer from 0, and tell tensors among arguments from other lists.

    Keras 2 counted a model within a model as called once before its first call.
    """
    calls = {layer["name"]: layer["inbound_nodes"] for layer in config["layers"]}
    models = {
        layer["name"]: layer["class_name"]
        for layer in config["layers"]
        if layer["class_name"] in MODEL_CLASSES
    }
    first: dict[str, int] = {}
    for reference in _references([calls, config["output_layers"]], calls):
        first[reference[0]] = min(reference[1], first.get(reference[0], reference[1]))

    def tensor(reference: list[Any]) -> Description:
        name, call, output = reference
        history = [name, call - (first[name] if name in models else 0), output]
        found = {"shape": [None], "dtype": "float32", "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": found}

    for layer in config["layers"]:
        layer["inbound_nodes"] = [
            _call(node, lambda value: _replace(value, calls, tensor))
            for node in layer["inbound_nodes"]
        ]
    for key in ("input_layers", "output_layers"):
        # Here Keras 3 counts as Keras 2 did, but for a Sequential.
        found = [
            [name, call - first[name] if models.get(name) == "Sequential" else call, output]
            for name, call, output in _references(config[key], calls)
        ]
        config[key] = found[0] if len(found) == 1 else found


def _call(node: Any, replace: Callable[[Any], Any]) -> Any:
    """Return the call of a layer: its tensors, then what else it was called with."""
    if not isinstance(node, list):  # as Keras 3 writes it
        return node
    tensors = [replace(entry[:3]) for entry in node]
    settings = replace(node[-1][3]) if len(node[-1]) > 3 else {}
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": settings}


def _is_reference(value: Any, names: dict[str, Any]) -> bool:
    """Tell whether a value is a layer's name, the number of its call and that of the output."""
    return (
        isinstance(value, list)
        and len(value) >= 3
        and isinstance(value[0], str)
        and value[0] in names
        and all(type(number) is int for number in value[1:3])
    )


def _references(value: Any, names: dict[str, Any]) -> list[list[Any]]:
    if _is_reference(value, names):
        return [value[:3], *_references(value[3:], names)]
    children = value.values() if isinstance(value, dict) else value
    if not isinstance(value, (dict, list)):
        return []
    return [found for child in children for found in _references(child, names)]


def _replace(value: Any, names: dict[str, Any], tensor: Callable[[list[Any]], Description]) -> Any:
    if _is_reference(value, names):
        return tensor(value)
    if isinstance(value, list):
        return [_replace(child, names, tensor) for child in value]
    if isinstance(value, dict):
        return {key: _replace(child, names, tensor) for key, child in value.items()}
    return value
