"""The layers of a ``model.tflite``, read from the file itself: no Keras, no TensorFlow."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from emotion_core.errors import ModelError
from emotion_core.models.file_checks.litert_files import operator_name

#: What people call LiteRT's operations; the others are named as in the file.
_NAMES: Final = {
    "CONV_2D": "convolution",
    "DEPTHWISE_CONV_2D": "depthwise convolution",
    "FULLY_CONNECTED": "dense",
    "MAX_POOL_2D": "max pooling",
    "AVERAGE_POOL_2D": "average pooling",
    "MEAN": "mean",
    "ADD": "add",
    "MUL": "multiply",
    "SUB": "subtract",
    "STRIDED_SLICE": "crop",
    "PAD": "padding",
    "LOGISTIC": "sigmoid",
    "RELU": "ReLU",
    "RELU6": "ReLU6",
}
_ACTIVATIONS: Final = {
    number: {"RELU": "ReLU", "RELU6": "ReLU6"}.get(name, name.lower())
    for name, number in vars(schema.ActivationFunctionType).items()
    if not name.startswith("_") and number != schema.ActivationFunctionType.NONE
}
_CONVOLUTIONS: Final = ("CONV_2D", "DEPTHWISE_CONV_2D")
_FLOATS: Final[dict[int, Any]] = {
    schema.TensorType.FLOAT32: np.dtype("<f4"),
    schema.TensorType.FLOAT16: np.dtype("<f2"),
}


@dataclass(frozen=True)
class Layer:
    """One operation of a network.

    Attributes:
        name: what it does, such as "convolution 3x3, ReLU".
        shape: of what it gives on, without the number of faces: height, width and channels, or
            one number.
        weights: numbers it learned.
        operations: multiply-accumulate operations for one face.
    """

    name: str
    shape: tuple[int, ...]
    weights: int
    operations: int


@dataclass(frozen=True)
class NetworkContents:
    """What the file of a network tells of it.

    Attributes:
        layers: in the order they run; what only moves weights or counts faces is left out.
        input_scale: by what it multiplies its input before anything else; 1 where it does not.
        finite: whether its weights are numbers, none NaN or infinite: its answers may hide some.
    """

    layers: tuple[Layer, ...]
    input_scale: float
    finite: bool


def read_contents(model: bytes) -> NetworkContents:
    """Return what the file of a network tells of it; the file is parsed once, which takes longest.

    Args:
        model: content of a ``.tflite`` file.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        content = schema.ModelT.InitFromPackedBuf(model, 0)
        graph = content.subgraphs[0]
        return NetworkContents(
            tuple(_layers(content, graph)), _input_scale(content, graph), _are_finite(content)
        )
    except (struct.error, IndexError, TypeError, AttributeError, ValueError) as error:
        raise ModelError(
            f"expected a LiteRT model with one graph, found one that cannot be read ({error}); "
            "restore the file or train the model again"
        ) from error


def _are_finite(content: Any) -> bool:
    return all(
        bool(np.isfinite(values).all())
        for graph in content.subgraphs
        for tensor in graph.tensors
        if (values := _values(content, tensor)) is not None
    )


def _input_scale(content: Any, graph: Any) -> float:
    sources, inputs = _sources(graph), {int(tensor) for tensor in graph.inputs}
    for operator in graph.operators:
        taken = [int(tensor) for tensor in operator.inputs]
        if not inputs.intersection(taken) or _counts_faces(graph, operator):
            continue
        others = [sources.get(each, each) for each in taken if each not in inputs]
        values = [_values(content, graph.tensors[each]) for each in others]
        scalars = [float(each[0]) for each in values if each is not None and each.size == 1]
        kind = _kind(content, operator)
        if kind not in ("MUL", "DIV") or len(scalars) != 1 or not scalars[0]:
            return 1.0
        return scalars[0] if kind == "MUL" else 1 / scalars[0]
    return 1.0


def _counts_faces(graph: Any, operator: Any) -> bool:
    whole = (schema.TensorType.INT32, schema.TensorType.INT64)
    return graph.tensors[operator.outputs[0]].type in whole


def _kind(content: Any, operator: Any) -> str:
    code = content.operatorCodes[operator.opcodeIndex]
    return operator_name(int(code.builtinCode), int(code.deprecatedBuiltinCode))


def _values(content: Any, tensor: Any) -> NDArray[Any] | None:
    """Return the constant that a tensor is, if it is one of floats."""
    data = content.buffers[tensor.buffer].data
    if tensor.type not in _FLOATS or data is None or not len(data):
        return None
    return np.frombuffer(bytes(data), _FLOATS[tensor.type])


def _layers(content: Any, graph: Any) -> Iterator[Layer]:
    dynamic = {int(tensor) for tensor in graph.inputs}
    sources = _sources(graph)
    for operator in graph.operators:  # a file lists them in the order they run
        if not any(int(tensor) in dynamic for tensor in operator.inputs):
            continue
        dynamic.update(int(tensor) for tensor in operator.outputs)
        output = graph.tensors[operator.outputs[0]]
        if _counts_faces(graph, operator):
            continue
        kind = _kind(content, operator)
        constants = [sources.get(int(each), int(each)) for each in operator.inputs if each >= 0]
        shapes = [
            tuple(int(size) for size in graph.tensors[each].shape)
            for each in constants
            if each not in dynamic and _values(content, graph.tensors[each]) is not None
        ]
        shape = tuple(int(size) for size in output.shape)[1:]
        yield Layer(
            _name(kind, shapes, operator),
            shape,
            sum(_learned(kind, each) for each in shapes),
            _operations(kind, shapes, shape),
        )


def _learned(kind: str, shape: tuple[int, ...]) -> int:
    """Return how many numbers of a constant were learned: none where it only scales the input."""
    numbers = int(np.prod(shape))
    computes = kind in (*_CONVOLUTIONS, "FULLY_CONNECTED")
    return numbers if computes or numbers > 1 else 0


def _sources(graph: Any) -> dict[int, int]:
    """Return where constants come from that are unpacked on the way: float16 made float32."""
    return {
        int(operator.outputs[0]): int(operator.inputs[0])
        for operator in graph.operators
        if len(operator.inputs) == 1 and len(operator.outputs) == 1
    }


def _name(kind: str, shapes: list[tuple[int, ...]], operator: Any) -> str:
    words = _NAMES.get(kind, kind.lower().replace("_", " "))
    if kind in _CONVOLUTIONS and shapes and len(shapes[0]) == 4:
        words += f" {shapes[0][1]}x{shapes[0][2]}"
    options = operator.builtinOptions
    activation = _ACTIVATIONS.get(getattr(options, "fusedActivationFunction", None))
    stride = getattr(options, "strideH", 1) if kind in _CONVOLUTIONS else 1
    every = f", every {stride} pixels" if stride and stride > 1 else ""
    return f"{words}{every}, {activation}" if activation else f"{words}{every}"


def _operations(kind: str, shapes: list[tuple[int, ...]], output: tuple[int, ...]) -> int:
    if not shapes or kind not in (*_CONVOLUTIONS, "FULLY_CONNECTED"):
        return 0
    kernel = int(np.prod(shapes[0]))
    pixels = int(np.prod(output[:-1])) if kind in _CONVOLUTIONS else 1
    return kernel * pixels
