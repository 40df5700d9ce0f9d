"""Remembers which datasets were opened last, so that nobody types a path twice."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.folders import data_dir
from emotion_core.system.storage.json_reading import checked, read_json

#: How many are remembered.
MOST_RECENT: Final = 8

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecentDataset:
    """A dataset that was opened.

    Attributes:
        path: absolute path of its file or folder.
        name: what it is called.
        images: how many faces it had.
    """

    path: str
    name: str
    images: int

    @property
    def id(self) -> str:
        """A short name for addresses: it tells datasets apart without giving their path away."""
        return path_id(self.path)


def path_id(path: str) -> str:
    """Return the ``RecentDataset.id`` of a path."""
    return f"{Path(path).name}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:8]}"


def recent_file() -> Path:
    """Return the file that lists them; it need not exist."""
    return data_dir() / "recent_datasets.json"


def recent_datasets() -> tuple[RecentDataset, ...]:
    """Return the datasets opened last, the newest first; those that are gone are left out."""
    return tuple(entry for entry in _read() if Path(entry.path).exists())


def remember_dataset(opened: RecentDataset) -> None:
    """Put a dataset at the head of the list. A list that cannot be written is not worth an error.

    Two processes that do so at the same moment may lose one of the two entries.
    """
    others = [entry for entry in _read() if entry.path != opened.path]
    _write([opened, *others][:MOST_RECENT])


def _read() -> list[RecentDataset]:
    try:
        return checked(read_json(recent_file()), list[RecentDataset])
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.info("%s is damaged and starts over: %s", recent_file(), error)
        return []


def _write(entries: list[RecentDataset]) -> None:
    try:
        write_json(recent_file(), [asdict(entry) for entry in entries])
    except OSError as error:
        _log.warning("the list of recent datasets cannot be written: %s", error)
