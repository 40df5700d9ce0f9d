"""Named lists of images to leave out of a dataset, kept as JSON files in the user's data folder.

A list names each image by its split, its row and its pixels, so that it fits the dataset it was
made for in whatever form that is read, and that dataset joined to another; any other is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.checks.findings import Finding
from emotion_core.datasets.types import SPLITS, Exclusion, FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError
from emotion_core.system.files import write_json
from emotion_core.system.folders import collection_dir
from emotion_core.system.json_reading import checked, read_json
from emotion_core.system.names import checked_name
from emotion_core.system.shelf import Shelf

#: Names the folder of all lists instead of the one in the user's data.
EXCLUSIONS_DIR_VARIABLE: Final = "EMOTION_EXCLUSIONS_DIR"

_SUFFIX: Final = ".json"
_FORMAT: Final = "emotion exclusion list 1"

_SHELF: Final = Shelf(
    one="an exclusion list",
    everything="all exclusion lists",
    error=DatasetError,
    is_ours=lambda _: True,
    mend=f"name another with {EXCLUSIONS_DIR_VARIABLE}",
    suffix=_SUFFIX,
)


@dataclass(frozen=True)
class ExcludedImage:
    """One image to leave out.

    Attributes:
        split: name of its split, as in ``SPLITS``.
        row: its row in the source file, counted from 0 (``FaceDataset.rows``).
        label: its expression, for readers of the file.
        pixels: what ``image_digest`` gives for it.
        reasons: why, such as kinds of findings; at least one.
    """

    split: str
    row: int
    label: str
    pixels: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class ExclusionList:
    """Images to leave out of one dataset.

    Attributes:
        name: what the list is called, and its file.
        dataset: name of the dataset it was made for.
        fingerprint: of that dataset.
        created: time in UTC, ISO 8601.
        images: in the order of the dataset; at least one.
    """

    name: str
    dataset: str
    fingerprint: str
    created: str
    images: tuple[ExcludedImage, ...]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def checksum(self) -> str:
        """SHA-256 of which images are left out, whatever the list's name and reasons."""
        content = sorted((image.split, image.row, image.pixels) for image in self.images)
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def reasons(self) -> dict[str, int]:
        """How many images each reason leaves out, the most frequent first."""
        counts: dict[str, int] = {}
        for image in self.images:
            for reason in image.reasons:
                counts[reason] = counts.get(reason, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: -item[1]))


@dataclass(frozen=True)
class StoredExclusions:
    """What a folder of exclusion lists holds.

    Attributes:
        lists: the newest first.
        problems: one line for each file that is no exclusion list, or a damaged one.
    """

    lists: tuple[ExclusionList, ...]
    problems: tuple[str, ...]


def exclusion_list(
    dataset: FaceDataset, name: str, reasons: Mapping[str, NDArray[np.intp]]
) -> ExclusionList:
    """Return a list of images of ``dataset`` to leave out.

    Args:
        dataset: the whole dataset, as it was opened.
        name: what to call it, see ``names.checked_name``.
        reasons: why -> indices of the images, intp ``[K]``.

    Raises:
        DatasetError: the name does not do, no image is named, or none would be left.
    """
    name = checked_name(name, DatasetError)
    of_image: dict[int, list[str]] = {}
    for reason, indices in reasons.items():
        for index in indices.tolist():
            of_image.setdefault(index, []).append(reason)
    if not 0 < len(of_image) < len(dataset):
        raise DatasetError(
            f"exclusion list {name!r}: expected 1 to {len(dataset) - 1} images to leave out of "
            f"{dataset.name}, found {len(of_image)}; choose others"
        )
    return ExclusionList(
        name=name,
        dataset=dataset.name,
        fingerprint=dataset.fingerprint,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        images=tuple(
            ExcludedImage(
                split=SPLITS[dataset.splits[index]],
                row=int(dataset.rows[index]),
                label=EMOTIONS[dataset.labels[index]],
                pixels=image_digest(dataset.images[index]),
                reasons=tuple(of_image[index]),
            )
            for index in sorted(of_image)
        ),
    )


def exclusion_list_of(
    dataset: FaceDataset, name: str, findings: Iterable[Finding]
) -> ExclusionList:
    """Return a list of all images of some findings.

    Raises:
        DatasetError: as ``exclusion_list``.
    """
    return exclusion_list(dataset, name, {finding.kind: finding.indices for finding in findings})


def exclude(dataset: FaceDataset, exclusions: ExclusionList) -> FaceDataset:
    """Return ``dataset`` without the images of a list.

    Raises:
        DatasetError: the list was made for another dataset, or images were left out before.
    """
    if dataset.excluded is not None:
        raise DatasetError(
            f"{dataset.name}: expected a whole dataset, found one without the list "
            f"{dataset.excluded.name!r}; make one list of both"
        )
    kept = dataset.subset(~excluded_images(dataset, exclusions))
    return replace(kept, excluded=Exclusion(exclusions.name, len(exclusions), exclusions.checksum))


def excluded_images(dataset: FaceDataset, exclusions: ExclusionList) -> NDArray[np.bool_]:
    """Return for each image of ``dataset`` whether a list names it, bool ``[N]``.

    Raises:
        DatasetError: not all images of the list are in the dataset, or there are no others.
    """
    wanted = {(image.split, image.row): image.pixels for image in exclusions.images}
    rows = np.array([image.row for image in exclusions.images])
    found = np.zeros(len(dataset), bool)
    for index in np.flatnonzero(np.isin(dataset.rows, rows)).tolist():
        pixels = wanted.get((SPLITS[dataset.splits[index]], int(dataset.rows[index])))
        found[index] = pixels is not None and pixels == image_digest(dataset.images[index])
    if found.sum() < len(exclusions):
        raise DatasetError(
            f"{dataset.name}: expected the dataset of the exclusion list {exclusions.name!r}, "
            f"{exclusions.dataset} with fingerprint {exclusions.fingerprint[:12]}, found only "
            f"{found.sum()} of the {len(exclusions)} images it leaves out (fingerprint "
            f"{dataset.fingerprint[:12]}); make a list for this dataset"
        )
    if found.all():
        raise DatasetError(
            f"{dataset.name}: expected other images beside those of the exclusion list "
            f"{exclusions.name!r}, found none; choose another list"
        )
    return found


def image_digest(image: NDArray[np.uint8]) -> str:
    """Return what stands for the pixels of an image uint8 ``[48, 48]``: 32 hexadecimal digits."""
    return hashlib.blake2b(image.tobytes(), digest_size=16).hexdigest()


def exclusions_dir() -> Path:
    """Return the folder of all lists; it need not exist.

    It is named by the environment variable EMOTION_EXCLUSIONS_DIR, else it is in ``data_dir``.
    """
    return collection_dir(EXCLUSIONS_DIR_VARIABLE, "exclusions")


def save_exclusions(exclusions: ExclusionList, folder: Path | None = None) -> Path:
    """Write a list, in place of an earlier one of its name, and return its file.

    Args:
        exclusions: the list.
        folder: where to; None for ``exclusions_dir()``.

    Raises:
        DatasetError: it cannot be written.
    """
    path = _file(exclusions.name, folder)
    try:
        write_json(path, {"format": _FORMAT, **asdict(exclusions)})
    except OSError as error:
        raise DatasetError(
            f"{path}: the exclusion list cannot be written ({error.strerror}); make room, or name "
            f"another folder with {EXCLUSIONS_DIR_VARIABLE}"
        ) from error
    return path


def load_exclusions(name: str, folder: Path | None = None) -> ExclusionList:
    """Return a list by its name, or by the path of its file.

    Args:
        name: of a list in ``folder``; or a path, which ends in ``.json``.
        folder: None for ``exclusions_dir()``.

    Raises:
        DatasetError: there is no such list, or it is damaged.
    """
    path = Path(name) if name.endswith(_SUFFIX) else _file(name, folder)
    try:
        content = read_json(path)
    except FileNotFoundError:
        stored = [each.name for each in list_exclusions(folder).lists]
        raise DatasetError(
            f"{name}: expected an exclusion list, found nothing at {path}; there are "
            f"{', '.join(stored) or 'none yet'}"
        ) from None
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{path}: expected an exclusion list, but it cannot be read ({error}); make it again"
        ) from error
    return _parse(path, content)


def list_exclusions(folder: Path | None = None) -> StoredExclusions:
    """Return the lists in ``folder``, None for ``exclusions_dir()``; it need not exist."""
    parent = folder or exclusions_dir()
    try:
        lists, problems = _SHELF.open_all(parent, lambda path: load_exclusions(str(path)))
    except DatasetError as error:
        return StoredExclusions((), (str(error),))
    lists.sort(key=lambda each: each.created, reverse=True)
    return StoredExclusions(tuple(lists), problems)


def delete_exclusions(name: str, folder: Path | None = None) -> None:
    """Delete the list ``name`` in ``folder``, None for ``exclusions_dir()``.

    Raises:
        DatasetError: there is no such list, or it cannot be deleted.
    """
    path = _file(name, folder)
    if not path.is_file():
        raise DatasetError(f"{path}: expected an exclusion list to delete, found none")
    _SHELF.delete(path)


def _file(name: str, folder: Path | None) -> Path:
    """Return the file of a list, which need not exist; one that does keeps the name it has."""
    parent = folder or exclusions_dir()
    known = _SHELF.called(parent, name)
    return known or parent / f"{checked_name(name, DatasetError)}{_SUFFIX}"


def _parse(path: Path, content: Any) -> ExclusionList:
    try:
        if content["format"] != _FORMAT:
            raise ValueError(f"format {content['format']!r}")
        known = {entry.name for entry in fields(ExclusionList)}
        found = checked({key: content[key] for key in content if key in known}, ExclusionList)
        images = found.images
        if len({(image.split, image.row) for image in images}) != len(images) or not images:
            raise ValueError("no image, or one that is named twice")
        if unknown := {image.split for image in images} - set(SPLITS):
            raise ValueError(f"split: expected {', '.join(SPLITS)}, found {min(unknown)!r:.40}")
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{path}: expected an exclusion list ({_FORMAT!r}), found another or a damaged file "
            f"({error}); make it again"
        ) from error
    return found
