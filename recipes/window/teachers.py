"""The teachers: networks five to nine times as dear as the one that ships, of two kinds."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from recipes.window.fitting import Distillation, Member, Schedule
from recipes.window.networks import ResNet18, Vgg

SCHEDULE: Final = Schedule("sgd", rate=0.1, warmup=0.05, decay=5e-4, batch=256)
DROPOUT: Final = 0.3
#: How teachers learn from the bank of earlier ones.
DISTILLATION: Final = Distillation("bank", paired=False)


def teacher(
    number: int, device: torch.device, indices: NDArray[np.int64], width: int, *, taught: bool
) -> Member:
    """Return an untrained teacher.

    Args:
        number: even ones are VGGs, odd ones ResNets; the seed as well.
        device: where it learns.
        indices: the images it learns from, int64 ``[M]``.
        width: channels of a VGG's first stage.
        taught: whether there is a bank of earlier teachers.
    """
    torch.manual_seed(number)
    if number % 2:
        name, network = "resnet", ResNet18(width * 3 // 4, border=2, dropout=DROPOUT)
    else:
        filters = (width, 2 * width, 4 * width, 8 * width)
        name, network = "vgg", Vgg(filters, (2, 2, 2, 2), border=2, dropout=DROPOUT)
    return Member(
        f"teacher-{number}-{name}",
        network.to(device, memory_format=torch.channels_last),
        SCHEDULE,
        indices,
        seed=number,
        distillation=DISTILLATION if taught else None,
        compiled=device.type == "cuda",
    )
