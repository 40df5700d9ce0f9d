"""The folder of all datasets of one's own: list, create, rename, delete, export.

Each is a folder that ``dataset`` describes and ``samples`` fills.
"""

from __future__ import annotations

import zipfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from emotion_core.access.audit import note
from emotion_core.access.sharing import folders_shared_with_me, stop_sharing
from emotion_core.datasets.own.dataset import (
    HEADER_FILE,
    OWN_DATA_FORMAT,
    TABLE_FILE,
    OwnDataset,
    open_own_dataset,
    samples_table,
)
from emotion_core.datasets.reading.bad_rows import RowError
from emotion_core.datasets.reading.class_names import label_of
from emotion_core.datasets.reading.image_folder import is_picture
from emotion_core.errors import DatasetError
from emotion_core.system.storage.files import replace_file, write_json
from emotion_core.system.storage.folders import DESKTOP_FILES, data_dir
from emotion_core.system.storage.formats import known
from emotion_core.system.storage.persons import whose
from emotion_core.system.storage.shelf import Shelf

#: What whoever adds faces has to agree to first, and what it means.
AGREEMENT: Final = "Everyone whose face I add here has agreed to this:"
_STORED: Final = (
    "Their face is stored on the machine that runs this app, with its expression and the time, "
    "until someone deletes it.",
    "It is used to train and test models.",
)
_FOR_ALL: Final = "Anyone who uses this app can see, download and delete it."
_FOR_ITS_OWNER: Final = (
    "I can see, download and delete it, and so can whoever runs this app; others only if I share "
    "it with them."
)

#: What stands before the name of such a dataset where a path is expected: ``own/NAME``.
OWN_PREFIX: Final = "own"


def agreed_points() -> tuple[str, ...]:
    """Return what ``AGREEMENT`` is to, a sentence each: where there are accounts, fewer can see."""
    return (*_STORED, _FOR_ALL if whose() is None else _FOR_ITS_OWNER)


def consent() -> str:
    """Return all of it in one text, which is stored with each dataset."""
    return " ".join((AGREEMENT, *agreed_points()))


@dataclass(frozen=True)
class OwnDatasetList:
    """What the folder of all own datasets holds.

    Attributes:
        datasets: sorted by name.
        problems: one line for each folder that is no such dataset, or a damaged one.
    """

    datasets: tuple[OwnDataset, ...]
    problems: tuple[str, ...]


def own_data_dir() -> Path:
    """Return the folder of all own datasets; it need not exist.

    It is in the user's data, or in the folder that EMOTION_DATA_DIR names.
    """
    return known(data_dir() / "own_data", "own_data")


def own_path(path: Path) -> Path | None:
    """Return the folder that ``own/NAME`` stands for; None when ``path`` is no such name."""
    if len(path.parts) != 2 or path.parts[0] != OWN_PREFIX:
        return None
    folder = own_data_dir() / path.parts[1]
    return folder if (folder / HEADER_FILE).is_file() else None


def create_own_dataset(parent: Path, name: str, consent: str) -> OwnDataset:
    """Make an empty dataset.

    Args:
        parent: the folder of all of them.
        name: what to call it and its folder.
        consent: the text that was agreed to.

    Raises:
        DatasetError: the name cannot be a folder's or is taken, or nothing can be written there.
    """
    folder = _SHELF.free(parent, name)
    header = {
        "format": OWN_DATA_FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "consent": consent,
    }
    with _SHELF.make(folder) as temporary:
        write_json(temporary / HEADER_FILE, header)
        (temporary / TABLE_FILE).write_bytes(samples_table(()))
    return open_own_dataset(folder)


def list_own_datasets(parent: Path) -> OwnDatasetList:
    """Return the datasets in ``parent``, which need not exist.

    Raises:
        DatasetError: the folder cannot be read.
    """
    datasets, problems = _SHELF.open_all(parent, open_own_dataset)
    return OwnDatasetList(tuple(datasets), problems)


@dataclass(frozen=True)
class SharedDataset:
    """A dataset in somebody else's home; to look at and train with only.

    Attributes:
        dataset: as its owner has it.
        owner: whose, by id.
        since: when they shared it, UTC in ISO 8601.
    """

    dataset: OwnDataset
    owner: str
    since: str


def shared_own_datasets() -> tuple[SharedDataset, ...]:
    """Return the datasets that others let whoever this runs for see, by name."""
    found = []
    for share, folder in folders_shared_with_me("dataset", own_data_dir):
        with suppress(DatasetError):  # damaged, or just deleted: its owner's to know
            found.append(SharedDataset(open_own_dataset(folder), share.owner, share.since))
    return tuple(sorted(found, key=lambda each: each.dataset.name.casefold()))


def find_own_dataset(parent: Path, name: str) -> OwnDataset:
    """Return the dataset in ``parent`` with this name.

    Raises:
        DatasetError: there is none, or it is damaged.
    """
    return open_own_dataset(_folder_of(parent, name))


def rename_own_dataset(dataset: OwnDataset, name: str) -> OwnDataset:
    """Give a dataset and its folder another name, and return it under that name.

    Raises:
        DatasetError: the name cannot be a folder's or is taken, or the folder cannot be renamed.
    """
    if name.strip() == dataset.name:
        return dataset
    renamed = open_own_dataset(_SHELF.rename(dataset.folder, name))
    stop_sharing("dataset", dataset.name)
    return renamed


def delete_own_dataset(parent: Path, name: str) -> None:
    """Delete a dataset with all its samples; a damaged one as well.

    Nothing is deleted that does not belong to it: neither a folder without a header nor files that
    somebody put there, other than pictures in folders of a class.

    Raises:
        DatasetError: there is no such dataset, it holds other files, or it cannot be deleted.
    """
    _SHELF.delete(_folder_of(parent, name))
    stop_sharing("dataset", name)
    note("deleted", "dataset", name)


def export_own_dataset(dataset: OwnDataset, path: Path) -> None:
    """Write a dataset to a ZIP file, whole or not at all; ``open_dataset`` reads it.

    Raises:
        DatasetError: the dataset cannot be read.
        OSError: ``path`` cannot be written.
    """
    with replace_file(path) as temporary, temporary.open("wb") as file:
        write_zip(dataset, file)


def write_zip(dataset: OwnDataset, file: BinaryIO) -> None:
    """Write a dataset as a ZIP file to an open file.

    Raises:
        DatasetError: the dataset cannot be read.
    """
    dataset = open_own_dataset(dataset.folder)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # PNG is compressed already
        archive.writestr(f"{dataset.name}/{TABLE_FILE}", samples_table(dataset.samples))
        for name in (HEADER_FILE, *(sample.file for sample in dataset.samples)):
            try:
                content = (dataset.folder / name).read_bytes()
            except OSError as error:
                raise DatasetError(
                    f"{dataset.folder / name} cannot be read ({error.strerror}); was it deleted "
                    "just now? Try again"
                ) from error
            archive.writestr(f"{dataset.name}/{name}", content)
    note("exported", "dataset", dataset.name)


def _folder_of(parent: Path, name: str) -> Path:
    folder = _SHELF.find(parent, name)
    if not (folder / HEADER_FILE).is_file():
        raise _SHELF.unknown(parent, name)
    return folder


def _is_ours(file: str) -> bool:
    """Tell whether a file, by its path below the folder, belongs to a dataset."""
    *_, name = file.split("/")
    if file in (HEADER_FILE, TABLE_FILE) or name in DESKTOP_FILES:
        return True
    # What a killed process was about to write (`files.replace_file`).
    if name.startswith("."):
        return name.endswith((".png", ".json", ".csv"))
    try:
        label_of(file)
    except RowError:
        return False
    return is_picture(name)


_SHELF: Final = Shelf(
    one="a dataset",
    everything="your datasets",
    error=DatasetError,
    is_ours=_is_ours,
    how_to_list="python -m emotion_core own list",
)
