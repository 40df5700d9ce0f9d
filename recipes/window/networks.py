"""The networks in PyTorch: faces ``[N, 48, 48]``, grey 0..255, to logits ``[N, 7]``.

``Vgg`` computes what ``emotion_core``'s Keras network of that name does, layer for layer, so its
weights can be moved there (``publish.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
import torch.nn.functional as nn
from torch import Tensor
from torch.nn import BatchNorm2d, Conv2d, Dropout, Dropout2d, Linear, Module, ModuleList

CLASSES: Final = 7
#: A variance; see ``emotion_core``'s ``standardize``.
STANDARDIZE_EPSILON: Final = 1e-3
#: Keras' epsilon, and one minus the momentum that ``emotion_core`` gives its batch norm.
NORM_EPSILON: Final = 1e-3
NORM_MOMENTUM: Final = 0.05


def standardize(faces: Tensor, border: int) -> Tensor:
    """Cut the border and scale each face to zero mean and unit deviation: ``[N, 1, S, S]``."""
    inner = faces[:, border:-border, border:-border].float() / 255
    variance, mean = torch.var_mean(inner, (1, 2), correction=0, keepdim=True)
    return ((inner - mean) * torch.rsqrt(variance + STANDARDIZE_EPSILON))[:, None]


def _norm(channels: int) -> BatchNorm2d:
    return BatchNorm2d(channels, eps=NORM_EPSILON, momentum=NORM_MOMENTUM)


def _convolution(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> Conv2d:
    layer = Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False)
    torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return layer


def _fold(kernel: Tensor, norm: BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Return the kernel and bias of a convolution and the batch norm behind it."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return kernel * scale[:, None, None, None], norm.bias - norm.running_mean * scale


class Vgg(Module):
    """3x3 convolutions with batch norm and ReLU; pooled by maximum between stages.

    With ``branches``, a 1x1 convolution and, where the shapes agree, the input itself are added to
    each 3x3 convolution, each behind a batch norm of its own (Ding et al. 2021, "RepVGG"). They
    help while it learns; ``folded`` joins them into one kernel, so they cost nothing afterwards.
    """

    def __init__(
        self,
        filters: Sequence[int],
        depths: Sequence[int],
        *,
        border: int,
        dropout: float,
        branches: bool = False,
    ) -> None:
        super().__init__()
        self.border, self.branches = border, branches
        self.convolutions, self.norms = ModuleList(), ModuleList()
        self.points, self.point_norms, self.skips = ModuleList(), ModuleList(), ModuleList()
        inputs = 1
        self.ends: list[int] = []
        for outputs, depth in zip(filters, depths, strict=True):
            for _ in range(depth):
                self.convolutions.append(_convolution(inputs, outputs))
                self.norms.append(_norm(outputs))
                if branches:
                    self.points.append(_convolution(inputs, outputs, 1))
                    self.point_norms.append(_norm(outputs))
                    self.skips.append(_norm(outputs) if inputs == outputs else Module())
                inputs = outputs
            self.ends.append(len(self.convolutions) - 1)
        self.drop_channels, self.drop = Dropout2d(dropout / 3), Dropout(dropout)
        self.logits = Linear(inputs, CLASSES)

    def forward(self, faces: Tensor) -> Tensor:
        """Return logits, float32."""
        tensor = standardize(faces, self.border)
        for number in range(len(self.convolutions)):
            tensor = nn.relu(self._sum(number, tensor), inplace=True)
            if number in self.ends:
                tensor = self.drop_channels(tensor)
                if number != self.ends[-1]:
                    tensor = nn.max_pool2d(tensor, 2)
        return self.logits(self.drop(tensor.float().mean((2, 3)))).float()

    def _sum(self, number: int, tensor: Tensor) -> Tensor:
        outputs = self.convolutions[number](tensor).contiguous(memory_format=torch.channels_last)
        outputs = self.norms[number](outputs)
        if self.branches:
            points = self.points[number](tensor).contiguous(memory_format=torch.channels_last)
            outputs = outputs + self.point_norms[number](points)
            if isinstance(self.skips[number], BatchNorm2d):
                outputs = outputs + self.skips[number](tensor)
        return outputs

    def folded(self) -> list[tuple[Tensor, Tensor]]:
        """Return the kernel ``[O, I, 3, 3]`` and bias ``[O]`` that each layer comes to."""
        layers = []
        for number, convolution in enumerate(self.convolutions):
            kernel, bias = _fold(convolution.weight, self.norms[number])
            if self.branches:
                point, shift = _fold(self.points[number].weight, self.point_norms[number])
                kernel, bias = kernel + nn.pad(point, (1, 1, 1, 1)), bias + shift
                skip = self.skips[number]
                if isinstance(skip, BatchNorm2d):
                    same = torch.eye(len(bias), device=bias.device)[:, :, None, None]
                    same, shift = _fold(same, skip)
                    kernel, bias = kernel + nn.pad(same, (1, 1, 1, 1)), bias + shift
            layers.append((kernel, bias))
        return layers


class _Block(Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first, self.first_norm = _convolution(inputs, outputs, 3, stride), _norm(outputs)
        self.second, self.second_norm = _convolution(outputs, outputs), _norm(outputs)
        self.shortcut: Module | None = None
        if stride > 1 or inputs != outputs:
            self.shortcut = torch.nn.Sequential(
                _convolution(inputs, outputs, 1, stride), _norm(outputs)
            )

    def forward(self, tensor: Tensor) -> Tensor:
        """Add two convolutions to the input."""
        inner = nn.relu(self.first_norm(self.first(tensor)), inplace=True)
        inner = self.second_norm(self.second(inner))
        return nn.relu(
            inner + (tensor if self.shortcut is None else self.shortcut(tensor)), inplace=True
        )


class ResNet18(Module):
    """He et al. 2016 behind a stem that keeps the resolution."""

    def __init__(self, width: int, *, border: int, dropout: float) -> None:
        super().__init__()
        self.border = border
        self.stem, self.stem_norm = _convolution(1, width), _norm(width)
        self.blocks = ModuleList()
        inputs = width
        for stage in range(4):
            for number in range(2):
                stride = 2 if stage and not number else 1
                self.blocks.append(_Block(inputs, width * 2**stage, stride))
                inputs = width * 2**stage
        self.drop = Dropout(dropout)
        self.logits = Linear(inputs, CLASSES)

    def forward(self, faces: Tensor) -> Tensor:
        """Return logits, float32."""
        tensor = self.stem(standardize(faces, self.border))
        tensor = nn.relu(self.stem_norm(tensor.contiguous(memory_format=torch.channels_last)))
        for block in self.blocks:
            tensor = block(tensor)
        return self.logits(self.drop(tensor.float().mean((2, 3)))).float()
