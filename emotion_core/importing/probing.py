"""What a network takes and returns, found out by trying it on a few pictures."""

from __future__ import annotations

import queue
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.drawn.faces import draw_face
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.importing.answers import FoundNetwork
from emotion_core.models.interface import CHANNELS, CLASS_COUNTS, SIDES, ModelInterface
from emotion_core.quantities import byte_size

if TYPE_CHECKING:
    from emotion_core.models.litert import LiteRtNetwork

# Pictures that the network is tried on.
_PICTURES: Final = 3

#: Seconds that a network may take for one picture: no live video could wait so long.
MAX_SECONDS: Final = 5.0
#: The largest of the arrays that it may need for one picture, in bytes: 256 channels of 512x512.
MAX_ARRAY_BYTES: Final = 1 << 28

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
        ModelError: it cannot be run, does not take pictures, does not return numbers, or takes
            too long or too much memory for a picture.
    """
    from emotion_core.models.layers import read_contents
    from emotion_core.models.litert import LiteRtNetwork

    network = LiteRtNetwork(content)  # first: it judges the file
    contents = read_contents(content)
    if not contents.finite:
        raise ModelError(
            "expected a network whose weights are numbers, found some that are not (NaN or "
            "infinite); its training has failed"
        )
    if len(network.output_shapes) != 1:
        raise ModelError(f"expected one output, found {len(network.output_shapes)}")
    check_shapes(network.input_shape, network.output_shapes[0])
    if network.largest_bytes > MAX_ARRAY_BYTES:
        raise ModelError(
            f"expected a network that needs at most {byte_size(MAX_ARRAY_BYTES)} in one piece "
            f"for a picture, found one that needs {byte_size(network.largest_bytes)}; it is "
            "refused"
        )
    _, side, _, channels = network.input_shape
    pictures = np.random.default_rng(0).random((_PICTURES, side, side, channels), np.float32)
    # The first one is not timed: a network makes itself ready with it.
    _one_by_one(network, np.zeros((1, side, side, channels), np.float32), "black pictures")
    faces = _drawn_faces(side, channels)
    timed = [
        _one_by_one(network, scale * tried, shown)
        for tried, shown in ((pictures, "noise"), (faces, "drawn faces"))
        for scale in (1.0, 255.0)
    ]
    answers = [answer for answer, _ in timed]
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
        milliseconds=1000 * statistics.median(seconds for _, each in timed for seconds in each),
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


def _drawn_faces(side: int, channels: int) -> NDArray[np.float32]:
    """Return a drawn face of each expression, float32 ``[7, side, side, channels]``, 0..1."""
    random = np.random.default_rng(0)
    faces = np.stack([draw_face(emotion, random) for emotion in EMOTIONS])
    color = next(name for name, count in CHANNELS.items() if count == channels)
    # Seven classes and logits, for an interface has some: only the pictures are asked of it.
    return ModelInterface(side, color, "logits", EMOTIONS, high=1.0).prepare(faces)


def _one_by_one(
    network: LiteRtNetwork, pictures: NDArray[np.float32], shown: str
) -> tuple[NDArray[np.float32], list[float]]:
    """Return the answers to pictures and the seconds that each took.

    Raises:
        ModelError: one took too long.
    """
    answers, times = [], []
    for picture in pictures:
        start = time.perf_counter()
        answers.append(_in_time(network, picture[None], shown))
        times.append(time.perf_counter() - start)
    return np.concatenate(answers), times


def _in_time(network: LiteRtNetwork, batch: NDArray[np.float32], shown: str) -> NDArray[np.float32]:
    """Return what a network answers, without waiting for ever: it cannot be interrupted."""
    ended: queue.SimpleQueue[NDArray[np.float32] | BaseException] = queue.SimpleQueue()

    def tell() -> None:
        try:
            ended.put(network.run(batch)[0])
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread that asked
            ended.put(error)

    threading.Thread(target=tell, daemon=True).start()
    try:
        answer = ended.get(timeout=MAX_SECONDS)
    except queue.Empty:
        raise ModelError(
            f"expected a network that reads a picture within {MAX_SECONDS:.0f} s, found one that "
            f"takes longer for {shown}; it is too large for this machine or malicious, and "
            "is refused"
        ) from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


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
