"""The classifier of the live path: LiteRT on one thread, without Keras or TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from emotion_core.artefacts import (
    LITERT_FILE,
    ModelCard,
    default_model_dir,
    load_card,
    read_model_file,
)
from emotion_core.datasets.types import FACE_SIZE
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.evaluation import softmax

#: Faces that go through the network in one go; more are split, so that memory stays bounded.
MAX_BATCH: Final = 64


class EmotionClassifier:
    """Names the expression of face crops with a ``model.tflite``.

    A LiteRT interpreter must not be used by two threads at once: make one classifier a session.

    Args:
        model: content of a ``.tflite`` file.
        card: the model's card.
        threads: processor threads an inference may use.

    Raises:
        ModelError: the content is no LiteRT model, or has the wrong shapes.
    """

    def __init__(self, model: bytes, card: ModelCard, *, threads: int = 1) -> None:
        self.card = card
        try:
            self._interpreter = Interpreter(model_content=model, num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f"{card.name}: expected a LiteRT model, found one that LiteRT refuses "
                f"({str(error).splitlines()[0]}); restore the file or train the model again"
            ) from error
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        self._check_shapes(inputs, outputs)
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self._batch_size = 1
        # The first inference allocates and packs the weights: pay for it now, not on live video.
        self.predict_logits(np.zeros((1, FACE_SIZE, FACE_SIZE), np.uint8))

    @classmethod
    def load(cls, model_dir: Path | None = None, *, threads: int = 1) -> EmotionClassifier:
        """Load and warm up the model in ``model_dir``, or the one that ships with the project.

        Raises:
            ModelError: the folder is no model, or its ``model.tflite`` is not what the card says.
        """
        folder = model_dir or default_model_dir()
        card = load_card(folder)
        return cls(read_model_file(folder, card, LITERT_FILE), card, threads=threads)

    def _check_shapes(
        self, inputs: list[dict[str, object]], outputs: list[dict[str, object]]
    ) -> None:
        expected_input = [-1, FACE_SIZE, FACE_SIZE, 1]
        expected_output = [-1, len(EMOTIONS)]
        found_input = [list(entry["shape_signature"]) for entry in inputs]  # type: ignore[call-overload]
        found_output = [list(entry["shape_signature"]) for entry in outputs]  # type: ignore[call-overload]
        if found_input != [expected_input] or found_output != [expected_output]:
            raise ModelError(
                f"{self.card.name}: expected one input {expected_input} and one output "
                f"{expected_output}, found {found_input} and {found_output}"
            )

    def predict_logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 logits ``[N, 7]`` of uint8 grey faces ``[N, 48, 48]``; N may be 0."""
        logits = np.empty((len(crops), len(EMOTIONS)), np.float32)
        for start in range(0, len(crops), MAX_BATCH):
            batch = crops[start : start + MAX_BATCH]
            logits[start : start + len(batch)] = self._invoke(batch)
        return logits

    def _invoke(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        if len(crops) != self._batch_size:
            self._interpreter.resize_tensor_input(
                self._input, [len(crops), FACE_SIZE, FACE_SIZE, 1]
            )
            self._interpreter.allocate_tensors()
            self._batch_size = len(crops)
        self._interpreter.set_tensor(self._input, crops[..., None].astype(np.float32))
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output), np.float32)

    def predict_scores(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return calibrated probabilities, float32 ``[N, 7]``, of uint8 faces ``[N, 48, 48]``.

        Columns are in the order of ``EMOTIONS``; every row sums to 1. N may be 0.
        """
        if len(crops) == 0:
            return np.empty((0, len(EMOTIONS)), np.float32)
        return softmax(self.predict_logits(crops), self.card.temperature).astype(np.float32)
