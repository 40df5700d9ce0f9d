"""What is written of a dataset that is open."""

from __future__ import annotations

from typing import Final

import numpy as np

from emotion_core.datasets import SPLITS, FaceDataset
from emotion_core.models.readme.works import FER2013_ADDRESS, FERPLUS_ADDRESS
from emotion_core.quantities import counted
from pages.widgets.text import plain

#: Images of FER2013's Training split.
_FER2013_TRAINING: Final = 28_709


def describe(dataset: FaceDataset) -> str:
    """Return what a dataset is, in one line of Markdown, and what to know of how it was read."""
    counts = np.bincount(dataset.splits, minlength=len(SPLITS))
    about = f" ([about]({FER2013_ADDRESS}))" if _is_fer2013(dataset) else ""
    parts = [f"**{plain(dataset.name)}**{about}", counted(len(dataset), "image")]
    parts += [f"{split} {count:,}" for split, count in zip(SPLITS, counts, strict=True) if count]
    if dataset.votes is not None:
        parts.append(f"with FER+ votes ([about]({FERPLUS_ADDRESS}))")
    if dataset.dropped_rows:
        parts.append(f"{counted(dataset.dropped_rows, 'bad row')} left out")
    lines = [" · ".join(parts), *(f":orange[{plain(note)}]" for note in dataset.notes)]
    return "  \n".join(lines)


def _is_fer2013(dataset: FaceDataset) -> bool:
    """Tell whether it looks like FER2013, by its Training split: other copies have other names."""
    training = int((dataset.splits == SPLITS.index("Training")).sum())
    return training == _FER2013_TRAINING
