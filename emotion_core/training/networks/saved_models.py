"""SavedModels of TensorFlow 2: judged by their operations, then turned into LiteRT.

A SavedModel is a program. TensorFlow runs parts of it while it is read, and some operations read
and write files or call Python. So its graphs are looked through before anything is restored, and
what is listed is accepted; only objects are restored that run nothing. What is then converted is
the one function that answers, whose operations are looked at once more as TensorFlow built them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from emotion_core.errors import ModelError
from emotion_core.models.file_checks.hdf5 import MAX_WEIGHT_BYTES
from emotion_core.quantities import byte_size

#: Largest ``saved_model.pb`` that is parsed, in bytes; weights are in other files.
MAX_GRAPH_BYTES: Final = 100_000_000
#: The function that answers, by its usual name.
SIGNATURE: Final = "serving_default"

# Operations that compute with their inputs and do nothing else.
_COMPUTING_NAMES: Final = """
    Abs Add AddN AddV2 All Any ArgMax ArgMin AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3
    BatchNormWithGlobalNormalization BatchToSpaceND BiasAdd BroadcastArgs BroadcastTo Cast Ceil
    ClipByValue ConcatV2 Const Conv2D Conv2DBackpropInput Cos DepthToSpace DepthwiseConv2dNative
    Einsum Elu Equal Erf Exp ExpandDims FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars Fill Floor
    FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 GatherV2 Greater GreaterEqual
    Identity IdentityN LRN LeakyRelu Less LessEqual Log Log1p LogSoftmax LogicalAnd LogicalNot
    LogicalOr MatMul Max MaxPool Maximum Mean Min Minimum MirrorPad Mul Neg NoOp NotEqual OneHot
    OnesLike Pack Pad PadV2 PartitionedCall Placeholder PlaceholderWithDefault Pow Prod Range Rank
    ReadVariableOp RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear ResizeNearestNeighbor
    ReverseV2 Round Rsqrt Select SelectV2 Selu Shape Sigmoid Sign Sin Slice Softmax Softplus
    Softsign SpaceToBatchND SpaceToDepth Split SplitV Sqrt Square SquaredDifference Squeeze
    StatefulPartitionedCall StopGradient StridedSlice Sub Sum Tanh Tile Transpose Unpack VarHandleOp
    Xdivy ZerosLike
"""
_COMPUTING: Final = frozenset(_COMPUTING_NAMES.split())
# What saving and training are made of, as TensorFlow itself writes it. None of it is ever run here.
_UNUSED_NAMES: Final = """
    AssignAddVariableOp AssignSubVariableOp AssignVariableOp DisableCopyOnRead MergeV2Checkpoints
    RandomUniform RestoreV2 SaveV2 ShardedFilename StatelessRandomGetKeyCounter
    StatelessRandomUniformV2 StaticRegexFullMatch StringJoin VarIsInitializedOp
"""
_UNUSED: Final = frozenset(_UNUSED_NAMES.split())
# Objects that are values and functions; resources and assets run something when they are restored.
_OBJECTS: Final = frozenset(
    {"user_object", "function", "bare_concrete_function", "variable", "constant", "captured_tensor"}
)


class SavedNetwork:
    """The function of a SavedModel that answers.

    Attributes:
        input_shape: of its input; None where any size does.
        output_shape: of its output.
    """

    def __init__(self, folder: Path) -> None:
        # Kept: its variables go with it.
        self._restored = tf.saved_model.load(str(folder))
        self._function = _signature(folder, self._restored.signatures)
        _judge_operations(folder, _operations(self._function.graph.as_graph_def()), _COMPUTING)
        (self._argument,) = self._function.structured_input_signature[1].items()
        (output,) = self._function.structured_outputs.values()
        self.input_shape = _sizes(self._argument[1].shape)
        self.output_shape = _sizes(output.shape)

    def to_litert(self) -> bytes:
        """Return it as the content of a ``.tflite``."""
        frozen = convert_variables_to_constants_v2(self._function)
        converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], self._restored)
        return bytes(converter.convert())

    def predict(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what it answers itself, float32 ``[N, classes]``."""
        name, _ = self._argument
        at_once = [pictures] if self.input_shape[0] is None else [each[None] for each in pictures]
        answers = [self._function(**{name: tf.constant(batch)}) for batch in at_once]
        return np.concatenate([np.asarray(*answer.values()) for answer in answers])


def read_saved_model(folder: Path) -> SavedNetwork:
    """Judge the SavedModel in ``folder`` and restore what answers.

    Args:
        folder: with ``saved_model.pb`` and ``variables``.

    Raises:
        ModelError: it is damaged, too large, of TensorFlow 1, does more than compute, or does not
            take one picture and return one answer.
    """
    judge_saved_model(folder)
    return SavedNetwork(folder)


def judge_saved_model(folder: Path) -> None:
    """Look through the graphs of a SavedModel before anything is restored; see the module.

    Raises:
        ModelError: see ``read_saved_model``.
    """
    sizes = {path.name: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    if sizes.get("saved_model.pb", 0) > MAX_GRAPH_BYTES or sum(sizes.values()) > MAX_WEIGHT_BYTES:
        raise ModelError(
            f"{folder}: expected a SavedModel of at most {byte_size(MAX_GRAPH_BYTES)} of graphs "
            f"and 1 GB in all, found {byte_size(sum(sizes.values()))}"
        )
    content = saved_model_pb2.SavedModel()
    try:
        content.ParseFromString((folder / "saved_model.pb").read_bytes())
    except DecodeError as error:
        raise ModelError(
            f"{folder}: expected a whole SavedModel, found one that is damaged; copy or "
            "download it again"
        ) from error
    if len(content.meta_graphs) != 1 or not content.meta_graphs[0].object_graph_def.nodes:
        raise ModelError(
            f"{folder}: expected a SavedModel of TensorFlow 2 with one graph, found one of "
            f"TensorFlow 1 or with {len(content.meta_graphs)} graphs; if you trust it, "
            "`tflite_convert --saved_model_dir FOLDER --output_file model.tflite` makes a model of "
            "it that can be imported"
        )
    graph = content.meta_graphs[0]
    _judge_operations(folder, _operations(graph.graph_def), _COMPUTING | _UNUSED)
    for found in graph.object_graph_def.nodes:
        kind = str(found.WhichOneof("kind"))
        if kind not in _OBJECTS or found.registered_saver or found.saveable_objects:
            raise ModelError(
                f"{folder}: expected a SavedModel of variables and functions, found {kind} that "
                "runs something or reads files when it is restored, and is refused; look for "
                "another form of the model (.tflite, .keras or .h5) where it came from"
            )
    if graph.asset_file_def:
        raise ModelError(
            f"{folder}: expected a SavedModel that reads no files, found one with assets; look for "
            "another form of the model (.tflite, .keras or .h5) where it came from"
        )


def _operations(graph: Any) -> Iterable[str]:
    """Yield the operation of each node, those of functions included."""
    for node in graph.node:
        yield str(node.op)
    for function in graph.library.function:
        for node in function.node_def:
            yield str(node.op)


def _judge_operations(folder: Path, found: Iterable[str], known: frozenset[str]) -> None:
    for operation in found:
        if operation not in known:
            raise ModelError(
                f"{folder}: expected a SavedModel of operations that only compute, found "
                f"{operation!r:.40}, which may read or write files, run code or take any time, and "
                "is refused; look for another form of the model (.tflite, .keras or .h5) where it "
                "came from"
            )


def _signature(folder: Path, signatures: Any) -> Any:
    """Return the function that answers: the usual one, or the only one."""
    names = list(signatures)
    name = SIGNATURE if SIGNATURE in names else names[0] if len(names) == 1 else ""
    if not name:
        raise ModelError(
            f"{folder}: expected a SavedModel with the signature {SIGNATURE}, found "
            f"{', '.join(map(repr, names))[:80] or 'none'}; look for another form of the model"
        )
    function = signatures[name]
    inputs = list(function.structured_input_signature[1].values())
    outputs = list(function.structured_outputs.values())
    if [each.dtype for each in inputs] != [tf.float32] or len(outputs) != 1:
        types = ", ".join(each.dtype.name for each in inputs)
        raise ModelError(
            f"{folder}: expected a SavedModel with one input of float32 and one output, found "
            f"inputs of {types or 'no type'} and {len(outputs)} outputs; look for another form of "
            "the model"
        )
    return function


def _sizes(shape: Any) -> list[int | None]:
    return [] if shape.rank is None else list(shape)
