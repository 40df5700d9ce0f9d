"""What a dataset holds: images by split and class, light, and the mean face of each class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.checks.agreement import VoteAgreement, measure_agreement
from emotion_core.datasets.types import SPLITS, FaceDataset
from emotion_core.emotions import EMOTIONS, FACE_SIZE

#: The quantiles that a ``Spread`` keeps: the ends of a box plot's whiskers, its box, its middle.
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)

# Images converted to float at once: few enough to stay in the processor's cache.
_BLOCK: Final = 256


@dataclass(frozen=True)
class Spread:
    """How one measure of some images is distributed.

    Attributes:
        images: how many were measured, at least one.
        mean: mean.
        deviation: standard deviation.
        quantiles: the values at ``QUANTILES``.
    """

    images: int
    mean: float
    deviation: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class DatasetOverview:
    """What ``survey_dataset`` found.

    Attributes:
        name: the dataset's name.
        dropped_rows: bad rows left out of it.
        counts: int64 ``[3, 7]``, images by split (order of ``SPLITS``) and class.
        brightness: float32 ``[N]``, mean grey of each image, 0..255.
        contrast: float32 ``[N]``, standard deviation of each image's greys, 0..127.5.
        class_brightness: of each class; None for a class without images.
        class_contrast: of each class; None for a class without images.
        mean_faces: float32 ``[7, 48, 48]``, mean grey 0..255; NaN for a class without images.
        deviation_faces: float32 ``[7, 48, 48]``, standard deviation of the greys among the images
            of a class, 0..127.5; NaN for a class without images.
        agreement: how far the FER+ votes bear out the labels; None without votes.
    """

    name: str
    dropped_rows: int
    counts: NDArray[np.int64]
    brightness: NDArray[np.float32]
    contrast: NDArray[np.float32]
    class_brightness: tuple[Spread | None, ...]
    class_contrast: tuple[Spread | None, ...]
    mean_faces: NDArray[np.float32]
    deviation_faces: NDArray[np.float32]
    agreement: VoteAgreement | None

    @property
    def images(self) -> int:
        """How many images there are."""
        return int(self.counts.sum())

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits with at least one image, in the order of ``SPLITS``."""
        return tuple(split for split, row in zip(SPLITS, self.counts, strict=True) if row.any())

    @property
    def class_counts(self) -> NDArray[np.int64]:
        """Images of each class in all splits, int64 ``[7]``."""
        counts: NDArray[np.int64] = self.counts.sum(axis=0)
        return counts

    @property
    def class_shares(self) -> NDArray[np.float64]:
        """Share 0..1 of each class among all images, float64 ``[7]``."""
        return self.class_counts / self.images

    @property
    def split_shares(self) -> NDArray[np.float64]:
        """Share 0..1 of each class within its split, float64 ``[3, 7]``; 0 in an empty split."""
        shares: NDArray[np.float64] = self.counts / np.maximum(
            self.counts.sum(axis=1, keepdims=True), 1
        )
        return shares

    @property
    def empty_classes(self) -> tuple[str, ...]:
        """The classes without any image."""
        counts = self.class_counts
        return tuple(name for name, count in zip(EMOTIONS, counts, strict=True) if not count)

    @cached_property
    def imbalance(self) -> float:
        """Images of the largest class for each image of the smallest that has any; 1 is balanced.

        Classes without images are left out, see ``empty_classes``.
        """
        counts = self.class_counts[self.class_counts > 0]
        return float(counts.max() / counts.min())


def survey_dataset(dataset: FaceDataset) -> DatasetOverview:
    """Count, and measure light and mean faces, without a copy of the images."""
    brightness, contrast = measure_light(dataset.images)
    mean_faces, deviation_faces = class_faces(dataset.images, dataset.labels)
    counts = np.bincount(
        dataset.splits.astype(np.intp) * len(EMOTIONS) + dataset.labels,
        minlength=len(SPLITS) * len(EMOTIONS),
    )
    return DatasetOverview(
        name=dataset.name,
        dropped_rows=dataset.dropped_rows,
        counts=counts.reshape(len(SPLITS), len(EMOTIONS)),
        brightness=brightness,
        contrast=contrast,
        class_brightness=spread_by_class(brightness, dataset.labels),
        class_contrast=spread_by_class(contrast, dataset.labels),
        mean_faces=mean_faces,
        deviation_faces=deviation_faces,
        agreement=measure_agreement(dataset),
    )


def measure_light(
    images: NDArray[np.uint8],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return brightness (mean) and contrast (standard deviation) of each image's greys.

    Args:
        images: uint8 ``[N, 48, 48]``.

    Returns:
        Two float32 ``[N]``: 0..255 and 0..127.5. The contrast of an image of one grey is 0 exactly.
    """
    brightness = np.empty(len(images), np.float32)
    contrast = np.empty(len(images), np.float32)
    for start in range(0, len(images), _BLOCK):
        rows = slice(start, start + _BLOCK)
        pixels = images[rows].reshape(-1, FACE_SIZE * FACE_SIZE).astype(np.float32)
        brightness[rows] = pixels.mean(axis=1)
        pixels -= brightness[rows, None]
        contrast[rows] = np.sqrt(np.einsum("ij,ij->i", pixels, pixels) / pixels.shape[1])
    return brightness, contrast


def class_faces(
    images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean and the standard-deviation face of each class.

    Args:
        images: uint8 ``[N, 48, 48]``.
        labels: uint8 ``[N]``.

    Returns:
        Two float32 ``[7, 48, 48]``; NaN for a class without images.
    """
    means = np.full((len(EMOTIONS), FACE_SIZE, FACE_SIZE), np.nan, np.float32)
    deviations = means.copy()
    for label in range(len(EMOTIONS)):
        members = np.flatnonzero(labels == label)
        if len(members):
            means[label], deviations[label] = _mean_face(images, members)
    return means, deviations


def _mean_face(
    images: NDArray[np.uint8], members: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of each pixel over ``members``, float64 ``[48, 48]``."""
    sums = np.zeros((FACE_SIZE, FACE_SIZE))
    squares = np.zeros_like(sums)
    for start in range(0, len(members), _BLOCK):
        pixels = images[members[start : start + _BLOCK]].astype(np.float32)
        sums += pixels.sum(axis=0)
        pixels *= pixels  # a block of them adds up to less than 2^24: float32 holds it exactly
        squares += pixels.sum(axis=0)
    mean = sums / len(members)
    return mean, np.sqrt(np.maximum(squares / len(members) - mean**2, 0))


def spread(values: NDArray[np.float32]) -> Spread | None:
    """Return how ``values`` float32 ``[N]`` are distributed, or None without any."""
    if not len(values):
        return None
    return Spread(
        images=len(values),
        mean=float(values.mean(dtype=np.float64)),
        deviation=float(values.std(dtype=np.float64)),
        quantiles=tuple(np.quantile(values, QUANTILES).tolist()),
    )


def spread_by_class(
    values: NDArray[np.float32], labels: NDArray[np.uint8]
) -> tuple[Spread | None, ...]:
    """Return how the ``values`` of each class are distributed; None for a class without any."""
    return tuple(spread(values[labels == label]) for label in range(len(EMOTIONS)))
