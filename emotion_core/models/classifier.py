"""The classifier of the live path: LiteRT on one thread, without Keras or TensorFlow."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.errors import ModelError
from emotion_core.models.folder import (
    LITERT_FILE,
    ModelCard,
    default_model_dir,
    load_card,
    read_model_file,
)
from emotion_core.models.interface import softmax
from emotion_core.models.litert import LiteRtNetwork

#: Faces that go through the network in one go; more are split, so that memory stays bounded.
MAX_BATCH: Final = 64
#: On live video a face is read fifteen times a second at most; a slower model reads it less often.
SLOW_SECONDS: Final = 1 / 15

# The time of one face is the shortest of these: others may be busy on the machine.
_TIMED: Final = 3


class EmotionClassifier:
    """Names the expression of face crops with a ``model.tflite``.

    A LiteRT interpreter must not be used by two threads at once: make one classifier a session.

    Args:
        model: content of a ``.tflite`` file.
        card: the model's card.
        threads: processor threads an inference may use.

    Attributes:
        card: the model's card.
        seconds_a_face: how long it takes to read one face, measured when it was loaded: of the
            processor, where that is one thread.

    Raises:
        ModelError: the content is no LiteRT model, or has other shapes than the card says.
    """

    def __init__(self, model: bytes, card: ModelCard, *, threads: int = 1) -> None:
        self.card = card
        self._interface = card.interface
        one_by_one = self._interface is not None and self._interface.one_by_one
        try:
            self._network = LiteRtNetwork(model, threads=threads, one_by_one=one_by_one)
        except ModelError as error:
            raise ModelError(f"{card.name}: {error}") from error
        self._check_shapes()
        # The first inference allocates and packs the weights: pay for it now, not on live video.
        self.predict_logits(np.zeros((1, FACE_SIZE, FACE_SIZE), np.uint8))
        # Of one thread, its own time: on a machine that was busy for a moment, a quick model would
        # count as slow for as long as the app runs.
        clock = time.thread_time if threads == 1 else time.perf_counter
        self.seconds_a_face = self._measured(clock)

    @classmethod
    def load(cls, model_dir: Path | None = None, *, threads: int = 1) -> EmotionClassifier:
        """Load and warm up the model in ``model_dir``, or the one that ships with the project.

        Raises:
            ModelError: the folder is no model, or its ``model.tflite`` is not what the card says.
        """
        folder = model_dir or default_model_dir()
        card = load_card(folder)
        return cls(read_model_file(folder, card, LITERT_FILE), card, threads=threads)

    def _measured(self, clock: Callable[[], float]) -> float:
        face = np.random.default_rng(0).integers(0, 256, (1, FACE_SIZE, FACE_SIZE), np.uint8)
        shortest = float("inf")
        for _ in range(_TIMED):
            started = clock()
            self.predict_logits(face)
            shortest = min(shortest, clock() - started)
            if shortest > SLOW_SECONDS:  # measured well enough, and two more would take long
                break
        return shortest

    def _check_shapes(self) -> None:
        side, channels, classes = FACE_SIZE, 1, len(EMOTIONS)
        batch = -1
        if (interface := self._interface) is not None:
            side, channels, classes = interface.side, interface.channels, len(interface.classes)
            batch = self._network.input_shape[0]
        expected_input, expected_output = [batch, side, side, channels], [batch, classes]
        found_input, found_outputs = self._network.input_shape, self._network.output_shapes
        if found_input != expected_input or [each[1:] for each in found_outputs] != [[classes]]:
            raise ModelError(
                f"{self.card.name}: expected one input {expected_input} and one output "
                f"{expected_output}, found {[found_input]} and {found_outputs}"
            )

    def predict_logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 logits ``[N, 7]`` of uint8 grey faces ``[N, 48, 48]``; N may be 0."""
        logits = np.empty((len(crops), len(EMOTIONS)), np.float32)
        for start in range(0, len(crops), MAX_BATCH):
            batch = crops[start : start + MAX_BATCH]
            logits[start : start + len(batch)] = self._invoke(batch)
        return logits

    def _invoke(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        if self._interface is None:
            return self._network.run(crops[..., None].astype(np.float32))[0]
        return self._interface.to_logits(self._network.run(self._interface.prepare(crops))[0])

    def predict_scores(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return calibrated probabilities, float32 ``[N, 7]``, of uint8 faces ``[N, 48, 48]``.

        Columns are in the order of ``EMOTIONS``; every row sums to 1. N may be 0.
        """
        if len(crops) == 0:
            return np.empty((0, len(EMOTIONS)), np.float32)
        return softmax(self.predict_logits(crops), self.card.temperature).astype(np.float32)


def speed_warning(seconds_a_face: float) -> str:
    """Return what a model's time for one face means for live video; nothing where it is quick."""
    if seconds_a_face <= SLOW_SECONDS:
        return ""
    return (
        f"It takes {1000 * seconds_a_face:.0f} ms for a face on this machine. Live video goes on "
        f"at its own rate, but shows a new answer only {1 / seconds_a_face:.1f} times a second, "
        "shared by all faces in view."
    )
