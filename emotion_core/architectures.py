"""The architectures one can train, described without Keras so that a page can offer them cheaply.

``emotion_core.network`` builds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


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
