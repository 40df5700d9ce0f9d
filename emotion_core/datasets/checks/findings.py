"""Everything that is wrong with a dataset, as lists of its images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.checks.duplicates import Duplicates, ImageGroups, find_duplicates
from emotion_core.datasets.checks.quality import (
    ImageQuality,
    QualityLimits,
    find_faces,
    measure_quality,
    no_face_share,
)
from emotion_core.datasets.types import SPLITS, FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.system.progress import CountProgress
from emotion_core.system.tables import csv_of_rows


@dataclass(frozen=True)
class FindingKind:
    """One way in which an image can be wrong.

    Attributes:
        name: its key in ``FINDING_KINDS``.
        title: what a list of such images is called.
        description: what is meant, in a sentence.
        measure: what ``Finding.scores`` are.
    """

    name: str
    title: str
    description: str
    measure: str


_GROUP = "images that belong together"

#: All kinds, in the order in which they are shown.
FINDING_KINDS: Final[dict[str, FindingKind]] = {
    kind.name: kind
    for kind in (
        FindingKind(
            "leak",
            "Leaks",
            "images outside Training that also appear in Training, byte for byte: a model would be "
            "tested on what it has learned",
            _GROUP,
        ),
        FindingKind(
            "near_leak",
            "Near leaks",
            "images outside Training that show a photo from Training without being identical",
            _GROUP,
        ),
        FindingKind(
            "duplicate",
            "Duplicates",
            "images that appear again in their split, byte for byte; the first is not counted",
            _GROUP,
        ),
        FindingKind(
            "near_duplicate",
            "Near-duplicates",
            "images that show a photo of their split again without being identical; the first is "
            "not counted",
            _GROUP,
        ),
        FindingKind(
            "mirrored",
            "Mirrored copies",
            "mirror images of another image; the first is not counted",
            _GROUP,
        ),
        FindingKind(
            "conflict",
            "Conflicting labels",
            "identical images with different labels",
            _GROUP,
        ),
        FindingKind(
            "near_conflict",
            "Near-duplicates with conflicting labels",
            "images of the same photo with different labels, identical images aside",
            _GROUP,
        ),
        FindingKind("blank", "Blank", "images of a single shade of grey, or nearly", "contrast"),
        FindingKind("dark", "Very dark", "images that are almost black", "brightness"),
        FindingKind("bright", "Very bright", "images that are almost white", "brightness"),
        FindingKind("low_contrast", "Low contrast", "images with few shades of grey", "contrast"),
        FindingKind("blurred", "Blurred", "images without fine detail", "sharpness"),
        FindingKind(
            "drawn",
            "Text or drawing",
            "notices, signs and drawings: images with a middle flatter than skin ever is",
            "flatness",
        ),
        FindingKind(
            "no_face",
            "No face",
            "images that FER+ voters marked as no face; without votes, images in which neither a "
            "face nor eyes are found, which is wrong more often than right",
            "share of votes",
        ),
    )
}


@dataclass(frozen=True, eq=False)
class Finding:
    """The images of one kind.

    Attributes:
        kind: key of ``FINDING_KINDS``.
        indices: intp ``[K]``, positions in the dataset, the worst or the first one first.
        scores: float32 ``[K]``, see ``FindingKind.measure``.
        partners: intp ``[K]``, for kinds about several images one of the others of each group: the
            one in Training, the first one, or one with another label; None for the other kinds.
    """

    kind: str
    indices: NDArray[np.intp]
    scores: NDArray[np.float32]
    partners: NDArray[np.intp] | None = None

    def __len__(self) -> int:
        return len(self.indices)


def collect_findings(
    dataset: FaceDataset,
    *,
    near: bool = False,
    faces: bool = False,
    limits: QualityLimits | None = None,
    progress: CountProgress | None = None,
) -> tuple[Finding, ...]:
    """Return one finding for each kind that was looked for, those without images included.

    Args:
        dataset: any dataset.
        near: look for near-duplicates too, which takes seconds.
        faces: without votes, look for images without a face by OpenCV's cascades, which takes a
            minute or two for a dataset like FER2013. With votes, these are taken, and it is quick.
        limits: where an image stops being usable; None for the documented ones.
        progress: called now and then, in images times steps; whatever it raises ends the work.
    """
    search = faces and dataset.votes is None
    steps = _Steps(progress, len(dataset), 1 + near + search)
    quality = measure_quality(dataset.images, steps.next())
    duplicates = find_duplicates(dataset, near=near, progress=steps.next() if near else None)
    found = [
        *duplicate_findings(dataset, duplicates),
        *quality_findings(quality, limits or QualityLimits()),
    ]
    if dataset.votes is not None:
        share = no_face_share(dataset.votes)
        found.append(
            _worst_first("no_face", share, share >= (limits or QualityLimits()).no_face_votes)
        )
    elif faces:
        missing = ~find_faces(dataset.images, steps.next())
        found.append(_worst_first("no_face", missing.astype(np.float32), missing))
    return tuple(sorted(found, key=lambda finding: list(FINDING_KINDS).index(finding.kind)))


def quality_findings(quality: ImageQuality, limits: QualityLimits) -> tuple[Finding, ...]:
    """Return the findings about how images look; a blank image is nothing else besides."""
    pictures = quality.contrast >= limits.blank_contrast
    brightness, contrast = quality.brightness, quality.contrast
    return (
        _worst_first("blank", contrast, ~pictures, lowest=True),
        _worst_first("dark", brightness, pictures & (brightness < limits.dark), lowest=True),
        _worst_first("bright", brightness, pictures & (brightness > limits.bright)),
        _worst_first(
            "low_contrast", contrast, pictures & (contrast < limits.low_contrast), lowest=True
        ),
        _worst_first(
            "blurred",
            quality.sharpness,
            pictures & (quality.sharpness < limits.blurred),
            lowest=True,
        ),
        _worst_first("drawn", quality.flatness, pictures & (quality.flatness > limits.drawn)),
    )


def duplicate_findings(dataset: FaceDataset, duplicates: Duplicates) -> tuple[Finding, ...]:
    """Return the findings about images that stand in a dataset more than once."""
    exact, near, splits = duplicates.exact, duplicates.near, dataset.splits
    leaked, surplus = exact.leaked(splits), exact.surplus(splits)
    conflicting = _in_conflict(exact, dataset.labels)
    found = [
        _grouped("leak", dataset, exact, leaked),
        _grouped("duplicate", dataset, exact, surplus),
        _grouped("conflict", dataset, exact, conflicting),
    ]
    if near is not None:
        near_conflicting = _in_conflict(near, dataset.labels)
        found += [
            _grouped("near_leak", dataset, near, near.leaked(splits) & ~leaked),
            _grouped("near_duplicate", dataset, near, near.surplus(splits) & ~surplus),
            _grouped("near_conflict", dataset, near, near_conflicting & ~conflicting),
        ]
    if duplicates.mirrored is not None:
        mirrored = duplicates.mirrored
        found.append(_grouped("mirrored", dataset, mirrored, mirrored.surplus(0 * splits)))
    return tuple(found)


#: The columns of ``findings_csv``.
CSV_COLUMNS: Final = (
    "kind", "index", "split", "row", "label", "measure", "score",
    "partner_index", "partner_split", "partner_row", "partner_label",
)  # fmt: skip


def findings_csv(dataset: FaceDataset, findings: Iterable[Finding]) -> bytes:
    """Return findings as a CSV file in UTF-8, one line for each image of each kind."""
    rows = []
    for finding in findings:
        measure = FINDING_KINDS[finding.kind].measure
        for place, index in enumerate(finding.indices.tolist()):
            partner = (
                4 * [""]
                if finding.partners is None
                else _identity(dataset, int(finding.partners[place]))
            )
            line = [
                finding.kind,
                *_identity(dataset, index),
                measure,
                f"{finding.scores[place]:.6g}",
                *partner,
            ]
            rows.append(dict(zip(CSV_COLUMNS, line, strict=True)))
    return csv_of_rows(CSV_COLUMNS, rows).encode()


class _Steps:
    """Divides one progress among several searches over the same images."""

    def __init__(self, progress: CountProgress | None, images: int, steps: int) -> None:
        self._progress = progress
        self._images = images
        self._total = images * steps
        self._done = 0

    def next(self) -> CountProgress | None:
        """Return the progress of the next search."""
        progress, before = self._progress, self._done
        self._done += self._images
        if progress is None:
            return None
        # A search may have left images out, such as copies of others.
        return lambda done, total: progress(before + done * self._images // total, self._total)


def _identity(dataset: FaceDataset, index: int) -> list[str]:
    """Return index, split, row and label of an image."""
    return [
        str(index),
        SPLITS[dataset.splits[index]],
        str(dataset.rows[index]),
        EMOTIONS[dataset.labels[index]],
    ]


def _worst_first(
    kind: str, scores: NDArray[np.float32], chosen: NDArray[np.bool_], *, lowest: bool = False
) -> Finding:
    indices = np.flatnonzero(chosen)
    order = np.argsort(scores[indices] if lowest else -scores[indices], kind="stable")
    return Finding(kind, indices[order], scores[indices[order]])


def _grouped(
    kind: str, dataset: FaceDataset, groups: ImageGroups, chosen: NDArray[np.bool_]
) -> Finding:
    indices = np.flatnonzero(chosen)
    order = np.argsort(groups.numbers[indices], kind="stable")  # what belongs together stands so
    indices = indices[order]
    sizes = groups.sizes[groups.numbers[indices]].astype(np.float32)
    partners = [_partner(kind, dataset, groups, index) for index in indices.tolist()]
    return Finding(kind, indices, sizes, np.array(partners, np.intp))


def _partner(kind: str, dataset: FaceDataset, groups: ImageGroups, index: int) -> int:
    """Return the image of the group that shows best what is wrong with image ``index``."""
    others = groups.others(index)
    if kind.endswith("leak"):
        wanted = dataset.splits[others] == SPLITS.index("Training")
    elif kind.endswith("conflict"):
        wanted = dataset.labels[others] != dataset.labels[index]
    elif kind.endswith("duplicate"):
        wanted = dataset.splits[others] == dataset.splits[index]
    else:
        wanted = np.ones(len(others), bool)
    return int(others[wanted][0])


def _in_conflict(groups: ImageGroups, labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return for each image whether its group has more than one label."""
    in_conflict: NDArray[np.bool_] = np.isin(groups.numbers, groups.conflicting(labels))
    return in_conflict
