"""Remembers what was read: arrays as ``.npy`` files that the next start maps into memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, TypedDict

import numpy as np

from emotion_core.datasets.types import FaceDataset
from emotion_core.system.storage import disk_cache
from emotion_core.system.storage.disk_cache import CacheKey
from emotion_core.system.storage.json_reading import checked, read_json

#: Raised whenever the readers give other arrays for the same file.
READER_VERSION: Final = 2

_ARRAYS: Final = ("images", "labels", "splits", "rows")
_META_NAME: Final = "meta.json"


class _Meta(TypedDict):
    name: str
    dropped_rows: int
    notes: list[str]
    has_votes: bool
    fingerprint: str


def dataset_key(source: tuple[Any, ...], state: tuple[Any, ...]) -> CacheKey:
    """Return what names the entry of a dataset.

    Args:
        source: what was read and how: paths and options.
        state: what the source was like: sizes and times of its files.
    """
    return CacheKey("datasets", READER_VERSION, source, state)


def load(key: CacheKey) -> FaceDataset | None:
    """Return the entry ``key``, mapped into memory read-only, or None if there is no sound one."""
    return disk_cache.load(key, read_entry)


def store(key: CacheKey, dataset: FaceDataset) -> None:
    """Write the entry ``key`` in place of those of the same source in an earlier state."""
    lost = f"{dataset.name} is not cached, reading it stays slow"
    disk_cache.store(key, lambda folder: write_entry(folder, dataset), read_entry, lost=lost)


def read_entry(folder: Path, *, mapped: bool = True) -> FaceDataset:
    """Return what ``write_entry`` wrote into a folder, its arrays read-only.

    Args:
        folder: which one.
        mapped: whether the arrays stay on the disk, mapped into memory, as long as they are used.

    Raises:
        OSError: a file is missing, or cannot be read.
        ValueError: a file is damaged; so say EOFError, KeyError, TypeError and DatasetError.
    """
    meta = checked(read_json(folder / _META_NAME), _Meta)
    names = [*_ARRAYS, "votes"] if meta["has_votes"] else list(_ARRAYS)
    arrays = {
        name: np.load(folder / f"{name}.npy", mmap_mode="r" if mapped else None, allow_pickle=False)
        for name in names
    }
    for array in arrays.values():
        array.flags.writeable = False
    return FaceDataset(
        name=meta["name"],
        dropped_rows=meta["dropped_rows"],
        notes=tuple(meta["notes"]),
        known_fingerprint=meta["fingerprint"],
        **arrays,
    )


def write_entry(folder: Path, dataset: FaceDataset) -> None:
    """Write a dataset into an empty folder.

    Raises:
        OSError: the folder cannot be written or the disk is full.
    """
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(dataset, name), allow_pickle=False)
    if dataset.votes is not None:
        np.save(folder / "votes.npy", dataset.votes, allow_pickle=False)
    meta = {
        "name": dataset.name,
        "dropped_rows": dataset.dropped_rows,
        "notes": dataset.notes,
        "has_votes": dataset.votes is not None,
        "fingerprint": dataset.fingerprint,
    }
    (folder / _META_NAME).write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
