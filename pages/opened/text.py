"""What is written of a dataset that is open."""

from __future__ import annotations

import numpy as np

from emotion_core.datasets import SPLITS, FaceDataset
from emotion_core.quantities import counted
from pages.shared.text import plain


def describe(dataset: FaceDataset) -> str:
    """Return what a dataset is, in one line of Markdown, and what to know of how it was read."""
    counts = np.bincount(dataset.splits, minlength=len(SPLITS))
    parts = [f"**{plain(dataset.name)}**", counted(len(dataset), "image")]
    parts += [f"{split} {count:,}" for split, count in zip(SPLITS, counts, strict=True) if count]
    if dataset.votes is not None:
        parts.append("with FER+ votes")
    if dataset.dropped_rows:
        parts.append(f"{counted(dataset.dropped_rows, 'bad row')} left out")
    lines = [" · ".join(parts), *(f":orange[{plain(note)}]" for note in dataset.notes)]
    return "  \n".join(lines)
