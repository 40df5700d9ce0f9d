"""The CNN, built from blocks, and the registry of architectures.

Every network takes float32 ``[N, 48, 48, 1]``, grey 0..255 as read from a file, and returns logits
``[N, 7]``. Scaling happens inside, so that no caller can get it wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import keras
from keras import layers

from emotion_core.datasets.types import FACE_SIZE
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import TrainingError

#: Keras ships no types; a network is a ``keras.Model``.
Network: TypeAlias = Any

#: Pixels cut off at each border inside the network: hair and background vary more than they tell,
#: and 44 x 44 costs a sixth less than 48 x 48.
BORDER: Final = 2

#: Share of the old running statistics that batch norm keeps a step: Keras' 0.99 would still
#: remember its initial values after the hundred steps of a short run on a small data set.
MOMENTUM: Final = 0.95


def convolution_block(tensor: Any, filters: int, *, dropout: float, name: str) -> Any:
    """Apply two 3x3 convolutions, each with batch norm and ReLU, then pool and drop channels.

    Args:
        tensor: feature map ``[N, H, W, C]``.
        filters: output channels of both convolutions.
        dropout: share of whole channels dropped in training, 0..1.
        name: prefix of the layer names.

    Returns:
        Feature map ``[N, H // 2, W // 2, filters]``.
    """
    for position in (1, 2):
        tensor = layers.Conv2D(
            filters,
            3,
            padding="same",
            use_bias=False,  # batch norm's offset makes a bias redundant
            kernel_initializer="he_normal",
            name=f"{name}_conv{position}",
        )(tensor)
        tensor = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm{position}")(tensor)
        tensor = layers.ReLU(name=f"{name}_relu{position}")(tensor)
    tensor = layers.MaxPooling2D(name=f"{name}_pool")(tensor)
    return layers.SpatialDropout2D(dropout, name=f"{name}_dropout")(tensor)


def standardize(pixels: Any) -> Any:
    """Scale grey 0..255 to zero mean and unit deviation per face, and cut the border.

    Each face is measured by itself, so a dim webcam and a bright photograph look alike to the
    convolutions behind it.
    """
    tensor = layers.Rescaling(1 / 255, name="scale")(pixels)
    tensor = layers.Cropping2D(BORDER, name="crop")(tensor)
    # The epsilon is a variance: a face with a deviation under 3 % of the grey range is left dim
    # rather than blown up to noise.
    return layers.LayerNormalization(
        axis=[1, 2, 3], center=False, scale=False, epsilon=1e-3, name="standardize"
    )(tensor)


def build_vgg(filters: tuple[int, ...], dropout: float) -> Network:
    """Build a VGG-like network (Simonyan and Zisserman 2015) with batch norm and global pooling.

    Args:
        filters: channels of each block; every block halves the resolution.
        dropout: share of units dropped before the last layer, 0..1; blocks drop a third of it.
    """
    pixels = keras.Input((FACE_SIZE, FACE_SIZE, 1), name="face")
    tensor = standardize(pixels)
    for number, channels in enumerate(filters, start=1):
        tensor = convolution_block(tensor, channels, dropout=dropout / 3, name=f"block{number}")
    tensor = layers.GlobalAveragePooling2D(name="pool")(tensor)
    tensor = layers.Dropout(dropout, name="dropout")(tensor)
    # float32 also under mixed precision: softmax and loss need the digits.
    logits = layers.Dense(len(EMOTIONS), dtype="float32", name="logits")(tensor)
    return keras.Model(pixels, logits, name="vgg")


ARCHITECTURES: Final[dict[str, Callable[[tuple[int, ...], float], Network]]] = {"vgg": build_vgg}


def build_network(
    architecture: str, *, filters: tuple[int, ...], dropout: float, precision: str = "float32"
) -> Network:
    """Build an untrained network.

    Args:
        architecture: a key of ``ARCHITECTURES``.
        filters: channels of each block.
        dropout: share of units dropped in training, 0..1.
        precision: a Keras dtype policy, ``float32`` or ``mixed_bfloat16``.

    Raises:
        TrainingError: the architecture is unknown.
    """
    if architecture not in ARCHITECTURES:
        raise TrainingError(
            f"expected an architecture of {', '.join(ARCHITECTURES)}, found {architecture!r}"
        )
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        return ARCHITECTURES[architecture](filters, dropout)
    finally:
        keras.config.set_dtype_policy(previous)
