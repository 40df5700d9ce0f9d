"""What one training step computes: augmentation, student, teachers and loss in one graph."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from emotion_core.training.config import TrainingConfig
from emotion_core.training.fitting.augmentation import FaceAugmentation
from emotion_core.training.fitting.teachers import SMALLEST_SCORE
from emotion_core.training.networks.network import Network


class TrainingStep(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """A network together with everything its training adds.

    Input is a dictionary of ``faces``, float32 ``[N, 48, 48, 1]``, grey 0..255, and ``targets``,
    float32 ``[N, 7]`` whose rows sum to 1. Because augmentation happens inside, mixup can mix the
    targets with the faces, and the teachers see the very views that the student learns from
    (Beyer et al. 2022, "Knowledge distillation: a good teacher is patient and consistent").

    Args:
        network: the one that learns; returns logits.
        augmentation: how faces are varied.
        config: the weights of the loss' parts.
        teachers: networks that return logits; they do not learn.
    """

    def __init__(
        self,
        network: Network,
        augmentation: FaceAugmentation,
        config: TrainingConfig,
        teachers: tuple[Network, ...] = (),
    ) -> None:
        super().__init__(name="training_step")
        self.network = network
        self.augmentation = augmentation
        self.config = config
        self.teachers = list(teachers)
        for teacher in self.teachers:
            teacher.trainable = False
        self.accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")

    def call(self, inputs: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Return the ``logits`` [N, 7], the ``targets`` they are held to, and the ``teaching``.

        ``teaching`` is the mean of the teachers' softened scores, ``[N, 7]``; without teachers it
        repeats the targets.
        """
        faces, targets = self.augmentation(inputs["faces"], inputs["targets"], training=training)
        logits = self.network(faces, training=training)
        teaching = self._teach(faces) if self.teachers else targets
        return {"logits": logits, "targets": targets, "teaching": teaching}

    def _teach(self, faces: Any) -> Any:
        temperature = self.config.distillation_temperature
        views = [faces, ops.flip(faces, axis=2)] if self.config.mirrored_teaching else [faces]
        scores = [
            ops.softmax(ops.cast(teacher(view, training=False), "float32") / temperature)
            for teacher in self.teachers
            for view in views
        ]
        return ops.stop_gradient(sum(scores) / len(scores))

    def compute_loss(
        self,
        x: Any = None,  # noqa: ARG002  # the signature is Keras'
        y: Any = None,  # noqa: ARG002
        y_pred: Any = None,
        sample_weight: Any = None,  # noqa: ARG002
        training: bool = True,  # noqa: ARG002
    ) -> Any:
        """Return the mean cross-entropy, and with teachers the divergence from them.

        The divergence is multiplied by the squared temperature, so that its gradient keeps its size
        whatever the temperature (Hinton et al. 2015).
        """
        logits, targets = y_pred["logits"], y_pred["targets"]
        loss = ops.mean(keras.losses.categorical_crossentropy(targets, logits, from_logits=True))
        weight, temperature = self.config.distillation_weight, self.config.distillation_temperature
        if self.teachers and weight:
            teaching = y_pred["teaching"]
            student = ops.log_softmax(logits / temperature)
            difference = ops.log(ops.maximum(teaching, SMALLEST_SCORE)) - student
            divergence = ops.mean(ops.sum(teaching * difference, axis=-1))
            loss = (1 - weight) * loss + weight * temperature**2 * divergence
        return loss

    def compute_metrics(
        self,
        x: Any,  # noqa: ARG002
        y: Any,  # noqa: ARG002
        y_pred: Any,
        sample_weight: Any = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Count how often the highest logit is the class with the largest target."""
        self.accuracy.update_state(y_pred["targets"], y_pred["logits"])
        return dict(self.get_metrics_result())
