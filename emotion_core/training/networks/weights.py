"""Weights moved between networks: from one to train to one to deploy, back, and to a deeper one.

Layers of the two correspond by their names, see ``network.build_network``.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from emotion_core.training.networks.network import (
    IDENTITY,
    NORM,
    POINTWISE,
    RESIDUAL_BLOCK,
    RESIDUAL_END,
    Network,
)


def reparametrize(network: Network, deployed: Network) -> None:
    """Give ``deployed`` the weights with which it computes what ``network`` does in inference.

    Both come from ``build_network`` with the same architecture, filters and depths. Every weight is
    rounded to the nearest float16, so that a file that stores half the bytes holds the very same
    network.
    """
    trained = {layer.name: layer for layer in network.layers}
    for layer in deployed.layers:
        if not layer.weights:
            continue
        if layer.name + NORM in trained:
            weights = list(_fold(trained, layer))
        else:
            weights = trained[layer.name].get_weights()
        layer.set_weights([np.float16(values).astype(np.float32) for values in weights])


def _fold(trained: dict[str, Any], layer: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return kernel and bias of a deployed convolution from its branches in training."""
    name, size = layer.name, layer.kernel_size[0]
    kernel, bias = _normalized(trained[name].get_weights()[0], trained[name + NORM])
    if name + POINTWISE in trained:
        narrow = trained[name + POINTWISE].get_weights()[0]
        centre, offset = _normalized(narrow, trained[name + POINTWISE + NORM])
        kernel[size // 2, size // 2] += centre[0, 0]
        bias += offset
    if name + IDENTITY in trained:
        unit = np.eye(kernel.shape[-1])[None, None]
        centre, offset = _normalized(unit, trained[name + IDENTITY])
        kernel[size // 2, size // 2] += centre[0, 0]
        bias += offset
    return kernel, bias


def _normalized(kernel: NDArray[Any], norm: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a kernel scaled as batch norm would scale its output, and the bias that remains."""
    gamma, beta, mean, variance = (np.float64(values) for values in norm.get_weights())
    scale = gamma / np.sqrt(variance + norm.epsilon)
    return np.float64(kernel) * scale, beta - mean * scale


def adopt(network: Network, deployed: Network, faces: NDArray[Any]) -> None:
    """Give ``network``, which is to train, what ``deployed`` has learned: undo ``reparametrize``.

    Batch norm is set to the moments that ``faces`` have behind each convolution and scales back to
    them, so the network computes what ``deployed`` does in inference, and about that in training.
    Further branches of a RepVGG block start with no weight.

    Args:
        network: built by ``build_network`` to train.
        deployed: built with the same architecture, filters and depths.
        faces: ``[N, 48, 48, 1]``, grey 0..255, a few hundred of those to train on.
    """
    layers_to_train = {layer.name: layer for layer in network.layers}
    weighted = [layer for layer in deployed.layers if layer.weights]
    folded = [layer for layer in weighted if layer.name + NORM in layers_to_train]
    outputs = [ops.moments(layer.output, axes=(0, 1, 2)) for layer in folded]
    moments = keras.Model(deployed.input, outputs)(np.float32(faces), training=False)
    for layer in weighted:
        if layer not in folded:
            layers_to_train[layer.name].set_weights(layer.get_weights())
    for layer, moment in zip(folded, moments, strict=True):
        kernel, bias = layer.get_weights()
        mean, variance = (ops.convert_to_numpy(values) for values in moment)
        norm = layers_to_train[layer.name + NORM]
        layers_to_train[layer.name].set_weights([kernel])
        norm.set_weights([np.sqrt(variance + norm.epsilon), mean, mean - bias, variance])
        for branch in (POINTWISE + NORM, IDENTITY):
            if further := layers_to_train.get(layer.name + branch):
                further.gamma.assign(np.zeros_like(bias))


def deepen(shallow: Network, deep: Network) -> None:
    """Give ``deep`` the weights with which it computes what ``shallow`` does.

    Further blocks pass on what they get (Chen et al. 2016, "Net2Net: accelerating learning via
    knowledge transfer"): plain convolutions by an identity kernel, which ReLU leaves alone because
    a ReLU went before; residual blocks by adding nothing.

    Args:
        shallow: deployed.
        deep: deployed, of the same architecture and filters, with as many blocks or more a stage.
    """
    known = {layer.name: layer for layer in shallow.layers}
    for layer in deep.layers:
        if layer.name in known:
            layer.set_weights(known[layer.name].get_weights())
        elif RESIDUAL_BLOCK not in layer.name and layer.weights:
            kernel, bias = map(np.zeros_like, layer.get_weights())
            centre = kernel.shape[0] // 2
            kernel[centre, centre] = np.eye(len(bias))
            layer.set_weights([kernel, bias])
        elif layer.name.endswith(RESIDUAL_END):
            layer.set_weights([np.zeros_like(values) for values in layer.get_weights()])
