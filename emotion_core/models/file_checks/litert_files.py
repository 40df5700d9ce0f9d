"""Which operations a ``.tflite`` may be made of, read from the file before it is run.

A network that only computes takes as long for one picture as for any other, and as much memory.
With loops, calls and custom operations, or where pixels decide how large something becomes, a file
of some kilobytes can be quick on the pictures that it is tried on and never end on others. So
operations are listed, and what sizes are made of must not depend on what a picture shows.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from ai_edge_litert import schema_py_generated as schema

from emotion_core.errors import ModelError

#: Operations that compute with their inputs and do nothing else.
_OPERATION_NAMES: Final = """
    ABS ADD ADD_N ARG_MAX ARG_MIN ATAN2 AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND
    BROADCAST_ARGS BROADCAST_TO CAST CEIL CONCATENATION CONV_2D CONV_3D CONV_3D_TRANSPOSE COS CUMSUM
    DENSIFY DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV ELU EQUAL EXP EXPAND_DIMS FAKE_QUANT
    FILL FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GATHER_ND GELU GREATER GREATER_EQUAL
    HARD_SWISH L2_NORMALIZATION L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOCAL_RESPONSE_NORMALIZATION
    LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX MATRIX_DIAG MATRIX_SET_DIAG MAXIMUM
    MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL ONE_HOT PACK PAD PADV2 POW PRELU QUANTIZE
    RANGE RANK REDUCE_ALL REDUCE_ANY REDUCE_MAX REDUCE_MIN REDUCE_PROD RELU RELU6 RELU_0_TO_1
    RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 ROUND RSQRT SELECT
    SELECT_V2 SHAPE SIGN SIN SLICE SOFTMAX SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQRT
    SQUARE SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM SVDF TANH TILE TOPK_V2 TRANSPOSE
    TRANSPOSE_CONV UNIDIRECTIONAL_SEQUENCE_LSTM UNIDIRECTIONAL_SEQUENCE_RNN UNPACK ZEROS_LIKE
"""
_OPERATIONS: Final = frozenset(_OPERATION_NAMES.split())
_REDUCTIONS: Final = (
    "ARG_MAX", "ARG_MIN", "MEAN", "REDUCE_ALL", "REDUCE_ANY", "REDUCE_MAX", "REDUCE_MIN",
    "REDUCE_PROD", "SUM",
)  # fmt: skip
#: Which inputs of an operation say how large its output becomes. Others take no such inputs.
_SIZES: Final = {
    "BATCH_TO_SPACE_ND": (1, 2),
    "BROADCAST_TO": (1,),
    "CONV_3D_TRANSPOSE": (0,),
    "EXPAND_DIMS": (1,),
    "FILL": (0,),
    "MIRROR_PAD": (1,),
    "ONE_HOT": (1,),
    "PAD": (1,),
    "PADV2": (1,),
    "RANGE": (0, 1, 2),
    "RESHAPE": (1,),
    "RESIZE_BILINEAR": (1,),
    "RESIZE_NEAREST_NEIGHBOR": (1,),
    "SLICE": (1, 2),
    "SPACE_TO_BATCH_ND": (1, 2),
    "SPLIT": (0,),
    "SPLIT_V": (1, 2),
    "STRIDED_SLICE": (1, 2, 3),
    "TILE": (1,),
    "TOPK_V2": (1,),
    "TRANSPOSE": (1,),
    "TRANSPOSE_CONV": (0,),
    **dict.fromkeys(_REDUCTIONS, (1,)),
}
#: Operations whose output tells of sizes and not of what a picture shows.
_OF_SIZES: Final = ("RANK", "SHAPE")
#: More operations than this has no network: ten times the largest EfficientNet.
_MAX_OPERATIONS: Final = 20_000

# What reading a damaged file raises, for nothing checks its offsets.
_DAMAGED: Final = (
    struct.error, IndexError, TypeError, AttributeError, ValueError, OverflowError,
)  # fmt: skip

#: Names of LiteRT's operations by their number.
OPERATORS: Final = {
    number: name
    for name, number in vars(schema.BuiltinOperator).items()
    if not name.startswith("_") and isinstance(number, int)
}


def judge_litert(content: bytes) -> None:
    """Refuse a LiteRT model that does more than compute.

    Args:
        content: of a ``.tflite`` file.

    Raises:
        ModelError: it has an operation that is not listed, lets pixels decide about sizes, or
            cannot be read.
    """
    try:
        model = schema.Model.GetRootAs(content, 0)
        _judge_model(model)
    except (
        struct.error,
        IndexError,
        TypeError,
        AttributeError,
        ValueError,
        OverflowError,
    ) as error:
        raise ModelError(
            f"expected a LiteRT model, found one that LiteRT cannot read ({error}); "
            "restore the file or train the model again"
        ) from error


def _judge_model(model: Any) -> None:
    if model.ExternalBuffersLength() or model.ExternalBufferGroupsLength():
        raise ModelError(
            "expected a LiteRT model with its weights, found one that keeps some in another file; "
            "look for a model in one file"
        )
    kinds = [_kind(model.OperatorCodes(index)) for index in range(model.OperatorCodesLength())]
    for kind in kinds:
        if kind not in _OPERATIONS:
            raise ModelError(
                "expected a LiteRT model of operations that only compute, found the operation "
                f"{kind}, which may take any time or need other programs, and is refused; look "
                "for a model without it"
            )
    for index in range(model.SubgraphsLength()):
        _judge_graph(model.Subgraphs(index), kinds)


def _judge_graph(graph: Any, kinds: list[str]) -> None:
    count = graph.OperatorsLength()
    if count > _MAX_OPERATIONS:
        raise ModelError(
            f"expected a LiteRT model of at most {_MAX_OPERATIONS} operations, found {count}; no "
            "network for faces needs as many"
        )
    operators = [graph.Operators(index) for index in range(count)]
    pictured = _pictured(graph, operators, kinds)
    for operator in operators:
        kind = kinds[operator.OpcodeIndex()]
        inputs = _inputs(operator)
        if any(inputs[place] in pictured for place in _SIZES.get(kind, ()) if place < len(inputs)):
            raise ModelError(
                "expected a LiteRT model that computes alike with every picture, found one where "
                f"pixels decide how large something becomes ({kind}), and is refused; look for a "
                "model without that"
            )


def _pictured(graph: Any, operators: list[Any], kinds: list[str]) -> set[int]:
    """Return the tensors whose values depend on what the picture shows."""
    takers: dict[int, list[Any]] = {}
    for operator in operators:
        if kinds[operator.OpcodeIndex()] not in _OF_SIZES:
            for tensor in _inputs(operator):
                takers.setdefault(tensor, []).append(operator)
    pictured: set[int] = set()
    # Not in the order they are listed: a tensor may be read before it is written.
    found = [graph.Inputs(index) for index in range(graph.InputsLength())]
    while found:
        tensor = found.pop()
        if tensor not in pictured:
            pictured.add(tensor)
            for operator in takers.get(tensor, ()):
                found += [operator.Outputs(place) for place in range(operator.OutputsLength())]
    return pictured


def _inputs(operator: Any) -> list[int]:
    return [operator.Inputs(place) for place in range(operator.InputsLength())]


def _kind(code: Any) -> str:
    """Return an operation's name, of a custom one with the name that its author gave it."""
    kind = operator_name(int(code.BuiltinCode()), int(code.DeprecatedBuiltinCode()))
    if kind != "CUSTOM":
        return kind
    name = (code.CustomCode() or b"").decode(errors="replace")
    return f"CUSTOM {name!r:.40}"


def operator_name(builtin_code: int, deprecated_builtin_code: int) -> str:
    """Return the name of an operation of a file; the second number is the one of older files."""
    return str(OPERATORS.get(max(builtin_code, deprecated_builtin_code), "CUSTOM"))
