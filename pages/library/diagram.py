"""A network as a row of blocks: as high as its pictures, as wide as it has channels."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from emotion_core.models.layers import Layer

_LOW, _HIGH = 0.5, 4.5  # rem
_NARROW, _WIDE = 0.375, 3.0
#: Operations that a network is known by; the others are arithmetic between them.
_TOLD = ("convolution", "dense", "pooling", "mean", "softmax", "concatenation")


@dataclass(frozen=True)
class Stage:
    """Operations in a row that give on the same shape.

    Attributes:
        shape: see ``Layer``.
        names: the operations worth telling, with how many there are of each.
    """

    shape: tuple[int, ...]
    names: dict[str, int]


def network_diagram(layers: Sequence[Layer], input_shape: tuple[int, int, int]) -> str:
    """Return HTML: a block for each stage of a network, from the face to the classes.

    Args:
        layers: in the order they run.
        input_shape: height, width and channels of what the network takes.
    """
    stages = [Stage(input_shape, {"face": 1}), *stages_of(layers)]
    highest = max(_side(stage) for stage in stages)
    widest = max(stage.shape[-1] for stage in stages)
    blocks = "".join(_block(stage, highest, widest) for stage in stages)
    return f'<div class="network" role="img" aria-label="{_in_words(stages)}">{blocks}</div>'


def stages_of(layers: Iterable[Layer]) -> list[Stage]:
    """Return a network's stages; arithmetic on single numbers is passed over."""
    stages: list[Stage] = []
    for layer in layers:
        if not layer.shape or math.prod(layer.shape) == 1:
            continue
        told = layer.name.split(",")[0]
        told = told if any(name in told for name in _TOLD) else ""
        if not told and (not stages or stages[-1].shape != layer.shape):
            continue  # arithmetic that prepares the picture
        if not stages or stages[-1].shape != layer.shape:
            stages.append(Stage(layer.shape, {}))
        if told:
            names = stages[-1].names
            names[told] = names.get(told, 0) + 1
    return stages


def _side(stage: Stage) -> int:
    return stage.shape[0] if len(stage.shape) == 3 else 1


def _block(stage: Stage, highest: int, widest: int) -> str:
    height = _LOW + (_HIGH - _LOW) * _side(stage) / highest
    width = _NARROW + (_WIDE - _NARROW) * math.log1p(stage.shape[-1]) / math.log1p(widest)
    size = "x".join(str(each) for each in stage.shape)
    names = "<br>".join(
        html.escape(f"{count} x {name}" if count > 1 else name)
        for name, count in stage.names.items()
    )
    return (
        f'<div class="stage"><div class="place"><div class="block" style="height:{height:.2f}rem;'
        f'width:{width:.2f}rem"></div></div><b>{size}</b><span>{names}</span></div>'
    )


def _in_words(stages: Sequence[Stage]) -> str:
    parts = ("x".join(str(each) for each in stage.shape) for stage in stages)
    return html.escape(f"The network's shapes from the face on: {', '.join(parts)}")
