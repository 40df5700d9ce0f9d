"""Named lists of images to leave out or relabel, kept as JSON files in the user's data folder.

The dataset itself is never changed: ``corrections`` applies a list. It names each image by its
split, its row and its pixels, so that it fits the dataset it was made for in whatever form that is
read, and that dataset joined to another; any other is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.access.audit import note
from emotion_core.access.room import refuse_beyond
from emotion_core.datasets.checks.findings import Finding
from emotion_core.datasets.types import SPLITS, Exclusion, FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError
from emotion_core.system.names import checked_name
from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.folders import collection_dir
from emotion_core.system.storage.json_reading import checked, read_json
from emotion_core.system.storage.shelf import Shelf

#: Names the folder of all lists instead of the one in the user's data.
EXCLUSIONS_DIR_VARIABLE: Final = "EMOTION_EXCLUSIONS_DIR"

_SUFFIX: Final = ".json"
# What a line of the file takes, about.
_BYTES_OF_IMAGE: Final = 200

_FORMAT: Final = "emotion exclusion list 1"
#: Of lists that relabel images: who knows the first format alone would leave these out.
_FORMAT_WITH_LABELS: Final = "emotion exclusion list 2"

_SHELF: Final = Shelf(
    one="a correction list",
    everything="all correction lists",
    error=DatasetError,
    is_ours=lambda _: True,
    mend=f"name another with {EXCLUSIONS_DIR_VARIABLE}",
    suffix=_SUFFIX,
)


@dataclass(frozen=True)
class ExcludedImage:
    """One image to leave out, or to give another label.

    Attributes:
        split: name of its split, as in ``SPLITS``.
        row: its row in the source file, counted from 0 (``FaceDataset.rows``).
        label: its expression, for readers of the file.
        pixels: what ``image_digest`` gives for it.
        reasons: why, such as kinds of findings; at least one.
        becomes: the expression that it is labelled with instead; None: it is left out.
    """

    split: str
    row: int
    label: str
    pixels: str
    reasons: tuple[str, ...]
    becomes: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what the file holds of it; ``becomes`` only where there is one."""
        content = asdict(self)
        if self.becomes is None:
            del content["becomes"]
        return content


@dataclass(frozen=True)
class ExclusionList:
    """Images of one dataset to leave out, or to give another label.

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
        """SHA-256 of what is done to which images, whatever the list's name and reasons."""
        content = sorted(
            (image.split, image.row, image.pixels, *filter(None, [image.becomes]))
            for image in self.images
        )
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def relabelled(self) -> int:
        """How many of the images get another label; the others are left out."""
        return sum(image.becomes is not None for image in self.images)

    @property
    def record(self) -> Exclusion:
        """What reports and cards say of it."""
        left_out = len(self) - self.relabelled
        return Exclusion(self.name, left_out, self.checksum, self.relabelled)

    @property
    def reasons(self) -> dict[str, int]:
        """How many images there are for each reason, the most frequent first."""
        counts: dict[str, int] = {}
        for image in self.images:
            for reason in image.reasons:
                counts[reason] = counts.get(reason, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: -item[1]))


@dataclass(frozen=True)
class StoredExclusions:
    """What a folder holds: its lists, the newest first, and one line for each file that is none."""

    lists: tuple[ExclusionList, ...]
    problems: tuple[str, ...]


def exclusion_list(
    dataset: FaceDataset,
    name: str,
    reasons: Mapping[str, NDArray[np.intp]],
    becomes: str | None = None,
) -> ExclusionList:
    """Return a list of images of ``dataset`` to leave out, or to give another label.

    Args:
        dataset: the whole dataset, as it was opened.
        name: what to call it, see ``names.checked_name``.
        reasons: why -> indices of the images, intp ``[K]``.
        becomes: the expression that all of them show, as in ``EMOTIONS``; None: leave them out.

    Raises:
        DatasetError: the name does not do, no image is named, or none would be left.
    """
    name = checked_name(name, DatasetError)
    of_image: dict[int, list[str]] = {}
    for reason, indices in reasons.items():
        for index in indices.tolist():
            of_image.setdefault(index, []).append(reason)
    if not 0 < len(of_image) < len(dataset) + (becomes is not None):
        raise DatasetError(
            f"correction list {name!r}: expected 1 to {len(dataset) - 1} images of {dataset.name} "
            f"to exclude, found {len(of_image)}; choose others"
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
                becomes=becomes,
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


def image_digest(image: NDArray[np.uint8]) -> str:
    """Return what stands for the pixels of an image uint8 ``[48, 48]``: 32 hexadecimal digits."""
    return hashlib.blake2b(image.tobytes(), digest_size=16).hexdigest()


def exclusions_dir() -> Path:
    """Return the folder of all lists, in the user's data folder; it need not exist."""
    return collection_dir(EXCLUSIONS_DIR_VARIABLE, "exclusions")


def save_exclusions(exclusions: ExclusionList, folder: Path | None = None) -> Path:
    """Write a list, in place of an earlier one of its name, and return its file.

    Args:
        exclusions: the list.
        folder: where to; None for ``exclusions_dir()``.

    Raises:
        DatasetError: it cannot be written.
        NoRoomError: whoever this runs for may not keep it.
    """
    path = _file(exclusions.name, folder)
    if folder is None:
        refuse_beyond(_BYTES_OF_IMAGE * len(exclusions), exclusions.name)
    try:
        images = [image.to_json() for image in exclusions.images]
        version = _FORMAT_WITH_LABELS if exclusions.relabelled else _FORMAT
        write_json(path, {"format": version, **asdict(exclusions), "images": images})
    except OSError as error:
        raise DatasetError(
            f"{path}: the correction list cannot be written ({error.strerror}); free up space, or "
            f"name another folder with {EXCLUSIONS_DIR_VARIABLE}"
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
            f"{name}: expected a correction list, found nothing at {path}; existing lists: "
            f"{', '.join(stored) or 'none yet'}"
        ) from None
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{path}: expected a correction list, but it cannot be read ({error}); make it again"
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
        raise DatasetError(f"{path}: expected a correction list to delete, found none")
    _SHELF.delete(path)
    note("deleted", "correction list", name)


def _file(name: str, folder: Path | None) -> Path:
    """Return the file of a list, which need not exist; one that does keeps the name it has."""
    parent = folder or exclusions_dir()
    known = _SHELF.called(parent, name)
    return known or parent / f"{checked_name(name, DatasetError)}{_SUFFIX}"


def _parse(path: Path, content: Any) -> ExclusionList:
    try:
        if content["format"] not in (_FORMAT, _FORMAT_WITH_LABELS):
            raise ValueError(f"format {content['format']!r}")
        known = {entry.name for entry in fields(ExclusionList)}
        found = checked({key: content[key] for key in content if key in known}, ExclusionList)
        images = found.images
        if len({(image.split, image.row) for image in images}) != len(images) or not images:
            raise ValueError("no image, or one that is named twice")
        if unknown := {image.split for image in images} - set(SPLITS):
            raise ValueError(f"split: expected {', '.join(SPLITS)}, found {min(unknown)!r:.40}")
        if strange := {image.becomes for image in images} - {None, *EMOTIONS}:
            raise ValueError(f"becomes: expected {', '.join(EMOTIONS)}, found {strange!r:.40}")
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{path}: expected a correction list ({_FORMAT!r}), found another or a damaged file "
            f"({error}); make it again"
        ) from error
    return found
