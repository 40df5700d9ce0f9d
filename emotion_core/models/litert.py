"""A ``model.tflite`` of any project, run on batches of any size."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from emotion_core.errors import ModelError
from emotion_core.models.file_checks.litert_files import judge_litert

#: Whole numbers that a quantized network takes and returns.
_QUANTIZED: Final = (np.uint8, np.int8)


class LiteRtNetwork:
    """Runs a LiteRT model with one input; not thread-safe: make one for each thread.

    Args:
        content: a ``.tflite`` file.
        threads: processor threads an inference may use.
        one_by_one: whether it takes one picture at a time.

    Raises:
        ModelError: the content does more than compute (``file_checks.litert_files``), LiteRT
            refuses it, or it has not exactly one input.
    """

    def __init__(self, content: bytes, *, threads: int = 1, one_by_one: bool = False) -> None:
        judge_litert(content)
        try:
            self._interpreter = Interpreter(model_content=content, num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                "expected a LiteRT model, found one that LiteRT refuses "
                f"({str(error).splitlines()[0]}); restore the file or train the model again"
            ) from error
        inputs = self._interpreter.get_input_details()
        if len(inputs) != 1:
            raise ModelError(f"expected a LiteRT model with one input, found {len(inputs)}")
        self._input: dict[str, Any] = inputs[0]
        self._outputs: list[dict[str, Any]] = self._interpreter.get_output_details()
        self._one_by_one = one_by_one
        self._batch_size = int(self._input["shape"][0]) if len(self._input["shape"]) else 0

    @property
    def input_shape(self) -> list[int]:
        """Shape of the input; -1 where any size does."""
        return [int(size) for size in self._input["shape_signature"]]

    @property
    def output_shapes(self) -> list[list[int]]:
        """Shapes of the outputs; -1 where any size does."""
        return [[int(size) for size in each["shape_signature"]] for each in self._outputs]

    @property
    def largest_bytes(self) -> int:
        """Bytes of the largest array that it needs for the batch it was last made ready for."""
        return max(
            math.prod(int(size) for size in each["shape"]) * int(np.dtype(each["dtype"]).itemsize)
            for each in self._interpreter.get_tensor_details()
        )

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return every output, float32 ``[N, ...]``, for an input, float32 ``[N, ...]``; N > 0."""
        if not self._one_by_one or len(batch) == 1:
            return self._invoke(batch)
        singles = [self._invoke(picture[None]) for picture in batch]
        return [np.concatenate(parts) for parts in zip(*singles, strict=True)]

    def _invoke(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        if len(batch) != self._batch_size:
            self._interpreter.resize_tensor_input(self._input["index"], batch.shape)
            self._interpreter.allocate_tensors()
            self._batch_size = len(batch)
        self._interpreter.set_tensor(self._input["index"], _quantized(batch, self._input))
        self._interpreter.invoke()
        return [
            _dequantized(self._interpreter.get_tensor(each["index"]), each)
            for each in self._outputs
        ]


def _quantized(values: NDArray[np.float32], tensor: dict[str, Any]) -> NDArray[Any]:
    """Return values as the tensor holds them (Jacob et al. 2018): scale and zero point."""
    if tensor["dtype"] not in _QUANTIZED:
        return values
    scale, zero = tensor["quantization"]
    limits = np.iinfo(tensor["dtype"])
    whole = np.round(values / (scale or 1.0)) + zero
    quantized: NDArray[Any] = whole.clip(limits.min, limits.max).astype(tensor["dtype"])
    return quantized


def _dequantized(values: NDArray[Any], tensor: dict[str, Any]) -> NDArray[np.float32]:
    if tensor["dtype"] not in _QUANTIZED:
        return np.asarray(values, np.float32)
    scale, zero = tensor["quantization"]
    return np.asarray((values.astype(np.float32) - zero) * (scale or 1.0), np.float32)
