"""The CNNs: what builds each architecture, in a form to train and a smaller form to deploy.

Every network takes float32 ``[N, 48, 48, 1]``, grey 0..255 as read from a file, and returns logits
``[N, 7]``. Scaling happens inside, so that no caller can get it wrong.

A network *to train* has batch norm behind each convolution, and dropout. A network *to deploy* has
neither: ``weights.reparametrize`` folds batch norm, and every parallel branch of a RepVGG
block, into one convolution with a bias, which computes the same function in fewer operations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import keras
import numpy as np
from keras import layers

from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.errors import TrainingError

#: Keras ships no types; a network is a ``keras.Model``.
Network: TypeAlias = Any

#: Share of the old running statistics that batch norm keeps a step: Keras' 0.99 would still
#: remember its initial values after the hundred steps of a short run on a small dataset.
MOMENTUM: Final = 0.95

#: Squeeze-and-excitation narrows the channels by this before it widens them again (Hu et al. 2018).
SQUEEZE: Final = 8

#: Endings of the names of a reparametrizable block's branches.
NORM, POINTWISE, IDENTITY = "_norm", "_pointwise", "_identity"
#: What names a residual block, before its number, and the convolution that it ends in.
RESIDUAL_BLOCK, RESIDUAL_END = "_block", "_conv2"


@dataclass(frozen=True)
class NetworkShape:
    """What an architecture's builder needs to know.

    Attributes:
        filters: channels of each stage; every stage after the first halves the resolution.
        depths: blocks of each stage, as many numbers as ``filters``.
        dropout: share of units dropped before the last layer, 0..1; stages drop a third of it in
            whole channels.
        deployed: whether to build the form for use instead of the form to train.
        border: pixels cut off at each side of a face.
    """

    filters: tuple[int, ...]
    depths: tuple[int, ...]
    dropout: float = 0.0
    deployed: bool = False
    border: int = 2


class FusedBatchNormalization(layers.BatchNormalization):  # type: ignore[misc]  # no types in Keras
    """Batch norm that trains in bfloat16 with TensorFlow's fused kernel; else it is Keras' own.

    Keras 3 computes moments and scaling as separate operations in float32, which takes a third of
    a whole bfloat16 training step on a CPU. The fused kernel runs in bfloat16, with float32
    statistics; in float32 it is the slower one. Its running variance is the unbiased estimate,
    larger by ``n / (n - 1)``.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalize ``[N, H, W, C]`` over all axes but the last."""
        fused = keras.backend.backend() == "tensorflow" and self.compute_dtype == "bfloat16"
        if not (fused and training) or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow

        output, mean, variance, *_ = tensorflow.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tensorflow.cast(self.gamma, "float32"),
            offset=tensorflow.cast(self.beta, "float32"),
            mean=tensorflow.zeros([0]),
            variance=tensorflow.zeros([0]),
            epsilon=self.epsilon,
            is_training=True,
        )
        for running, found in ((self.moving_mean, mean), (self.moving_variance, variance)):
            running.assign(running * self.momentum + found * (1 - self.momentum))
        return output


def standardize(pixels: Any, border: int) -> Any:
    """Scale grey 0..255 to zero mean and unit deviation per face, and cut the border.

    Each face is measured by itself, so a dim webcam and a bright photograph look alike to the
    convolutions behind it.
    """
    tensor = layers.Rescaling(1 / 255, name="scale")(pixels)
    tensor = layers.Cropping2D(border, name="crop")(tensor)
    # The epsilon is a variance: a face with a deviation under 3% of the grey range is left dim
    # rather than blown up to noise.
    return layers.LayerNormalization(
        axis=[1, 2, 3], center=False, scale=False, epsilon=1e-3, name="standardize"
    )(tensor)


def convolve(
    tensor: Any, filters: int, shape: NetworkShape, *, name: str, size: int = 3, stride: int = 1
) -> Any:
    """Convolve, with batch norm in a network to train and with a bias in one to deploy."""
    if stride > 1:
        # Padded by hand: "same" with a stride shifts the window by half a pixel on even sizes, and
        # a 1x1 branch would no longer look at its centre.
        tensor = layers.ZeroPadding2D(size // 2, name=f"{name}_padding")(tensor)
    tensor = layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        use_bias=shape.deployed,  # in training, batch norm's offset makes a bias redundant
        kernel_initializer="he_normal",
        name=name,
    )(tensor)
    return tensor if shape.deployed else normalize(tensor, name=f"{name}{NORM}")


def normalize(tensor: Any, *, name: str) -> Any:
    """Apply batch norm."""
    return FusedBatchNormalization(momentum=MOMENTUM, name=name)(tensor)


def drop_channels(tensor: Any, shape: NetworkShape, *, name: str) -> Any:
    """Drop whole channels in training (Tompson et al. 2015)."""
    if shape.deployed:
        return tensor
    return layers.SpatialDropout2D(shape.dropout / 3, name=name)(tensor)


def build_vgg(tensor: Any, shape: NetworkShape) -> Any:
    """Stack 3x3 convolutions with ReLU; pool by maximum between stages."""
    for stage, (filters, depth) in enumerate(zip(shape.filters, shape.depths, strict=True), 1):
        if stage > 1:
            tensor = layers.MaxPooling2D(name=f"stage{stage}_pool")(tensor)
        for block in range(1, depth + 1):
            name = f"stage{stage}_conv{block}"
            tensor = convolve(tensor, filters, shape, name=name)
            tensor = layers.ReLU(name=f"{name}_relu")(tensor)
        tensor = drop_channels(tensor, shape, name=f"stage{stage}_dropout")
    return tensor


def build_resnet_se(tensor: Any, shape: NetworkShape) -> Any:
    """Residual blocks with squeeze-and-excitation behind a stem that keeps the resolution."""
    tensor = convolve(tensor, shape.filters[0], shape, name="stem")
    tensor = layers.ReLU(name="stem_relu")(tensor)
    for stage, (filters, depth) in enumerate(zip(shape.filters, shape.depths, strict=True), 1):
        for block in range(1, depth + 1):
            stride = 2 if stage > 1 and block == 1 else 1
            name = f"stage{stage}{RESIDUAL_BLOCK}{block}"
            tensor = residual_block(tensor, filters, shape, name=name, stride=stride)
        tensor = drop_channels(tensor, shape, name=f"stage{stage}_dropout")
    return tensor


def residual_block(
    tensor: Any, filters: int, shape: NetworkShape, *, name: str, stride: int
) -> Any:
    """Add two convolutions, weighted channel by channel, to their input; then ReLU."""
    shortcut = tensor
    if stride > 1 or tensor.shape[-1] != filters:
        shortcut = convolve(tensor, filters, shape, name=f"{name}_shortcut", size=1, stride=stride)
    tensor = convolve(tensor, filters, shape, name=f"{name}_conv1", stride=stride)
    tensor = layers.ReLU(name=f"{name}_relu1")(tensor)
    tensor = convolve(tensor, filters, shape, name=f"{name}{RESIDUAL_END}")
    weights = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_pool")(tensor)
    weights = layers.Conv2D(
        max(4, filters // SQUEEZE), 1, activation="relu", name=f"{name}_squeeze"
    )(weights)
    weights = layers.Conv2D(filters, 1, activation="sigmoid", name=f"{name}_excite")(weights)
    tensor = layers.Multiply(name=f"{name}_scale")([tensor, weights])
    tensor = layers.Add(name=f"{name}_add")([tensor, shortcut])
    return layers.ReLU(name=f"{name}_relu2")(tensor)


def build_repvgg(tensor: Any, shape: NetworkShape) -> Any:
    """3x3, 1x1 and identity branches in training, one plain 3x3 convolution when deployed."""
    for stage, (filters, depth) in enumerate(zip(shape.filters, shape.depths, strict=True), 1):
        for block in range(1, depth + 1):
            stride = 2 if stage > 1 and block == 1 else 1
            name = f"stage{stage}_conv{block}"
            branches = convolve(tensor, filters, shape, name=name, stride=stride)
            if not shape.deployed:
                parallel = [
                    branches,
                    convolve(tensor, filters, shape, name=name + POINTWISE, size=1, stride=stride),
                ]
                if stride == 1 and tensor.shape[-1] == filters:
                    parallel.append(normalize(tensor, name=name + IDENTITY))
                branches = layers.Add(name=f"{name}_add")(parallel)
            tensor = layers.ReLU(name=f"{name}_relu")(branches)
        tensor = drop_channels(tensor, shape, name=f"stage{stage}_dropout")
    return tensor


#: What turns standardized faces ``[N, S, S, 1]`` into a feature map; what stands before and
#: behind is the same for all.
_FEATURES: Final[dict[str, Callable[[Any, NetworkShape], Any]]] = {
    "vgg": build_vgg,
    "resnet-se": build_resnet_se,
    "repvgg": build_repvgg,
}


def build_network(architecture: str, shape: NetworkShape, *, precision: str = "float32") -> Network:
    """Build an untrained network.

    Args:
        architecture: a key of ``architectures.ARCHITECTURES``.
        shape: its width, depth and form.
        precision: a Keras dtype policy, ``float32`` or ``mixed_bfloat16``.

    Raises:
        TrainingError: the architecture is unknown.
    """
    if architecture not in _FEATURES:
        raise TrainingError(
            f"expected an architecture of {', '.join(_FEATURES)}, found {architecture!r}"
        )
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        pixels = keras.Input((FACE_SIZE, FACE_SIZE, 1), name="face")
        tensor = _FEATURES[architecture](standardize(pixels, shape.border), shape)
        tensor = layers.GlobalAveragePooling2D(name="pool")(tensor)
        if not shape.deployed:
            tensor = layers.Dropout(shape.dropout, name="dropout")(tensor)
        # float32 also under mixed precision: softmax and loss need the digits.
        logits = layers.Dense(len(EMOTIONS), dtype="float32", name="logits")(tensor)
        return keras.Model(pixels, logits, name=architecture.replace("-", "_"))
    finally:
        keras.config.set_dtype_policy(previous)


def multiply_accumulates(network: Network) -> int:
    """Return the multiply-accumulate operations that one face costs in convolutions and dense."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            height, width = layer.output.shape[1:3]
            total += height * width * int(np.prod(layer.kernel.shape))
        elif isinstance(layer, layers.Dense):
            total += int(np.prod(layer.kernel.shape))
    return total
