"""The classifier that runs a Keras network itself; evaluation and training use it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion_core.models.interface import ModelInterface
from emotion_core.training.networks.network import Network


class KerasClassifier:
    """Runs a Keras network on uint8 faces.

    Args:
        network: takes float32 ``[N, 48, 48, 1]``, grey 0..255, and returns logits ``[N, 7]``, or
            probabilities when ``returns_probabilities``; or what ``interface`` says.
        returns_probabilities: whether the last layer is a softmax, as in many older models.
        batch_size: faces a step.
        interface: what a network of another project takes and returns.
    """

    def __init__(
        self,
        network: Network,
        *,
        returns_probabilities: bool = False,
        batch_size: int = 256,
        interface: ModelInterface | None = None,
    ) -> None:
        self.network = network
        self.returns_probabilities = returns_probabilities
        self.batch_size = batch_size
        self.interface = interface

    def predict_logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 logits ``[N, 7]`` of uint8 grey faces ``[N, 48, 48]``."""
        if self.interface is not None:
            output = self._predict(self.interface.prepare(crops))
            return self.interface.to_logits(output)
        output = self._predict(crops[..., None].astype(np.float32))
        if self.returns_probabilities:
            # The softmax of log-probabilities is the probabilities again.
            output = np.log(np.maximum(output, 1e-12))
        return np.asarray(output, np.float32)

    def _predict(self, faces: NDArray[np.float32]) -> NDArray[np.float32]:
        output = self.network.predict(faces, batch_size=self.batch_size, verbose=0)
        return np.asarray(output, np.float32)
