"""What a network takes and returns, found out by trying it on a few pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import ModelError
from emotion_core.importing.answers import FoundNetwork
from emotion_core.models.interface import CLASS_COUNTS, SIDES

# Pictures that the network is tried on.
_PICTURES: Final = 3

# Who multiplies pixels by less than this takes them as they are in a file, 0 to 255.
_LARGEST_SCALE: Final = 0.1

# A converted network may differ by this from the original.
_TOLERANCE: Final = 1e-3


def probe(content: bytes) -> FoundNetwork:
    """Return what a LiteRT network takes and returns, once it answers sensibly.

    Raises:
        ModelError: it cannot be run, does not take pictures, or does not return numbers.
    """
    from emotion_core.models.layers import check_weights, input_scale, read_layers
    from emotion_core.models.litert import LiteRtNetwork

    layers = read_layers(content)
    check_weights(content)
    network = LiteRtNetwork(content, one_by_one=True)
    if len(network.output_shapes) != 1:
        raise ModelError(f"expected one output, found {len(network.output_shapes)}")
    check_shapes(network.input_shape, network.output_shapes[0])
    pictures = _pictures(network.input_shape)
    answers = [network.run(scale * pictures)[0] for scale in (1.0, 255.0)]
    if not all(np.isfinite(answer).all() for answer in answers):
        raise ModelError("expected answers that are numbers, found some that are not (NaN)")
    return FoundNetwork(
        side=network.input_shape[1],
        channels=network.input_shape[3],
        outputs=answers[0].shape[1],
        probabilities=all(_are_probabilities(answer) for answer in answers),
        one_by_one=not _takes_batches(content, pictures, answers[0]),
        weights=sum(layer.weights for layer in layers),
        scales=abs(input_scale(content)) < _LARGEST_SCALE,
    )


def check_shapes(found_input: Sequence[int | None], found_output: Sequence[int | None]) -> None:
    """Refuse a network that does not take square pictures and return a number for each class.

    Args:
        found_input: shape of its input; -1 or None where any size does.
        found_output: shape of its output.

    Raises:
        ModelError: names the shapes.
    """
    fits = (
        len(found_input) == 4
        and found_input[1] == found_input[2]
        and found_input[1] in SIDES
        and found_input[3] in (1, 3)
        and len(found_output) == 2
        and found_output[1] in CLASS_COUNTS
    )
    if not fits:
        raise ModelError(
            f"expected a network that takes square pictures, [N, side, side, 1 or 3] with a side "
            f"of {SIDES[0]} to {SIDES[-1]}, and returns a number for each of {CLASS_COUNTS[0]} to "
            f"{CLASS_COUNTS[-1]} classes, [N, classes], found {found_input} and {found_output}"
        )


def _pictures(shape: list[int]) -> NDArray[np.float32]:
    return np.random.default_rng(0).random((_PICTURES, *shape[1:]), np.float32)


def _are_probabilities(answer: NDArray[np.float32]) -> bool:
    adding_up = np.abs(answer.sum(axis=1) - 1) < 0.02  # quantized ones are rounded
    return bool(adding_up.all() and (answer > -1e-3).all())


def _takes_batches(
    content: bytes, pictures: NDArray[np.float32], expected: NDArray[np.float32]
) -> bool:
    from emotion_core.models.litert import LiteRtNetwork

    try:
        found = LiteRtNetwork(content).run(pictures)[0]
    except (ValueError, RuntimeError):
        return False
    return found.shape == expected.shape and bool(np.allclose(found, expected, 1e-2, _TOLERANCE))


def check_agreement(
    content: bytes,
    found: FoundNetwork,
    predict: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> None:
    """Refuse a converted network that answers otherwise than the original.

    Args:
        content: of LiteRT.
        found: what it takes and returns.
        predict: the original: float32 ``[N, side, side, channels]`` to float32 ``[N, classes]``.

    Raises:
        ModelError: the answers differ.
    """
    from emotion_core.models.litert import LiteRtNetwork

    network = LiteRtNetwork(content, one_by_one=True)
    pictures = _pictures([1, found.side, found.side, found.channels])
    expected, answers = predict(pictures), network.run(pictures)[0]
    if not np.allclose(expected, answers, 1e-2, _TOLERANCE):
        raise ModelError(
            "expected the answers of the original after conversion to LiteRT, found others "
            f"(difference {float(np.abs(expected - answers).max()):.2g}); it was not imported"
        )
