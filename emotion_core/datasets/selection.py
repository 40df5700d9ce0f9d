"""Which faces of a dataset to look at, and in which order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import SPLITS, FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError

_RANGE: Final = re.compile(r"(\d{1,18})(?:\s*-\s*(\d{1,18}))?")


@dataclass(frozen=True)
class FaceFilter:
    """What faces have to be like; an empty field asks for nothing.

    Attributes:
        splits: names of ``SPLITS``; a face has to be in one of them.
        emotions: names of ``EMOTIONS``; a face has to have one of these labels.
        indices: places in the dataset, counted from 0, as ``parse_indices`` reads them.
        scores: for names of score columns the smallest and the largest value, both included; a
            face without a score (NaN) is left out.
    """

    splits: tuple[str, ...] = ()
    emotions: tuple[str, ...] = ()
    indices: str = ""
    scores: tuple[tuple[str, float, float], ...] = ()


def matching_faces(
    dataset: FaceDataset,
    wanted: FaceFilter,
    columns: dict[str, NDArray[np.float32]] | None = None,
    among: NDArray[np.bool_] | None = None,
) -> NDArray[np.intp]:
    """Return the places of the faces that a filter lets through, in ascending order.

    Args:
        dataset: the faces.
        wanted: the filter.
        columns: float32 ``[N]`` by name, for ``FaceFilter.scores``.
        among: bool ``[N]``, the faces to choose from; None: all.

    Returns:
        intp ``[M]``.

    Raises:
        DatasetError: ``indices`` cannot be read.
    """
    keep = np.ones(len(dataset), bool) if among is None else among.copy()
    if wanted.splits:
        keep &= np.isin(dataset.splits, [SPLITS.index(split) for split in wanted.splits])
    if wanted.emotions:
        keep &= np.isin(dataset.labels, [EMOTIONS.index(name) for name in wanted.emotions])
    if wanted.indices.strip():
        keep &= parse_indices(wanted.indices, len(dataset))
    for name, low, high in wanted.scores:
        values = (columns or {})[name]
        keep &= (values >= low) & (values <= high)
    return np.flatnonzero(keep)


def parse_indices(text: str, count: int) -> NDArray[np.bool_]:
    """Read numbers and ranges such as ``5, 100-120``, both ends included.

    Args:
        text: separated by commas, semicolons or spaces.
        count: faces there are; numbers beyond it stand for nothing.

    Returns:
        bool ``[count]``.

    Raises:
        DatasetError: something else than numbers and ranges stands there.
    """
    chosen = np.zeros(count, bool)
    for part in re.split(r"[,;]|(?<=\d)\s+(?=\d)", text):
        if not part.strip():
            continue
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise DatasetError(
                f"expected numbers and ranges such as 5, 100-120, found {part.strip()[:40]!r}"
            )
        first, last = int(match[1]), int(match[2] or match[1])
        chosen[min(first, last) : max(first, last) + 1] = True
    return chosen


def in_order(
    indices: NDArray[np.intp], scores: NDArray[np.float32], *, descending: bool = False
) -> NDArray[np.intp]:
    """Return ``indices`` sorted by their scores; without a score (NaN) last, ties as they came.

    Args:
        indices: intp ``[M]``, places in the dataset.
        scores: float32 ``[N]``, one for each face of the dataset.
        descending: the largest first.
    """
    values = scores[indices]
    return indices[np.argsort(-values if descending else values, kind="stable")]
