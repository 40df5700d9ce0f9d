"""The network that ships, as it learns here."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch

from recipes.window.fitting import Distillation, Member, Schedule
from recipes.window.networks import NORM_EPSILON, Vgg

#: What ships: 66.8 million multiply-accumulates at 40 pixels.
SHAPE: Final = {"filters": (32, 64, 128, 256), "depths": (1, 1, 2, 3), "border": 4}
SCHEDULE: Final = Schedule("adamw", rate=3e-3, warmup=0.05, decay=0.05, batch=128, average=0.999)
#: Dropout of the student: it hardly overfits what teachers say.
DROPOUT: Final = 0.1


def student(
    name: str, device: torch.device, images: int, seed: int, mix: str, *, branches: bool = False
) -> Member:
    """Return an untrained student that learns from all images and a mix of the teachers."""
    torch.manual_seed(100 + seed)
    network = Vgg(**SHAPE, dropout=DROPOUT, branches=branches)
    return Member(
        name,
        network.to(device, memory_format=torch.channels_last),
        SCHEDULE,
        np.arange(images),
        seed=seed,
        distillation=Distillation(mix),
        compiled=device.type == "cuda",
    )


def keras_arrays(network: Any, depths: tuple[int, ...]) -> dict[str, Any]:
    """Return a Vgg's weights by the names of ``emotion_core``'s layers, in Keras' axes."""
    names = [
        f"stage{stage}_conv{block}"
        for stage, depth in enumerate(depths, 1)
        for block in range(1, depth + 1)
    ]
    arrays: dict[str, Any] = {}
    for name, (kernel, bias) in zip(names, network.folded(), strict=True):
        arrays[f"{name}/kernel"] = kernel.permute(2, 3, 1, 0)
        # Batch norm stands in the kernel already: this one does nothing but add the bias.
        arrays[f"{name}/gamma"], arrays[f"{name}/beta"] = torch.ones_like(bias), bias
        arrays[f"{name}/mean"] = torch.zeros_like(bias)
        arrays[f"{name}/variance"] = torch.full_like(bias, 1 - NORM_EPSILON)
    arrays["logits/kernel"] = network.logits.weight.permute(1, 0)
    arrays["logits/bias"] = network.logits.bias
    return {name: value.detach().float().cpu().numpy() for name, value in arrays.items()}
