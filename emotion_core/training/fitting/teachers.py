"""Networks that another one learns from (knowledge distillation), loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import keras
from keras import ops

from emotion_core.errors import TrainingError
from emotion_core.models.folder import checksum
from emotion_core.training.networks.loading import ends_in_softmax, load_network
from emotion_core.training.networks.network import Network
from emotion_core.training.teachers import Teacher, teacher_file

#: Scores below this are not told apart; keeps their logarithm finite.
SMALLEST_SCORE: Final = 1e-8


def load_teacher(teacher: Teacher, precision: str = "float32") -> Network:
    """Load a teacher as a network that returns logits.

    Args:
        teacher: which one.
        precision: the Keras dtype policy that its layers compute in.

    Raises:
        ModelError: it cannot be read.
        TrainingError: it is no longer the file that the run was started with.
    """
    path = Path(teacher.path)
    if checksum(teacher_file(path)) != teacher.checksum:
        raise TrainingError(
            f"{path} is not the teacher that the run was started with (other checksum); put that "
            "one back, or delete the run's folder to start over"
        )
    network = load_network(path)
    for layer in network.layers[:-1]:  # the last one keeps float32, for the digits
        layer.dtype_policy = precision
    if ends_in_softmax(network):
        scores = ops.maximum(network.output, SMALLEST_SCORE)
        return keras.Model(network.input, ops.log(scores), name=network.name)
    return network
