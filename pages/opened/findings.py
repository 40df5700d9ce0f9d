"""What is wrong with the open dataset, and what lists do about it, computed once for all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.checks.corrections import excluded_images, images_of
from emotion_core.datasets.checks.duplicates import Duplicates
from emotion_core.datasets.checks.exclusions import (
    ExcludedImage,
    ExclusionList,
    list_exclusions,
)
from emotion_core.datasets.checks.findings import (
    FINDING_KINDS,
    Finding,
    duplicate_findings,
    quality_findings,
)
from emotion_core.datasets.checks.quality import (
    ImageQuality,
    QualityLimits,
    find_faces,
    measure_quality,
    no_face_share,
)
from emotion_core.emotions import EMOTIONS
from emotion_core.system.progress import ShareProgress
from pages.opened.duplicates import known_duplicates
from pages.opened.store import OpenDataset
from pages.widgets.jobs import Job

QUALITY: Final = "quality"
FACES: Final = "faces"


def quality_job(opened: OpenDataset) -> Job[ImageQuality]:
    """Return the job that measures how each image looks, begun now if need be."""
    return opened.job(QUALITY, _measure)


def faces_job(opened: OpenDataset) -> Job[NDArray[np.bool_]]:
    """Return the job that looks for faces in data without votes, begun now if need be."""
    return opened.job(FACES, _look_for_faces)


def findings_of(opened: OpenDataset) -> dict[str, Finding]:
    """Return every finding that has been looked for, by its kind, in the order of the kinds.

    Waits for ``quality_job``; what near-duplicates add is there once these have been found, and
    images without a face where there are votes or ``faces_job`` has ended.
    """
    duplicates = known_duplicates(opened)
    quality = quality_job(opened).result()
    found_faces: NDArray[np.bool_] | None = opened.known(FACES)
    state = f"findings {duplicates.near is not None} {found_faces is not None}"

    def collect(dataset: FaceDataset) -> dict[str, Finding]:
        return _collect(dataset, duplicates, quality, found_faces)

    return opened.derived(state, collect)


def exclusions_for(opened: OpenDataset) -> tuple[ExclusionList, ...]:
    """Return the correction lists that were made for this very dataset, the newest first."""
    fingerprint = opened.dataset.fingerprint
    return tuple(each for each in list_exclusions().lists if each.fingerprint == fingerprint)


def left_out(opened: OpenDataset, exclusions: ExclusionList) -> NDArray[np.bool_]:
    """Return for each image whether a list names it.

    Raises:
        DatasetError: the list was made for other images.
    """

    def find(dataset: FaceDataset) -> NDArray[np.bool_]:
        return excluded_images(dataset, exclusions)

    return opened.derived(f"left out {exclusions.checksum}", find)


def corrections_of(opened: OpenDataset) -> dict[int, tuple[str, ExcludedImage]]:
    """Return what the lists of a dataset do to its images, by index: a list's name, and what.

    Of several lists the newest counts.
    """
    found: dict[int, tuple[str, ExcludedImage]] = {}
    for exclusions in reversed(exclusions_for(opened)):
        images = opened.derived(f"corrections {exclusions.checksum}", partial(_images, exclusions))
        found |= {index: (exclusions.name, image) for index, image in images.items()}
    return found


def _images(exclusions: ExclusionList, dataset: FaceDataset) -> dict[int, ExcludedImage]:
    return images_of(dataset, exclusions)


def corrected_captions(
    opened: OpenDataset, indices: NDArray[np.intp], captions: Sequence[str] | None
) -> list[str]:
    """Return what stands below images in a grid, with a line more for what a list does to them.

    Args:
        opened: the dataset.
        indices: intp ``[M]``, places of the images.
        captions: one for each; None: its label.
    """
    found = corrections_of(opened)
    if captions is None:
        captions = [EMOTIONS[label] for label in opened.dataset.labels[indices]]
    return [
        f"{caption}\n✓ {found[index][1].becomes or 'excluded'}" if index in found else caption
        for index, caption in zip(indices.tolist(), captions, strict=True)
    ]


def _collect(
    dataset: FaceDataset,
    duplicates: Duplicates,
    quality: ImageQuality,
    found_faces: NDArray[np.bool_] | None,
) -> dict[str, Finding]:
    limits = QualityLimits()
    found = [*duplicate_findings(dataset, duplicates), *quality_findings(quality, limits)]
    if dataset.votes is not None:
        found.append(_without_face(no_face_share(dataset.votes), limits.no_face_votes))
    elif found_faces is not None:
        found.append(_without_face((~found_faces).astype(np.float32), 1.0))
    by_kind = {finding.kind: finding for finding in found}
    return {kind: by_kind[kind] for kind in FINDING_KINDS if kind in by_kind}


def _without_face(shares: NDArray[np.float32], least: float) -> Finding:
    indices = np.flatnonzero(shares >= least)
    indices = indices[np.argsort(-shares[indices], kind="stable")]
    return Finding("no_face", indices, shares[indices])


def _measure(dataset: FaceDataset, progress: ShareProgress) -> ImageQuality:
    return measure_quality(dataset.images, lambda done, total: progress(done / max(1, total)))


def _look_for_faces(dataset: FaceDataset, progress: ShareProgress) -> NDArray[np.bool_]:
    return find_faces(dataset.images, lambda done, total: progress(done / max(1, total)))
