"""Where this app keeps what people make, and folders that hold one such thing each."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import platformdirs

from emotion_core.errors import EmotionCoreError

APP_NAME: Final = "emotion-dashboard"

#: The folder that holds this project, ``pyproject.toml`` and the packages: where a process of its
#: own starts.
PROJECT: Final = Path(__file__).resolve().parents[2]

#: Names the folder to use instead of the platform's folder for the user's data.
DATA_DIR_VARIABLE: Final = "EMOTION_DATA_DIR"

#: Names the folder to use instead of the platform's user cache folder.
CACHE_DIR_VARIABLE: Final = "EMOTION_CACHE_DIR"

#: What desktops leave in a folder that somebody has looked into.
DESKTOP_FILES: Final = (".DS_Store", "desktop.ini", "Thumbs.db")

Thing = TypeVar("Thing")


def data_dir() -> Path:
    """Return the folder of everything that people make with this app; it need not exist.

    It is named by the environment variable EMOTION_DATA_DIR, else it is the platform's own.
    """
    return Path(os.environ.get(DATA_DIR_VARIABLE) or platformdirs.user_data_dir(APP_NAME))


def cache_dir() -> Path:
    """Return the folder of what can be made again at any time; it need not exist."""
    return Path(os.environ.get(CACHE_DIR_VARIABLE) or platformdirs.user_cache_dir(APP_NAME))


def collection_dir(variable: str, name: str) -> Path:
    """Return the folder of all things of one kind, such as sessions; it need not exist.

    Args:
        variable: the environment variable that may name it.
        name: what it is called in ``data_dir`` where that does not.
    """
    chosen = os.environ.get(variable)
    return Path(chosen) if chosen else data_dir() / name


def folders_in(parent: Path) -> list[Path]:
    """Return the folders in ``parent`` that are not hidden, by name; none where it is missing.

    Hidden ones are being written, or half deleted (see ``files.replace_folder``).

    Raises:
        OSError: ``parent`` is no folder, or cannot be read.
    """
    try:
        entries = sorted(parent.iterdir())
    except FileNotFoundError:
        return []
    return [entry for entry in entries if entry.is_dir() and not entry.name.startswith(".")]


def folder_size(folder: Path) -> int:
    """Return the bytes of the files in ``folder``; what is deleted meanwhile does not count.

    Raises:
        OSError: the folder is gone, or cannot be read.
    """
    size = 0
    for entry in folder.iterdir():
        with suppress(FileNotFoundError):
            size += entry.stat().st_size
    return size


def open_each(
    parent: Path, open_folder: Callable[[Path], Thing]
) -> tuple[list[Thing], tuple[str, ...]]:
    """Open every folder in ``parent``; one that is damaged does not keep from the others.

    Args:
        parent: the folder of them; it need not exist.
        open_folder: returns what a folder holds, or raises an ``EmotionCoreError``.

    Returns:
        what could be opened, by the folders' names; and a line for each folder that could not.

    Raises:
        OSError: ``parent`` is no folder, or cannot be read.
    """
    things, problems = [], []
    for folder in folders_in(parent):
        try:
            things.append(open_folder(folder))
        except EmotionCoreError as error:
            if folder.exists():  # not deleted since it was listed
                problems.append(str(error))
    return things, tuple(problems)


def folder_called(parent: Path, name: str) -> Path | None:
    """Return the folder of this name that lies directly in ``parent`` and is no link, else None.

    ``name`` may come from an address or a form: nothing in it leads out of ``parent``.
    """
    folder = parent / name
    is_plain_name = name not in ("", ".", "..") and Path(name).name == name
    return folder if is_plain_name and not folder.is_symlink() and folder.is_dir() else None
