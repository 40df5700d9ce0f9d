"""A dataset as a list of ``exclusions`` corrects it, and such lists grown image by image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.checks.exclusions import (
    ExcludedImage,
    ExclusionList,
    exclusion_list,
    image_digest,
)
from emotion_core.datasets.types import SPLITS, FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError


def exclude(dataset: FaceDataset, exclusions: ExclusionList) -> FaceDataset:
    """Return ``dataset`` without the images that a list leaves out, and with the labels it gives.

    Raises:
        DatasetError: the list was made for another dataset, or images were left out before.
    """
    if dataset.excluded is not None:
        raise DatasetError(
            f"{dataset.name}: expected a dataset as it was read, found one already corrected by "
            f"the list {dataset.excluded.name!r}; put both lists into one"
        )
    left_out = excluded_images(dataset, exclusions)
    # The fingerprint that is known is that of the labels before.
    labelled = replace(
        dataset, labels=corrected_labels(dataset, exclusions), known_fingerprint=None
    )
    return replace(labelled.subset(~left_out), excluded=exclusions.record)


def excluded_images(dataset: FaceDataset, exclusions: ExclusionList) -> NDArray[np.bool_]:
    """Return for each image of ``dataset`` whether a list leaves it out, bool ``[N]``.

    Raises:
        DatasetError: not all images of the list are in the dataset, or there are no others.
    """
    left_out = np.zeros(len(dataset), bool)
    for index, image in images_of(dataset, exclusions).items():
        left_out[index] = image.becomes is None
    if left_out.all():
        raise DatasetError(
            f"{dataset.name}: expected images that the correction list {exclusions.name!r} does "
            "not exclude, found none; choose another list"
        )
    return left_out


def corrected_labels(dataset: FaceDataset, exclusions: ExclusionList) -> NDArray[np.uint8]:
    """Return the labels of all images, uint8 ``[N]``, with those that a list gives.

    Raises:
        DatasetError: not all images of the list are in the dataset.
    """
    labels = np.array(dataset.labels)
    for index, image in images_of(dataset, exclusions).items():
        if image.becomes is not None:
            labels[index] = EMOTIONS.index(image.becomes)
    return labels


def images_of(dataset: FaceDataset, exclusions: ExclusionList) -> dict[int, ExcludedImage]:
    """Return what a list says of the images of ``dataset``, by their places.

    Raises:
        DatasetError: not all images of the list are in the dataset.
    """
    wanted = {(image.split, image.row): image for image in exclusions.images}
    rows = np.array([image.row for image in exclusions.images])
    found: dict[int, ExcludedImage] = {}
    for index in np.flatnonzero(np.isin(dataset.rows, rows)).tolist():
        image = wanted.get((SPLITS[dataset.splits[index]], int(dataset.rows[index])))
        if image is not None and image.pixels == image_digest(dataset.images[index]):
            found[index] = image
    if len(found) < len(exclusions):
        raise DatasetError(
            f"{dataset.name}: expected the dataset of the correction list {exclusions.name!r}, "
            f"{exclusions.dataset} with fingerprint {exclusions.fingerprint[:12]}, found only "
            f"{len(found)} of its {len(exclusions)} images (fingerprint "
            f"{dataset.fingerprint[:12]}); make a list for this dataset"
        )
    return found


def with_images(
    exclusions: ExclusionList | None,
    dataset: FaceDataset,
    name: str,
    reasons: Mapping[str, NDArray[np.intp]],
    becomes: str | None = None,
) -> ExclusionList:
    """Return a list with further images; of one that it names already, the new wish counts.

    Args:
        exclusions: the list so far; None: there is none yet.
        dataset: see ``exclusion_list``.
        name: see there.
        reasons: see there.
        becomes: see there.

    Raises:
        DatasetError: as ``exclusion_list``, or the list was made for other images.
    """
    added = exclusion_list(dataset, name, reasons, becomes)
    if exclusions is None:
        return added
    if exclusions.fingerprint != dataset.fingerprint:
        raise DatasetError(
            f"correction list {exclusions.name!r}: expected one of {dataset.name}, found one of "
            f"{exclusions.dataset}; choose another name"
        )
    images = {(image.split, image.row): image for image in exclusions.images}
    images |= {(image.split, image.row): image for image in added.images}
    if sum(image.becomes is None for image in images.values()) == len(dataset):
        raise DatasetError(
            f"correction list {exclusions.name!r}: expected at least one image of {dataset.name} "
            "that is not excluded, found none; exclude fewer"
        )
    order = sorted(images, key=lambda each: (SPLITS.index(each[0]), each[1]))
    return replace(added, name=exclusions.name, images=tuple(images[each] for each in order))


def without_images(
    exclusions: ExclusionList, dataset: FaceDataset, indices: NDArray[np.intp]
) -> ExclusionList | None:
    """Return a list that says nothing of some images any more; None where it would be empty.

    Args:
        exclusions: the list.
        dataset: what it was made for.
        indices: intp ``[K]``, places of images in the dataset.
    """
    gone = {(SPLITS[dataset.splits[index]], int(dataset.rows[index])) for index in indices.tolist()}
    kept = tuple(image for image in exclusions.images if (image.split, image.row) not in gone)
    return replace(exclusions, images=kept) if kept else None
