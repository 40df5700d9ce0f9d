"""Two datasets side by side: classes, light, and the images they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.checks.near_duplicates import find_near_pairs_between
from emotion_core.datasets.checks.overview import DatasetOverview, survey_dataset
from emotion_core.datasets.types import FaceDataset, byte_identical_to
from emotion_core.system.progress import CountProgress


@dataclass(frozen=True, eq=False)
class Overlap:
    """The images of two datasets that stand in the other one too.

    Attributes:
        first: bool ``[N]``, for each image of the first.
        second: bool ``[M]``, for each image of the second.
    """

    first: NDArray[np.bool_]
    second: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class DatasetComparison:
    """What ``compare_datasets`` found.

    Attributes:
        first: overview of the first dataset, with the distribution of its light.
        second: overview of the second.
        exact: images that stand in both byte for byte.
        near: images of which both have the photograph (see ``near_duplicates``, mirrored copies
            included), identical ones included; None when not looked for.
    """

    first: DatasetOverview
    second: DatasetOverview
    exact: Overlap
    near: Overlap | None

    @property
    def share_differences(self) -> NDArray[np.float64]:
        """By how much more of the second each class makes up, float64 ``[7]``, -1..1."""
        return self.second.class_shares - self.first.class_shares

    @property
    def class_distance(self) -> float:
        """Share 0..1 of the second that would have to change class for the shares to be equal.

        It is the total variation distance of the class shares.
        """
        return float(np.abs(self.share_differences).sum() / 2)


def compare_datasets(
    first: FaceDataset,
    second: FaceDataset,
    *,
    near: bool = True,
    progress: CountProgress | None = None,
) -> DatasetComparison:
    """Compare two datasets.

    Args:
        first: any dataset.
        second: any other.
        near: look for near-duplicates too, which takes seconds.
        progress: called now and then, in images of ``first``; whatever it raises ends the work.
    """
    exact = Overlap(
        byte_identical_to(first.images, second.images),
        byte_identical_to(second.images, first.images),
    )
    return DatasetComparison(
        first=survey_dataset(first),
        second=survey_dataset(second),
        exact=exact,
        near=_near_overlap(first, second, exact, progress) if near else None,
    )


def _near_overlap(
    first: FaceDataset, second: FaceDataset, exact: Overlap, progress: CountProgress | None
) -> Overlap:
    pairs = find_near_pairs_between(first.images, second.images, progress)
    in_first, in_second = exact.first.copy(), exact.second.copy()
    in_first[pairs.first] = True
    in_second[pairs.second] = True
    return Overlap(in_first, in_second)
