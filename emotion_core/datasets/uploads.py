"""Datasets that somebody uploaded to train on: kept as they came until somebody deletes them.

A run is trained by another process, maybe tomorrow, maybe resumed after a restart: what it learns
from has to lie where that process finds it again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final

from emotion_core.access.audit import note
from emotion_core.access.room import refuse_beyond
from emotion_core.datasets.reading.votes import VOTES_NAME
from emotion_core.errors import DatasetError
from emotion_core.system.names import fitted
from emotion_core.system.storage.files import replace_folder
from emotion_core.system.storage.folders import data_dir
from emotion_core.system.storage.formats import known
from emotion_core.system.storage.shelf import Shelf

_LOGGER = logging.getLogger(__name__)

_BLOCK: Final = 1 << 20

_SHELF: Final = Shelf(
    one="an upload", everything="all uploads", error=DatasetError, is_ours=lambda _: True
)


def uploads_dir() -> Path:
    """Return the folder of all uploads; it need not exist."""
    return known(data_dir() / "uploads", "uploads").resolve()


def keep_upload(files: Mapping[str, BinaryIO]) -> Path:
    """Write uploaded files beside each other and return the path of the one with the faces.

    The same files again come to lie where they lie already.

    Args:
        files: content by name: one dataset, and FER+ votes if it has any.

    Raises:
        DatasetError: there is not exactly one dataset, or nothing can be written.
        NoRoomError: there is no room for it.
    """
    names = [Path(name).name for name in files]
    faces = [name for name in names if name != VOTES_NAME]
    if len(faces) != 1:
        raise DatasetError(
            f"expected one dataset, and beside it {VOTES_NAME} if there is one, found "
            f"{', '.join(names)}; upload one dataset at a time"
        )
    refuse_beyond(sum(file.seek(0, os.SEEK_END) for file in files.values()), faces[0])
    digest = hashlib.sha256()
    for file in files.values():
        file.seek(0)
        while block := file.read(_BLOCK):
            digest.update(block)
        file.seek(0)
    folder = uploads_dir() / fitted(Path(faces[0]).stem, f"-{digest.hexdigest()[:8]}")
    try:
        with replace_folder(folder) as temporary:
            for name, file in zip(names, files.values(), strict=True):
                with (temporary / name).open("wb") as copy:
                    shutil.copyfileobj(file, copy, _BLOCK)
    except OSError as error:
        raise DatasetError(
            f"the upload cannot be kept in {folder.parent} ({error.strerror or error}); free up "
            "space, or allow writing there"
        ) from error
    note("imported", "upload", faces[0])
    return folder / faces[0]


def list_uploads() -> tuple[Path, ...]:
    """Return the paths of all uploaded datasets, by name.

    What cannot be read hides no other; it is logged.
    """
    kept: list[Path] = []
    try:
        folders = _SHELF.paths(uploads_dir())
    except DatasetError as error:
        _LOGGER.warning("Uploads in %s cannot be listed: %s", uploads_dir(), error)
        return ()
    for folder in folders:
        try:
            kept += sorted(folder.iterdir())
        except FileNotFoundError:  # deleted by somebody else meanwhile
            continue
        except OSError as error:
            _LOGGER.warning("The upload %s cannot be read: %s", folder, error)
    return tuple(path for path in kept if path.name != VOTES_NAME)


def delete_upload(path: Path) -> None:
    """Delete an uploaded dataset, and the votes that came with it.

    Raises:
        DatasetError: it is none, or cannot be deleted.
    """
    if path not in list_uploads():
        raise DatasetError(f"expected an upload in {uploads_dir()}, found {path}")
    _SHELF.delete(path.parent)
    note("deleted", "upload", path.name)
