"""Groups images that stand in a dataset more than once, and tells what harm they do there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.checks.near_duplicates import NearPairs, find_near_pairs
from emotion_core.datasets.types import SPLITS, FaceDataset
from emotion_core.system.progress import CountProgress


@dataclass(frozen=True, eq=False)
class ImageGroups:
    """Groups of images that belong together.

    Attributes:
        numbers: intp ``[N]``, number of each image's group, counted from 0 in the order of first
            appearance; -1 for an image that is alone.
    """

    numbers: NDArray[np.intp]

    @property
    def count(self) -> int:
        """How many groups there are; each has two images at least."""
        return int(self.numbers.max(initial=-1)) + 1

    @property
    def images(self) -> int:
        """How many images are in a group."""
        return int((self.numbers >= 0).sum())

    @cached_property
    def sizes(self) -> NDArray[np.intp]:
        """Images of each group, intp ``[count]``."""
        sizes: NDArray[np.intp] = np.bincount(self.numbers[self.numbers >= 0], minlength=self.count)
        return sizes

    def members(self, number: int) -> NDArray[np.intp]:
        """Return the indices of the images of one group, ascending."""
        start = self._starts[number]
        members: NDArray[np.intp] = self._order[start : start + self.sizes[number]]
        return members

    def others(self, index: int) -> NDArray[np.intp]:
        """Return the indices of the images in the group of image ``index``, but for itself."""
        number = int(self.numbers[index])
        if number < 0:
            return np.empty(0, np.intp)
        members = self.members(number)
        others: NDArray[np.intp] = members[members != index]
        return others

    def conflicting(self, labels: NDArray[np.uint8]) -> NDArray[np.intp]:
        """Return the numbers of the groups whose images have more than one label."""
        grouped = self.numbers >= 0
        pairs = np.stack([self.numbers[grouped], labels[grouped].astype(np.intp)])
        found, label_counts = np.unique(np.unique(pairs, axis=1)[0], return_counts=True)
        return found[label_counts > 1]

    def shared(self, splits: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return how many images of each split have one of their group in each other split.

        Args:
            splits: uint8 ``[N]``, index into ``SPLITS``.

        Returns:
            int64 ``[3, 3]``: images of the row's split with one in the column's; on the diagonal,
            images with another one in their own split.
        """
        counts = np.zeros((len(SPLITS), len(SPLITS)), np.int64)
        in_split = self._members_by_split(splits)
        for row in range(len(SPLITS)):
            numbers = self.numbers[(splits == row) & (self.numbers >= 0)]
            for column in range(len(SPLITS)):
                counts[row, column] = (in_split[column, numbers] > (row == column)).sum()
        return counts

    def leaked(self, splits: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return for each image whether it is there to judge by and its like to learn from.

        Args:
            splits: uint8 ``[N]``, index into ``SPLITS``.

        Returns:
            bool ``[N]``: true for images outside Training with one of their group in Training.
        """
        training = SPLITS.index("Training")
        with_training = self._members_by_split(splits)[training] > 0
        leaked: NDArray[np.bool_] = (self.numbers >= 0) & (splits != training)
        leaked[leaked] = with_training[self.numbers[leaked]]
        return leaked

    def surplus(self, splits: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return for each image whether its split would keep one of its group without it.

        Args:
            splits: uint8 ``[N]``, index into ``SPLITS``.

        Returns:
            bool ``[N]``: true for all images of a group in one split but for the first.
        """
        grouped = np.flatnonzero(self.numbers >= 0)
        _, first = np.unique(
            np.stack([self.numbers[grouped], splits[grouped].astype(np.intp)]),
            axis=1,
            return_index=True,
        )
        surplus = self.numbers >= 0
        surplus[grouped[first]] = False
        return surplus

    def _members_by_split(self, splits: NDArray[np.uint8]) -> NDArray[np.intp]:
        """Return how many images of each split each group has, intp ``[3, count]``."""
        grouped = self.numbers >= 0
        return np.stack(
            [
                np.bincount(self.numbers[grouped & (splits == code)], minlength=self.count)
                for code in range(len(SPLITS))
            ]
        )

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        """Indices of all grouped images, group after group."""
        grouped = np.flatnonzero(self.numbers >= 0)
        return grouped[np.argsort(self.numbers[grouped], kind="stable")]

    @cached_property
    def _starts(self) -> NDArray[np.intp]:
        """Where each group begins in ``_order``."""
        return np.cumsum(self.sizes) - self.sizes


@dataclass(frozen=True, eq=False)
class Duplicates:
    """What ``find_duplicates`` found.

    Attributes:
        exact: images that are the same byte for byte.
        near: images that show the same photograph (see ``near_duplicates``), identical ones
            included. A is in the group of C when both are like B. None when not looked for.
        mirrored: images of which one shows the mirror image of the other. None when not looked for.
        pairs: what ``near`` and ``mirrored`` were made of; of identical images, only the first is
            in a pair. None when not looked for.
    """

    exact: ImageGroups
    near: ImageGroups | None = None
    mirrored: ImageGroups | None = None
    pairs: NearPairs | None = None


def find_duplicates(
    dataset: FaceDataset, *, near: bool = True, progress: CountProgress | None = None
) -> Duplicates:
    """Find images that stand in a dataset more than once, in one split or in several.

    Args:
        dataset: any dataset.
        near: look for near-duplicates and mirrored copies too, which takes seconds.
        progress: called now and then, in images; whatever it raises ends the search.
    """
    numbers = identical_groups(dataset.images)
    exact = _without_singles(numbers)
    if not near:
        return Duplicates(exact)
    _, firsts = np.unique(numbers, return_index=True)
    found = find_near_pairs(dataset.images[firsts], progress)
    pairs = NearPairs(firsts[found.first], firsts[found.second], found.likeness, found.mirrored)
    same_way, mirrored = pairs.subset(~pairs.mirrored), pairs.subset(pairs.mirrored)
    copies = np.flatnonzero(exact.numbers >= 0)
    return Duplicates(
        exact=exact,
        near=connected_groups(
            len(dataset),
            np.concatenate([same_way.first, copies]),
            np.concatenate([same_way.second, firsts[numbers[copies]]]),
        ),
        mirrored=connected_groups(len(dataset), mirrored.first, mirrored.second),
        pairs=pairs,
    )


def identical_groups(images: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Number images so that byte-identical ones, and only these, have the same number.

    Args:
        images: uint8 ``[N, 48, 48]``.

    Returns:
        intp ``[N]``, counted from 0 in the order of first appearance.
    """
    number_of: dict[bytes, int] = {}
    numbers = (number_of.setdefault(image.tobytes(), len(number_of)) for image in images)
    return np.fromiter(numbers, np.intp, len(images))


def connected_groups(count: int, first: NDArray[np.intp], second: NDArray[np.intp]) -> ImageGroups:
    """Return the groups of images that are connected by pairs, directly or through others.

    Args:
        count: how many images there are.
        first: intp ``[P]``, one image of each pair.
        second: intp ``[P]``, the other.
    """
    parents = np.arange(count).tolist()

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        low, high = sorted((root(one), root(other)))
        parents[high] = low
    return _without_singles(np.array([root(index) for index in range(count)], np.intp))


def _without_singles(keys: NDArray[np.intp]) -> ImageGroups:
    """Return groups of equal ``keys``; these must ascend with the first appearance."""
    _, places, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    repeated = sizes > 1
    numbers = np.where(repeated, np.cumsum(repeated) - 1, -1)
    return ImageGroups(numbers[places])
