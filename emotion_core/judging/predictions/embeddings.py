"""The features a network sorts faces by: what its last layer sees, and which faces are alike there.

A ``model.tflite`` returns logits only. Its graph is small and open, so the tensor that its last
layer reads is made a second output: one pass then gives both, without Keras.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from emotion_core.errors import ModelError

#: More features than this are refused: 32,298 images would take half a gigabyte.
MAX_FEATURES: Final = 4096

_FILE_IDENTIFIER: Final = b"TFL3"
_OPERATORS: Final = schema.BuiltinOperator
#: The layers that turn features into classes.
_LAST_LAYERS: Final = (_OPERATORS.FULLY_CONNECTED, _OPERATORS.CONV_2D)


def with_embeddings(model: bytes) -> bytes:
    """Return the model with what its last layer reads as second output.

    The last layer is the last dense layer or convolution on the one path to the output. Features
    have the shape ``[N, D]``, or ``[N, height, width, D]`` before a convolution.

    Args:
        model: content of a ``.tflite`` file with one output.

    Raises:
        ModelError: the graph has no such layer, or its features are too many or no float32.
    """
    try:
        content = schema.ModelT.InitFromPackedBuf(model, 0)
        graph = content.subgraphs[0]
        tap = _last_layer_input(content, graph)
    except (struct.error, IndexError, TypeError, AttributeError, ValueError) as error:
        raise ModelError(
            f"expected a LiteRT model with one graph, found one that cannot be read ({error}); "
            "restore the file or train the model again"
        ) from error
    _check_features(graph.tensors[tap])
    graph.outputs = np.array([graph.outputs[0], tap], np.int32)
    builder = flatbuffers.Builder(len(model) + 1024)
    builder.Finish(content.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


def _last_layer_input(content: Any, graph: Any) -> int:
    """Walk from the output to the last layer and return the tensor it reads."""
    maker = {int(tensor): operator for operator in graph.operators for tensor in operator.outputs}
    dynamic = _dynamic_tensors(graph)
    tensor = int(graph.outputs[0])
    while tensor in maker:
        operator = maker[tensor]
        code = content.operatorCodes[operator.opcodeIndex].builtinCode
        sources = [int(source) for source in operator.inputs if int(source) in dynamic]
        if code == _OPERATORS.RESHAPE:
            sources = sources[:1]  # the second is the shape, which depends on the batch
        if len(sources) != 1:
            break
        if code in _LAST_LAYERS:
            return sources[0]
        tensor = sources[0]
    raise ModelError(
        "this model has no embeddings: expected one dense layer or convolution at its end, found "
        "none on a single path to the output; choose a model with a classification layer"
    )


def _dynamic_tensors(graph: Any) -> set[int]:
    """Return the tensors that depend on the input; weights, also packed ones, do not."""
    dynamic = {int(tensor) for tensor in graph.inputs}
    for operator in graph.operators:  # a file lists operators in the order they run
        if any(int(tensor) in dynamic for tensor in operator.inputs):
            dynamic.update(int(tensor) for tensor in operator.outputs)
    return dynamic


def _check_features(tensor: Any) -> None:
    shape = [int(size) for size in tensor.shape]
    if tensor.type != schema.TensorType.FLOAT32 or len(shape) not in (2, 4):
        raise ModelError(
            f"this model has no embeddings: expected float32 features [N, D] before its last layer,"
            f" found shape {shape} of another kind; choose a model that is not quantized"
        )
    if shape[-1] > MAX_FEATURES:
        raise ModelError(
            f"this model has no embeddings: expected at most {MAX_FEATURES} features before its "
            f"last layer, found {shape[-1]}; choose a model that pools before it"
        )


def unit_rows(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return features pooled over space and scaled to length 1, float32 ``[N, D]``.

    A face without any feature stays a row of zeros, as far from all others as a right angle.

    Args:
        features: float32 ``[N, D]`` or ``[N, height, width, D]``.
    """
    pooled = features.mean(axis=(1, 2)) if features.ndim == 4 else features
    lengths = np.linalg.norm(pooled, axis=1, keepdims=True)
    rows: NDArray[np.float32] = (pooled / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return rows


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The images most like one image, the nearest first.

    Attributes:
        indices: intp ``[K]``.
        likeness: float32 ``[K]``, cosine of the angle between the embeddings, -1..1.
    """

    indices: NDArray[np.intp]
    likeness: NDArray[np.float32]


def nearest_neighbours(embeddings: NDArray[np.float32], index: int, count: int = 12) -> Neighbours:
    """Return the images whose embeddings are closest to that of image ``index``, itself left out.

    Exact: every image is compared. Of equally close ones the first comes first.

    Args:
        embeddings: float32 ``[N, D]`` with rows of length 1.
        index: 0 to N - 1.
        count: how many; fewer where there are no more.
    """
    likeness = embeddings @ embeddings[index]
    likeness[index] = -np.inf
    count = min(count, len(embeddings) - 1)
    nearest = np.argsort(-likeness, kind="stable")[:count]
    return Neighbours(nearest, likeness[nearest].clip(-1, 1))
