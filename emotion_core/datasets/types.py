"""What every reader returns: faces, labels and splits as arrays, validated once."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.errors import DatasetError
from emotion_core.quantities import counted

#: FER2013's own names of its splits (its column ``Usage``).
SPLITS: Final[tuple[str, ...]] = ("Training", "PublicTest", "PrivateTest")

#: FER+ vote columns in file order (Barsoum et al. 2016); NF means "no face".
VOTE_NAMES: Final[tuple[str, ...]] = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)


@dataclass(frozen=True)
class Exclusion:
    """Which correction list a dataset was opened with (see ``exclusions``).

    Attributes:
        name: the list's name.
        images: how many images it left out.
        checksum: SHA-256 of what it changed, equal for lists that change the same.
        relabelled: how many images it gave another label.
    """

    name: str
    images: int
    checksum: str
    relabelled: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return what cards and reports hold of it; ``relabelled`` only where it is not 0."""
        content = asdict(self)
        if not self.relabelled:
            del content["relabelled"]
        return content

    def __str__(self) -> str:
        """In words: what it did to how many images."""
        parts = [f"left out {counted(self.images, 'image')}"] if self.images else []
        if self.relabelled:
            parts.append(f"gave {counted(self.relabelled, 'image')} another label")
        return " and ".join(parts)


@dataclass(frozen=True, eq=False)
class FaceDataset:
    """Labelled faces.

    Attributes:
        name: what to call it on a page, such as ``fer2013.csv``.
        images: uint8 ``[N, 48, 48]``, grey 0..255; may be a read-only memory map.
        labels: uint8 ``[N]``, index into ``EMOTIONS``.
        splits: uint8 ``[N]``, index into ``SPLITS``.
        rows: int64 ``[N]``, zero-based row in the source file (or rank among a folder's files).
        votes: uint8 ``[N, 10]`` FER+ votes in the order of ``VOTE_NAMES``, or None.
        dropped_rows: bad rows that were left out on request.
        excluded: the correction list that was applied to it; None: none was.
        notes: what whoever uses the data should know of how it was read, each in one line.
        known_fingerprint: the fingerprint, where the cache remembers it; None: to be computed.

    Raises:
        DatasetError: shapes, dtypes or values do not fit the above.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    splits: NDArray[np.uint8]
    rows: NDArray[np.int64]
    votes: NDArray[np.uint8] | None = None
    dropped_rows: int = 0
    excluded: Exclusion | None = None
    notes: tuple[str, ...] = ()
    known_fingerprint: str | None = None

    def __post_init__(self) -> None:
        count = len(self.images)
        expected = {
            "images": (count, FACE_SIZE, FACE_SIZE),
            "labels": (count,),
            "splits": (count,),
            "rows": (count,),
            "votes": (count, len(VOTE_NAMES)),
        }
        for field, shape in expected.items():
            array = getattr(self, field)
            if array is not None and array.shape != shape:
                raise DatasetError(f"{field}: expected shape {shape}, found {array.shape}")
        for field in ("images", "labels", "splits"):
            dtype = getattr(self, field).dtype
            if dtype != np.uint8:
                raise DatasetError(f"{field}: expected dtype uint8, found {dtype}")
        if count == 0:
            raise DatasetError(f"{self.name}: expected at least one face, found none")
        if self.labels.max() >= len(EMOTIONS):
            raise DatasetError(
                f"labels: expected 0 to {len(EMOTIONS) - 1}, found {self.labels.max()}"
            )
        if self.splits.max() >= len(SPLITS):
            raise DatasetError(
                f"splits: expected 0 to {len(SPLITS) - 1}, found {self.splits.max()}"
            )

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of images, labels and splits: equal for equal content, whatever its file."""
        if self.known_fingerprint is not None:
            return self.known_fingerprint
        digest = hashlib.sha256()
        for array in (self.images, self.labels, self.splits):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def subset(
        self, keep: NDArray[np.bool_] | NDArray[np.intp], name: str | None = None
    ) -> FaceDataset:
        """Return the faces that ``keep`` (mask or indices) selects.

        Raises:
            DatasetError: nothing is selected.
        """
        return FaceDataset(
            name=name or self.name,
            images=self.images[keep],
            labels=self.labels[keep],
            splits=self.splits[keep],
            rows=self.rows[keep],
            votes=None if self.votes is None else self.votes[keep],
            dropped_rows=self.dropped_rows,
            excluded=self.excluded,
            notes=self.notes,
        )

    def split(self, split: str) -> FaceDataset:
        """Return the faces of one split.

        Raises:
            DatasetError: the split's name is unknown or it holds no face here.
        """
        if split not in SPLITS:
            raise DatasetError(f"expected a split of {', '.join(SPLITS)}, found {split!r}")
        mask = self.splits == SPLITS.index(split)
        if not mask.any():
            present = [name for code, name in enumerate(SPLITS) if (self.splits == code).any()]
            raise DatasetError(
                f"{self.name} has no {split} images, only {', '.join(present)}; "
                "choose one of these or another file"
            )
        return self.subset(mask, name=f"{self.name} {split}")


def byte_identical_to(images: NDArray[np.uint8], reference: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return for each of ``images`` whether it also stands byte for byte in ``reference``.

    Args:
        images: uint8 ``[N, 48, 48]``.
        reference: uint8 ``[M, 48, 48]``.

    Returns:
        bool ``[N]``.
    """
    known = {image.tobytes() for image in reference}
    return np.fromiter((image.tobytes() in known for image in images), bool, len(images))
