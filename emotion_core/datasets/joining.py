"""Several datasets as one, to train and judge on all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import VOTE_NAMES, Exclusion, FaceDataset
from emotion_core.errors import DatasetError


def join(first: FaceDataset, *others: FaceDataset) -> FaceDataset:
    """Return the faces of several datasets, one behind the other.

    Every face keeps its label and its split. Faces of a dataset without FER+ votes get none when
    another one has them: ten zeros. ``rows`` go on counting: those of each dataset follow the
    highest row of the one before. The fingerprint is that of the content, as for any dataset.

    Args:
        first: comes first.
        others: follow in this order; without any, ``first`` is returned as it is.

    Raises:
        DatasetError: different correction lists were applied to them.
    """
    if not others:
        return first
    parts = (first, *others)
    return FaceDataset(
        name=" + ".join(part.name for part in parts),
        images=np.concatenate([part.images for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        splits=np.concatenate([part.splits for part in parts]),
        rows=_following_rows(parts),
        votes=_joined_votes(parts),
        dropped_rows=sum(part.dropped_rows for part in parts),
        excluded=_exclusion(parts),
        notes=tuple(f"{part.name}: {note}" for part in parts for note in part.notes),
    )


def _exclusion(parts: Sequence[FaceDataset]) -> Exclusion | None:
    lists = {part.excluded for part in parts if part.excluded is not None}
    if len(lists) > 1:
        names = " and ".join(sorted(repr(each.name) for each in lists))
        raise DatasetError(
            f"expected at most one correction list, found {names}; join the whole datasets and "
            "make one list for the result"
        )
    return lists.pop() if lists else None


def _following_rows(parts: Sequence[FaceDataset]) -> NDArray[np.int64]:
    rows, start = [], 0
    for part in parts:
        rows.append(part.rows + start)
        start = int(rows[-1].max()) + 1
    return np.concatenate(rows)


def _joined_votes(parts: Sequence[FaceDataset]) -> NDArray[np.uint8] | None:
    if all(part.votes is None for part in parts):
        return None
    return np.concatenate(
        [
            np.zeros((len(part), len(VOTE_NAMES)), np.uint8) if part.votes is None else part.votes
            for part in parts
        ]
    )
