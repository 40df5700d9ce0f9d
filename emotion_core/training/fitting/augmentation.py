"""Random variation of training faces, computed inside the training step on any Keras backend."""

from __future__ import annotations

import math
from typing import Any, Final

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from emotion_core.emotions import FACE_SIZE
from emotion_core.training.config import AugmentationConfig

#: Gamma is drawn from 1 / limit to limit, evenly in its logarithm.
GAMMA_LIMIT: Final = 2.0
#: The light on one side of the face differs from that in its middle by up to this share.
GRADIENT_LIMIT: Final = 0.5
#: Deviation in pixels of the strongest blur.
BLUR_SIGMA: Final = 1.5
#: Deviation in grey values of the strongest noise.
NOISE_SIGMA: Final = 12.0
#: JPEG quality is drawn from this range, on the scale of the Independent JPEG Group's library.
JPEG_QUALITY: Final = (15.0, 60.0)
#: mixup ends after this share of all steps, so that the network last sees faces as they are.
MIXUP_SHARE: Final = 0.85

_BLOCK = 8
#: Luminance quantization table of the JPEG standard (ITU-T T.81, annex K.1).
_QUANTIZATION = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float32,
)


def _cosine_basis() -> NDArray[np.float32]:
    """Return the orthonormal type-II discrete cosine transform ``[frequency, position]``."""
    frequency, position = np.mgrid[:_BLOCK, :_BLOCK]
    basis = np.cos((2 * position + 1) * frequency * math.pi / (2 * _BLOCK)) * math.sqrt(2 / _BLOCK)
    basis[0] /= math.sqrt(2)
    return np.asarray(basis, np.float32)


def _gaussian(sigma: float) -> NDArray[np.float32]:
    """Return a one-dimensional blur kernel of two deviations to each side, with sum 1."""
    reach = math.ceil(2 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.asarray(weights / weights.sum(), np.float32)


class FaceAugmentation(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Vary a batch of faces in training and pass it through unchanged in inference.

    Faces are float32 ``[N, 48, 48, 1]``, grey 0..255; targets are float32 ``[N, 7]`` with rows that
    sum to 1. All random numbers come from one seed generator whose state is a variable of the
    layer, like the count of steps, so a checkpoint that restores the layer's variables continues
    the very same sequence.

    Args:
        config: how far.
        seed: of the random numbers.
        steps: training steps in all, which decide when mixup ends.
    """

    def __init__(self, config: AugmentationConfig, seed: int, steps: int = 1) -> None:
        super().__init__(dtype="float32", name="augmentation")
        self.config = config
        self.random = keras.random.SeedGenerator(seed)
        self.mixup_steps = round(MIXUP_SHARE * steps)
        self.step = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False, name="step"
        )

    def call(self, faces: Any, targets: Any, training: bool = False) -> tuple[Any, Any]:
        """Return faces and targets, varied when ``training``."""
        if not training:
            return faces, targets
        config = self.config
        faces = self._move(faces)
        if config.light_probability:
            faces = self._sometimes(config.light_probability, self._relight(faces), faces)
        if config.camera_probability:
            degraded = self._sometimes(0.5, self._blur(faces), faces)
            degraded = self._sometimes(0.5, self._add_noise(degraded), degraded)
            degraded = self._sometimes(0.5, self._compress(degraded), degraded)
            faces = self._sometimes(config.camera_probability, degraded, faces)
        if config.erase_probability:
            faces = self._sometimes(config.erase_probability, self._erase(faces), faces)
        if config.mixup:
            faces, targets = self._mix(faces, targets)
        self.step.assign(self.step + 1)
        return faces, targets

    # Random numbers -------------------------------------------------------------------------

    def _uniform(self, faces: Any, low: float, high: float) -> Any:
        """Return float32 [N], one number for each face."""
        return keras.random.uniform((ops.shape(faces)[0],), low, high, seed=self.random)

    def _sometimes(self, probability: float, changed: Any, faces: Any) -> Any:
        hit = self._uniform(faces, 0.0, 1.0) < probability
        return ops.where(_per_face(hit), changed, faces)

    # Geometry -------------------------------------------------------------------------------

    def _move(self, faces: Any) -> Any:
        """Rotate, zoom, shift and mirror each face about its centre in one interpolation."""
        config = self.config
        limit = math.radians(config.rotation_degrees)
        angle = self._uniform(faces, -limit, limit)
        scale = 1 / self._uniform(faces, 1 - config.zoom, 1 + config.zoom)
        reach = config.shift * FACE_SIZE
        shift_x = self._uniform(faces, -reach, reach)
        shift_y = self._uniform(faces, -reach, reach)
        draw = self._uniform(faces, 0.0, 1.0)
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

    # Light and camera -----------------------------------------------------------------------

    def _relight(self, faces: Any) -> Any:
        """Bend the greys (gamma) and light the face from one side.

        Plain brightness and contrast are left out: the network standardizes each face.
        """
        limit = math.log(GAMMA_LIMIT)
        gamma = ops.exp(self._uniform(faces, -limit, limit))
        faces = 255 * ops.power(ops.clip(faces, 0, 255) / 255, _per_face(gamma))
        position = np.linspace(-1, 1, FACE_SIZE, dtype=np.float32)
        across = _per_face(self._uniform(faces, -GRADIENT_LIMIT, GRADIENT_LIMIT))
        down = _per_face(self._uniform(faces, -GRADIENT_LIMIT, GRADIENT_LIMIT))
        light = 1 + across * position[None, None, :, None] + down * position[None, :, None, None]
        # The brightest corner keeps its light: shade hides less than overexposure.
        return faces * light / (1 + ops.abs(across) + ops.abs(down))

    def _blur(self, faces: Any) -> Any:
        """Blend each face with a blurred copy: a small face enlarged, or a lens out of focus."""
        kernel = _gaussian(BLUR_SIGMA)
        blurred = ops.conv(faces, kernel[:, None, None, None], padding="same")
        blurred = ops.conv(blurred, kernel[None, :, None, None], padding="same")
        # The border would darken, because convolution pads with black.
        weight = np.convolve(np.ones(FACE_SIZE, np.float32), kernel, mode="same")
        blurred = blurred / (weight[:, None] * weight)[None, :, :, None]
        share = _per_face(self._uniform(faces, 0.0, 1.0))
        return faces + share * (blurred - faces)

    def _add_noise(self, faces: Any) -> Any:
        """Add Gaussian noise, as dim light does."""
        noise = keras.random.normal(ops.shape(faces), seed=self.random)
        sigma = _per_face(self._uniform(faces, 0.0, NOISE_SIGMA))
        return ops.clip(faces + sigma * noise, 0, 255)

    def _compress(self, faces: Any) -> Any:
        """Lose what JPEG loses: quantize the cosine transform of each block of 8 x 8 pixels."""
        basis = ops.convert_to_tensor(_cosine_basis())
        quality = self._uniform(faces, *JPEG_QUALITY)
        # As the Independent JPEG Group's library turns a quality into a factor.
        factor = ops.where(quality < 50, 50 / quality, 2 - quality / 50)
        table = ops.maximum(ops.round(factor[:, None, None] * _QUANTIZATION[None]), 1.0)
        table = table[:, None, :, None, :]
        count = FACE_SIZE // _BLOCK
        blocks = ops.reshape(faces - 128, (-1, count, _BLOCK, count, _BLOCK))
        spectrum = ops.einsum("nahbw,ih,jw->naibj", blocks, basis, basis)
        spectrum = ops.round(spectrum / table) * table
        blocks = ops.einsum("naibj,ih,jw->nahbw", spectrum, basis, basis)
        return ops.clip(ops.reshape(blocks, ops.shape(faces)) + 128, 0, 255)

    # Regularization -------------------------------------------------------------------------

    def _erase(self, faces: Any) -> Any:
        """Blank one rectangle, a fifth to half of the side each way."""
        position = ops.arange(FACE_SIZE, dtype="float32")[None, :]

        def band() -> Any:
            """Return bool [N, 48]: the pixels of one axis that a random interval covers."""
            length = self._uniform(faces, 0.2, 0.5) * FACE_SIZE
            start = self._uniform(faces, 0.0, 1.0) * (FACE_SIZE - length)
            inside = position >= start[:, None]
            return ops.logical_and(inside, position < (start + length)[:, None])

        hole = ops.logical_and(band()[:, :, None, None], band()[:, None, :, None])
        # The face's own mean, not black: the network standardizes each face by its mean.
        return ops.where(hole, ops.mean(faces, axis=(1, 2, 3), keepdims=True), faces)

    def _mix(self, faces: Any, targets: Any) -> tuple[Any, Any]:
        """Blend each face and target with another one's. The batch comes in random order."""
        share = keras.random.beta(
            (ops.shape(faces)[0],), self.config.mixup, self.config.mixup, seed=self.random
        )
        share = ops.where(self.step < self.mixup_steps, share, ops.ones_like(share))
        other_faces, other_targets = ops.flip(faces, axis=0), ops.flip(targets, axis=0)
        faces = other_faces + _per_face(share) * (faces - other_faces)
        return faces, other_targets + share[:, None] * (targets - other_targets)


def _per_face(values: Any) -> Any:
    """Return ``[N]`` as ``[N, 1, 1, 1]``."""
    return values[:, None, None, None]
