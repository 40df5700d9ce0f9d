"""A zip of this project's own, unpacked where it can do no harm."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from emotion_core.errors import ModelError
from emotion_core.importing.uploads import SAVED_MODEL, SAVED_MODEL_FILE, TORCH
from emotion_core.models.folder import CARD_FILE, LITERT_FILE, MODEL_FILES

#: A zip of ours may unpack to so much, and to so many times its size.
MAX_UNPACKED_BYTES: Final = 3_000_000_000
MAX_EXPANSION: Final = 100
_SMALL: Final = 1 << 20


def unpack(path: Path, folder: Path) -> None:
    """Write the files of a model's zip into ``folder``, without the folder that they are in.

    Raises:
        ModelError: the zip is damaged, holds anything else, leads elsewhere, or fills the disk.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not _is_ornament(entry)]
            _check_entries(entries)
            for entry in entries:
                with archive.open(entry) as source:
                    (folder / _own_name(entry)).write_bytes(source.read(entry.file_size))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        # RuntimeError: encrypted.
        raise ModelError(
            f"expected a whole zip file, but it is damaged or locked ({error}); get it once "
            "more from where it came"
        ) from error


def _is_ornament(entry: zipfile.ZipInfo) -> bool:
    """Tell whether it is a folder, or what desktops add."""
    parts = PurePosixPath(entry.filename).parts
    return entry.is_dir() or "__MACOSX" in parts or (bool(parts) and parts[-1] == ".DS_Store")


def _own_name(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename).name


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse an archive with anything but the files of one model, or that would fill the disk."""
    names = [entry.filename for entry in entries]
    files = {PurePosixPath(name).name for name in names}
    if SAVED_MODEL_FILE in files:
        raise ModelError(f"expected a model, found a SavedModel of TensorFlow; {SAVED_MODEL}")
    if "data.pkl" in files:
        raise ModelError(f"expected a model, found a PyTorch or TorchScript file; {TORCH}")
    folders = {str(PurePosixPath(name).parent) for name in names}
    strange = [name for name in names if PurePosixPath(name).name not in MODEL_FILES]
    outside = [name for name in names if ".." in name or name.startswith("/") or "\\" in name]
    if strange or outside or len(folders) != 1 or len(set(names)) != len(names):
        raise ModelError(
            f"expected the files of one model of this app, {CARD_FILE} and {LITERT_FILE} among "
            f"them, found {', '.join((outside or strange or names)[:3]) or 'nothing'}; a model of "
            "another project is imported as .keras, .h5 or .tflite, not zipped"
        )
    total = sum(entry.file_size for entry in entries)
    swollen = any(
        entry.file_size > max(_SMALL, entry.compress_size * MAX_EXPANSION) for entry in entries
    )
    if total > MAX_UNPACKED_BYTES or swollen:
        packed = sum(entry.compress_size for entry in entries)
        raise ModelError(
            f"expected a model, found {total / 1e6:,.0f} MB packed into {packed / 1e6:,.1f} MB, "
            "which is no model but fills disks; it is refused"
        )
