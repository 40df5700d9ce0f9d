"""What the parts of the data set page write alike."""

from __future__ import annotations

import re

import numpy as np

from emotion_core.datasets import SPLITS, FaceDataset


def plain(text: str) -> str:
    """Return Markdown that shows ``text`` as it is: names of files hold any characters."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~:$&@-])", r"\\\1", text)


def describe(dataset: FaceDataset) -> str:
    """Return what a data set is, in one line of Markdown."""
    counts = np.bincount(dataset.splits, minlength=len(SPLITS))
    parts = [f"**{plain(dataset.name)}**", f"{len(dataset):,} images"]
    parts += [f"{split} {count:,}" for split, count in zip(SPLITS, counts, strict=True) if count]
    if dataset.votes is not None:
        parts.append("with FER+ votes")
    if dataset.dropped_rows:
        parts.append(f"{dataset.dropped_rows:,} bad rows left out")
    return " · ".join(parts)
