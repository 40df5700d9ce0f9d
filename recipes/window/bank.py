"""What teachers say of every view of every face, kept so that they need to be trained only once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recipes.window.fitting import Member

#: Weight of the teacher that has not seen an image (Dao et al. 2021, "Knowledge distillation as
#: semiparametric inference") beside the weight 1 of each that has; None: it alone teaches.
MIXES: Final[dict[str, float | None]] = {"equal": 1.0, "double": 2.0, "unseen": None}
#: Logarithms of scores are kept in steps of this, from 0 down.
STEP: Final = 0.05
#: Scores below this are not told apart: 255 steps.
LOWEST: Final = -255 * STEP


class Bank:
    """Scores of the teachers, the mean of a view's and its mirror image's, view after view.

    Args:
        folds: int64 ``[N]``: which teacher has not seen an image.
        device: where scores are kept.
    """

    def __init__(self, folds: NDArray[np.int64], device: torch.device) -> None:
        self.folds = torch.from_numpy(folds).to(device)
        self.views: list[Tensor] = []

    def fill(
        self,
        teachers: Sequence[Member],
        view: Callable[[int, Tensor], None],
        buffer: Tensor,
        more: Callable[[int], bool],
    ) -> None:
        """Ask the teachers about one view after the other, as long as ``more`` says so."""
        while more(len(self.views)):
            view(len(self.views), buffer)
            scores = [
                (teacher.logits(buffer).softmax(1) + teacher.logits(buffer.flip(-1)).softmax(1)) / 2
                for teacher in teachers
            ]
            self.views.append(torch.stack(scores).half())

    def logarithms(self, view: int, mix: str) -> Tensor:
        """Return the logarithms of a mean of the teachers' scores, float32 ``[N, 7]``."""
        scores = self.views[view].float()
        unseen = scores[self.folds, torch.arange(len(self.folds), device=scores.device)]
        weight = MIXES[mix]
        if weight is not None:
            unseen = (scores.sum(0) + (weight - 1) * unseen) / (len(scores) + weight - 1)
        return unseen.clamp(min=1e-9).log().clamp(min=LOWEST)

    def save(self, path: Path, mix: str, views: int, **description: Any) -> None:
        """Write the first views of one mix as uint8 ``[V, N, 7]``, in steps below 0."""
        steps = [
            (self.logarithms(view, mix) / -STEP).round().to(torch.uint8).cpu().numpy()
            for view in range(min(views, len(self.views)))
        ]
        text = json.dumps({"mix": mix, "step": STEP, **description})
        save(path, logits=np.stack(steps), description=np.array(text))

    @staticmethod
    def load(
        path: Path, images: int, device: torch.device, **expected: Any
    ) -> tuple[list[Tensor], bool]:
        """Return the logarithms of a saved bank and whether every second view is mixed.

        The logarithms are float32 ``[images, 7]`` a view.

        Args:
            path: what ``save`` wrote.
            images: how many of its images, from the first one, are wanted.
            device: where they go.
            expected: what its description has to say, so that the views are the same.

        Raises:
            ValueError: it was made of other views.
        """
        with np.load(path) as file:
            description, steps = json.loads(str(file["description"])), file["logits"]
        found = {name: description.get(name) for name in expected}
        if found != expected:
            raise ValueError(f"{path}: expected a bank of {expected}, found {found}")
        steps = torch.from_numpy(steps[:, :images]).to(device)
        views = list(steps.float() * -description["step"])
        return views, bool(description.get("mixed", False))


def save(path: Path, **arrays: NDArray[Any]) -> None:
    """Write arrays to a compressed file, whole or not at all."""
    temporary = path.with_name(f"part-{path.name}")
    with temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)
    temporary.replace(path)
