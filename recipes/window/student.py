"""The network that ships, as it learns here; ``python -m recipes.window.student`` compiles it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch

from recipes.window.fitting import Distillation, Member, Schedule
from recipes.window.networks import Vgg

#: What ships: 66.8 million multiply-accumulates at 40 pixels.
SHAPE: Final = {"filters": (32, 64, 128, 256), "depths": (1, 1, 2, 3), "border": 4}
SCHEDULE: Final = Schedule("adamw", rate=3e-3, warmup=0.05, decay=0.05, batch=128, average=0.999)
#: Dropout of the student: it hardly overfits what teachers say.
DROPOUT: Final = 0.1
#: The mean of the teachers in which one that has not seen an image counts double did better than
#: it alone, a temperature of 2 and a loss on mirror images (results/2026-11-27.jsonl).
DISTILLATION: Final = Distillation("double")


def student(name: str, device: torch.device, images: int, seed: int) -> Member:
    """Return an untrained student that learns from all images."""
    network = Vgg(**SHAPE, dropout=DROPOUT)
    return Member(
        name,
        network.to(device, memory_format=torch.channels_last),
        SCHEDULE,
        np.arange(images),
        seed=seed,
        distillation=DISTILLATION,
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
    for name, convolution, norm in zip(names, network.convolutions, network.norms, strict=True):
        arrays[f"{name}/kernel"] = convolution.weight.permute(2, 3, 1, 0)
        for key, value in (
            ("gamma", norm.weight), ("beta", norm.bias),
            ("mean", norm.running_mean), ("variance", norm.running_var),
        ):  # fmt: skip
            arrays[f"{name}/{key}"] = value
    arrays["logits/kernel"] = network.logits.weight.permute(1, 0)
    arrays["logits/bias"] = network.logits.bias
    return {name: value.detach().float().cpu().numpy() for name, value in arrays.items()}


def main() -> None:
    """Fill TorchInductor's cache on the disk, so that a run finds the network compiled."""
    device = torch.device("cuda")
    member = student("compiling", device, SCHEDULE.batch, seed=0)
    member.plan(1, epochs=10)
    views = torch.rand(SCHEDULE.batch, 48, 48, device=device).half() * 255
    labels = torch.zeros(SCHEDULE.batch, dtype=torch.int64, device=device)
    scores = torch.zeros(SCHEDULE.batch, 7, device=device)
    member.record(views, labels, {DISTILLATION.mix: scores})


if __name__ == "__main__":
    main()
