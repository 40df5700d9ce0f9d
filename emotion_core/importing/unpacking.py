"""Zips of this project's own models and of SavedModels, unpacked where they can do no harm."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from emotion_core.errors import ModelError
from emotion_core.importing.uploads import TORCH, saved_model_parts
from emotion_core.models.folder import CARD_FILE, LITERT_FILE, MODEL_FILES
from emotion_core.quantities import byte_size

#: A zip of ours may unpack to so much, and to so many times its size.
MAX_UNPACKED_BYTES: Final = 3_000_000_000
MAX_EXPANSION: Final = 100
_SMALL: Final = 1 << 20


def unpack(path: Path, folder: Path) -> None:
    """Write the files of a model's zip into ``folder``, without the folder that they are in.

    Raises:
        ModelError: the zip is damaged, holds anything else, leads elsewhere, or fills the disk.
    """
    with _opened(path) as archive:
        entries = [entry for entry in archive.infolist() if not _is_ornament(entry)]
        _check_entries(entries)
        _extract(archive, {entry: folder / _own_name(entry) for entry in entries})


def unpack_saved_model(path: Path, folder: Path) -> bool:
    """Write the files of a zipped SavedModel into ``folder``, if it is one.

    Returns:
        whether it is.

    Raises:
        ModelError: the zip is damaged, or fills the disk.
    """
    with _opened(path) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        parts = saved_model_parts(list(entries))
        _extract(archive, {entries[name]: folder / place for name, place in parts.items()})
    return bool(parts)


def _extract(archive: zipfile.ZipFile, targets: Mapping[zipfile.ZipInfo, Path]) -> None:
    _check_sizes(list(targets))
    for entry, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source:
            target.write_bytes(source.read(entry.file_size))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, zlib.error) as error:
        # RuntimeError: encrypted.
        raise ModelError(
            f"expected a whole zip file, but it is damaged or locked ({error}); copy or "
            "download it again"
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


def _check_sizes(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse what would fill the disk."""
    total = sum(entry.file_size for entry in entries)
    swollen = any(
        entry.file_size > max(_SMALL, entry.compress_size * MAX_EXPANSION) for entry in entries
    )
    if total > MAX_UNPACKED_BYTES or swollen:
        packed = sum(entry.compress_size for entry in entries)
        raise ModelError(
            f"expected a model, found {byte_size(total)} packed into {byte_size(packed)}, "
            "which would fill the disk and is no model; it is refused"
        )
