"""The architectures one can train, described without Keras so that a page can offer them cheaply.

``emotion_core.training.networks.network`` builds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from emotion_core.emotions import FACE_SIZE


@dataclass(frozen=True)
class Architecture:
    """An architecture and the shape in which it is good and quick at once.

    Attributes:
        title: what to call it on a page.
        source: the papers it comes from.
        filters: channels of each stage; every stage after the first halves the resolution.
        depths: blocks of each stage.
        parameters: weights when deployed in this shape.
        multiply_accumulates: what one face costs in this shape when deployed.
    """

    title: str
    source: str
    filters: tuple[int, ...]
    depths: tuple[int, ...]
    parameters: int
    multiply_accumulates: int


ARCHITECTURES: Final[dict[str, Architecture]] = {
    "vgg": Architecture(
        title="VGG with batch norm",
        source="Simonyan and Zisserman 2015; Ioffe and Szegedy 2015",
        filters=(32, 64, 128, 256),
        depths=(1, 2, 2, 2),
        parameters=1_164_231,
        multiply_accumulates=76_204_288,
    ),
    "resnet-se": Architecture(
        title="ResNet with squeeze-and-excitation",
        source="He et al. 2016; Hu et al. 2018",
        filters=(16, 32, 64, 128),
        depths=(1, 2, 2, 2),
        parameters=706_355,
        multiply_accumulates=59_805_440,
    ),
    "repvgg": Architecture(
        title="RepVGG",
        source="Ding et al. 2021",
        filters=(32, 64, 128, 256),
        depths=(1, 2, 3, 1),
        parameters=721_735,
        multiply_accumulates=82_544_896,
    ),
}

_CLASSES: Final = 7


@dataclass(frozen=True)
class _Convolution:
    """One convolution of a deployed network, with a bias."""

    side: int
    size: int
    inputs: int
    outputs: int

    @property
    def weights(self) -> int:
        return self.size**2 * self.inputs * self.outputs


def deployed_cost(
    architecture: str, filters: Sequence[int], depths: Sequence[int], border: int = 2
) -> tuple[int, int]:
    """Return weights, and multiply-accumulates of one face, of a network as it is deployed.

    Args:
        architecture: a key of ``ARCHITECTURES``.
        filters: channels of each stage.
        depths: blocks of each stage.
        border: pixels cut off at each side of a face.
    """
    layers = list(_CONVOLUTIONS[architecture](filters, depths, FACE_SIZE - 2 * border))
    dense = filters[-1] * _CLASSES
    parameters = sum(layer.weights + layer.outputs for layer in layers) + dense + _CLASSES
    return parameters, sum(layer.side**2 * layer.weights for layer in layers) + dense


def _plain(
    filters: Sequence[int], depths: Sequence[int], side: int, *, strided: bool
) -> Iterator[_Convolution]:
    """Yield 3x3 convolutions; stages begin with a pool, or with a stride, which rounds up."""
    inputs = 1
    for stage, (outputs, depth) in enumerate(zip(filters, depths, strict=True)):
        if stage:
            side = (side + strided) // 2
        for _ in range(depth):
            yield _Convolution(side, 3, inputs, outputs)
            inputs = outputs


def _residual(filters: Sequence[int], depths: Sequence[int], side: int) -> Iterator[_Convolution]:
    inputs = filters[0]
    yield _Convolution(side, 3, 1, inputs)
    for stage, (outputs, depth) in enumerate(zip(filters, depths, strict=True)):
        for block in range(depth):
            strided = bool(stage) and not block
            side = (side + strided) // (1 + strided)
            if strided or inputs != outputs:
                yield _Convolution(side, 1, inputs, outputs)
            yield _Convolution(side, 3, inputs, outputs)
            yield _Convolution(side, 3, outputs, outputs)
            squeezed = max(4, outputs // 8)
            yield _Convolution(1, 1, outputs, squeezed)
            yield _Convolution(1, 1, squeezed, outputs)
            inputs = outputs


_CONVOLUTIONS: Final[
    dict[str, Callable[[Sequence[int], Sequence[int], int], Iterator[_Convolution]]]
] = {
    "vgg": partial(_plain, strided=False),
    "resnet-se": _residual,
    "repvgg": partial(_plain, strided=True),
}
