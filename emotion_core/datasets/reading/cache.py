"""Remembers what was read: arrays as ``.npy`` files that the next start maps into memory.

An entry is one folder, named by its source and by the state (size and time) its source was in. It
is written whole or not at all, and never changed afterwards, so any number of processes may read
and write at once. Whatever goes wrong here only costs time: the data set is read again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from emotion_core.datasets.types import FaceDataset
from emotion_core.errors import DatasetError
from emotion_core.system.files import replace_folder
from emotion_core.system.folders import cache_dir

#: Raised whenever the readers give other arrays for the same file.
READER_VERSION: Final = 1

_ARRAYS: Final = ("images", "labels", "splits", "rows")
_META_NAME: Final = "meta.json"
_ABANDONED_AFTER_SECONDS: Final = 24 * 60 * 60

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CacheKey:
    """Names a cache entry.

    Attributes:
        source: what was read and how: paths and options.
        state: what the source was like: sizes and times of its files.
    """

    source: tuple[Any, ...]
    state: tuple[Any, ...]

    @property
    def source_digest(self) -> str:
        """The same for every state of one source."""
        return _digest(self.source)

    @property
    def folder_name(self) -> str:
        """Name of the entry's folder."""
        return f"{self.source_digest}-{_digest((READER_VERSION, self.state))}"


def load(key: CacheKey) -> FaceDataset | None:
    """Return the entry ``key``, mapped into memory read-only, or None if there is no sound one."""
    folder = cache_dir() / key.folder_name
    try:
        meta = json.loads((folder / _META_NAME).read_text(encoding="utf-8"))
        names = [*_ARRAYS, "votes"] if meta["has_votes"] else list(_ARRAYS)
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in names
        }
        return FaceDataset(
            name=str(meta["name"]),
            dropped_rows=int(meta["dropped_rows"]),
            known_fingerprint=str(meta["fingerprint"]),
            **arrays,
        )
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError, KeyError, TypeError, DatasetError) as error:
        _log.info("cache entry %s is damaged and will be rebuilt: %s", folder, error)
        return None


def store(key: CacheKey, dataset: FaceDataset) -> None:
    """Write the entry ``key`` and remove entries of the same source in an earlier state.

    A cache that cannot be written is worth a warning in the log, no more.
    """
    folder = cache_dir() / key.folder_name
    try:
        with replace_folder(folder) as temporary:
            _write_entry(temporary, dataset)
    except OSError as error:
        if load(key) is None:  # else another process was faster, and its entry is as good
            _log.warning("%s is not cached, reading it stays slow: %s", dataset.name, error)
        return
    _remove_outdated(key)


def _write_entry(folder: Path, dataset: FaceDataset) -> None:
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(dataset, name), allow_pickle=False)
    if dataset.votes is not None:
        np.save(folder / "votes.npy", dataset.votes, allow_pickle=False)
    meta = {
        "name": dataset.name,
        "dropped_rows": dataset.dropped_rows,
        "has_votes": dataset.votes is not None,
        "fingerprint": dataset.fingerprint,
    }
    (folder / _META_NAME).write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")


def _remove_outdated(key: CacheKey) -> None:
    """Remove earlier states of the source, and what killed processes left half-written."""
    for folder in cache_dir().glob(f"{key.source_digest}-*"):
        if folder.name != key.folder_name:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in cache_dir().glob(f".{key.source_digest}-*"):
        try:
            age = time.time() - folder.stat().st_mtime
        except OSError:  # its process has just finished
            continue
        if age > _ABANDONED_AFTER_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _digest(content: tuple[Any, ...]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:20]
