"""``python -m recipes.window.compiling student|resnet``: fill TorchInductor's cache on the disk.

Compiling a network takes half a minute. What comes of it lies in a cache on the disk, so another
process can do it while the first networks learn.
"""

from __future__ import annotations

import sys

import numpy as np
import torch

from recipes.window.student import student
from recipes.window.teachers import teacher


def main() -> None:
    """Record a step of the network that is named, and forget it."""
    device = torch.device("cuda")
    if sys.argv[1] == "student":
        member = student("compiling", device, 1024, seed=0, mix="bank", branches=True)
    else:
        member = teacher(1, device, np.arange(1024), int(sys.argv[2]), taught=True)
    member.plan(1, epochs=10)
    views = torch.rand(1024, 48, 48, device=device).half() * 255
    shares = torch.zeros(1024, 7, device=device)
    member.record(views, shares, {"bank": shares})


main()
