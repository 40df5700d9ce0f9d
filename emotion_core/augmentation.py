"""Random variation of training faces, computed inside the training step on any Keras backend."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from emotion_core.datasets.types import FACE_SIZE
from emotion_core.training_config import AugmentationConfig


class FaceAugmentation(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Vary a batch of faces in training and pass it through unchanged in inference.

    Input and output are float32 ``[N, 48, 48, 1]``, grey 0..255. All random numbers come from one
    seed generator whose state is a variable of the layer, so a checkpoint that restores the
    layer's variables continues the very same sequence.
    """

    def __init__(self, config: AugmentationConfig, seed: int) -> None:
        super().__init__(dtype="float32", name="augmentation")
        self.config = config
        self.random = keras.random.SeedGenerator(seed)

    def call(self, faces: Any, training: bool = False) -> Any:
        """Return ``faces``, varied when ``training``."""
        if not training:
            return faces
        return self._erase(self._move(faces))

    def _uniform(self, count: Any, low: float, high: float) -> Any:
        return keras.random.uniform((count,), low, high, seed=self.random)

    def _move(self, faces: Any) -> Any:
        """Rotate, zoom, shift and mirror each face about its centre in one interpolation."""
        config, count = self.config, ops.shape(faces)[0]
        limit = math.radians(config.rotation_degrees)
        angle = self._uniform(count, -limit, limit)
        scale = 1 / self._uniform(count, 1 - config.zoom, 1 + config.zoom)
        reach = config.shift * FACE_SIZE
        shift_x = self._uniform(count, -reach, reach)
        shift_y = self._uniform(count, -reach, reach)
        draw = self._uniform(count, 0.0, 1.0)
        mirror = ops.where(draw < 0.5, -1.0, 1.0) if config.flip else ops.ones_like(draw)
        cosine, sine = ops.cos(angle) * scale, ops.sin(angle) * scale
        center = (FACE_SIZE - 1) / 2
        zero = ops.zeros_like(angle)
        # Row by row: output pixel (x, y) is read at input (a0 x + a1 y + a2, b0 x + b1 y + b2).
        transform = ops.stack(
            [
                cosine * mirror,
                -sine,
                center - (cosine * mirror - sine) * center + shift_x,
                sine * mirror,
                cosine,
                center - (sine * mirror + cosine) * center + shift_y,
                zero,
                zero,
            ],
            axis=1,
        )
        return ops.image.affine_transform(
            faces, transform, interpolation="bilinear", fill_mode="nearest"
        )

    def _erase(self, faces: Any) -> Any:
        """Blank one rectangle, a fifth to half of the side each way, in some of the faces."""
        count = ops.shape(faces)[0]
        position = ops.arange(FACE_SIZE, dtype="float32")[None, :]

        def band() -> Any:
            """Return bool [N, 48]: the pixels of one axis that a random interval covers."""
            length = self._uniform(count, 0.2, 0.5) * FACE_SIZE
            start = self._uniform(count, 0.0, 1.0) * (FACE_SIZE - length)
            inside = position >= start[:, None]
            return ops.logical_and(inside, position < (start + length)[:, None])

        hit = self._uniform(count, 0.0, 1.0) < self.config.erase_probability
        hole = ops.logical_and(band()[:, :, None, None], band()[:, None, :, None])
        hole = ops.logical_and(hole, hit[:, None, None, None])
        # The face's own mean, not black: the network standardizes each face by its mean.
        mean = ops.mean(faces, axis=(1, 2, 3), keepdims=True)
        return ops.where(hole, mean, faces)
