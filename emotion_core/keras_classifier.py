"""The classifier that runs a Keras network itself; evaluation and training use it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion_core.network import Network


class KerasClassifier:
    """Runs a Keras network on uint8 faces.

    Args:
        network: takes float32 ``[N, 48, 48, 1]``, grey 0..255, and returns logits ``[N, 7]``, or
            probabilities when ``returns_probabilities``.
        returns_probabilities: whether the last layer is a softmax, as in many older models.
        batch_size: faces a step.
    """

    def __init__(
        self, network: Network, *, returns_probabilities: bool = False, batch_size: int = 256
    ) -> None:
        self.network = network
        self.returns_probabilities = returns_probabilities
        self.batch_size = batch_size

    def predict_logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 logits ``[N, 7]`` of uint8 grey faces ``[N, 48, 48]``."""
        faces = crops[..., None].astype(np.float32)
        output = self.network.predict(faces, batch_size=self.batch_size, verbose=0)
        if self.returns_probabilities:
            # The softmax of log-probabilities is the probabilities again.
            output = np.log(np.maximum(output, 1e-12))
        return np.asarray(output, np.float32)
