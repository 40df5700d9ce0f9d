"""What a network takes and returns, found out by trying it on a few pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import ModelError
from emotion_core.importing.answers import FoundNetwork
from emotion_core.models.interface import CLASS_COUNTS, SIDES

if TYPE_CHECKING:
    from emotion_core.models.litert import LiteRtNetwork

# Pictures that the network is tried on.
_PICTURES: Final = 3

# Who multiplies pixels by less than this takes them as they are in a file, 0 to 255.
_LARGEST_SCALE: Final = 0.1

# A converted network may differ by this from the original.
_TOLERANCE: Final = 1e-3


@dataclass(frozen=True, eq=False)
class Trial:
    """A network that was tried once, and what came of it.

    Attributes:
        found: what it takes and returns.
        pictures: what it was tried on, float32 ``[3, side, side, channels]``, 0..1.
        answers: what it returned for them one by one, float32 ``[3, classes]``.
    """

    found: FoundNetwork
    pictures: NDArray[np.float32]
    answers: NDArray[np.float32]

    def check_agreement(
        self, predict: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    ) -> None:
        """Refuse a converted network that answers otherwise than the original.

        Args:
            predict: the original: float32 ``[N, side, side, channels]`` to ``[N, classes]``.

        Raises:
            ModelError: the answers differ.
        """
        expected = predict(self.pictures)
        if not np.allclose(expected, self.answers, 1e-2, _TOLERANCE):
            raise ModelError(
                "expected the answers of the original after conversion to LiteRT, found others "
                f"(difference {float(np.abs(expected - self.answers).max()):.2g}); it was not "
                "imported"
            )


def probe(content: bytes) -> Trial:
    """Try a LiteRT network: its file is parsed once, and it is built once.

    Raises:
        ModelError: it cannot be run, does not take pictures, or does not return numbers.
    """
    from emotion_core.models.layers import read_contents
    from emotion_core.models.litert import LiteRtNetwork

    contents = read_contents(content)
    if not contents.finite:
        raise ModelError(
            "expected a network whose weights are numbers, found some that are not (NaN or "
            "infinite); its training has failed"
        )
    network = LiteRtNetwork(content)
    if len(network.output_shapes) != 1:
        raise ModelError(f"expected one output, found {len(network.output_shapes)}")
    check_shapes(network.input_shape, network.output_shapes[0])
    _, side, _, channels = network.input_shape
    pictures = np.random.default_rng(0).random((_PICTURES, side, side, channels), np.float32)
    answers = [_one_by_one(network, scale * pictures) for scale in (1.0, 255.0)]
    if not all(np.isfinite(answer).all() for answer in answers):
        raise ModelError("expected answers that are numbers, found some that are not (NaN)")
    found = FoundNetwork(
        side=side,
        channels=channels,
        outputs=answers[0].shape[1],
        probabilities=all(_are_probabilities(answer) for answer in answers),
        # Last: one that cannot take several may not run again.
        one_by_one=not _takes_batches(network, pictures, answers[0]),
        weights=sum(layer.weights for layer in contents.layers),
        scales=abs(contents.input_scale) < _LARGEST_SCALE,
    )
    return Trial(found, pictures, answers[0])


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


def _one_by_one(network: LiteRtNetwork, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([network.run(picture[None])[0] for picture in pictures])


def _are_probabilities(answer: NDArray[np.float32]) -> bool:
    adding_up = np.abs(answer.sum(axis=1) - 1) < 0.02  # quantized ones are rounded
    return bool(adding_up.all() and (answer > -1e-3).all())


def _takes_batches(
    network: LiteRtNetwork, pictures: NDArray[np.float32], expected: NDArray[np.float32]
) -> bool:
    try:
        found = network.run(pictures)[0]
    except (ValueError, RuntimeError):
        return False
    return found.shape == expected.shape and bool(np.allclose(found, expected, 1e-2, _TOLERANCE))
