"""Where this app keeps what people make, and what can be made again."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import platformdirs

from emotion_core.errors import NoHomeError

APP_NAME: Final = "emotion-dashboard"

#: The folder that holds this project, ``pyproject.toml`` and the packages: where a process of its
#: own starts.
PROJECT: Final = Path(__file__).resolve().parents[3]

#: Names the folder to use instead of the platform's folder for the user's data.
DATA_DIR_VARIABLE: Final = "EMOTION_DATA_DIR"

#: Names the folder to use instead of the platform's user cache folder.
CACHE_DIR_VARIABLE: Final = "EMOTION_CACHE_DIR"

#: Environment variables that move all things of a kind with people's faces in them elsewhere.
PERSONAL_VARIABLES: Final = (
    "EMOTION_SESSIONS_DIR", "EMOTION_RUNS_DIR", "EMOTION_EXCLUSIONS_DIR", "EMOTION_VIDEOS_DIR",
)  # fmt: skip

#: What desktops leave in a folder that somebody has looked into.
DESKTOP_FILES: Final = (".DS_Store", "desktop.ini", "Thumbs.db")


def data_dir() -> Path:
    """Return the folder of everything that people make with this app; it need not exist.

    It is named by the environment variable EMOTION_DATA_DIR, else it is the platform's own.

    Raises:
        NoHomeError: neither is there.
    """
    chosen = os.environ.get(DATA_DIR_VARIABLE)
    return Path(chosen) if chosen else _in_home(platformdirs.user_data_dir)


def cache_dir() -> Path:
    """Return the folder of what can be made again at any time; it need not exist.

    Raises:
        NoHomeError: no variable names it, and the user has no home folder.
    """
    chosen = os.environ.get(CACHE_DIR_VARIABLE)
    return Path(chosen) if chosen else _in_home(platformdirs.user_cache_dir)


def is_personal(path: Path) -> bool:
    """Tell whether a path is where this app keeps what people make, or what came of it.

    That is everything in ``data_dir`` and ``cache_dir``, and what PERSONAL_VARIABLES name: it may
    hold people's faces, so nobody but its owner may read it.
    """
    forms = (path.absolute(), path.resolve())
    places = {above for form in forms for above in (form, *form.parents)}
    return not places.isdisjoint(_personal_roots())


def without_places(text: str) -> str:
    """Return a message without where on this machine things lie: for somebody on another one.

    Names of folders tell who runs the app. ``…`` stands for those above what people make, for the
    project's and for the home folder.
    """
    roots = [*_personal_roots(), PROJECT]
    with suppress(RuntimeError):  # nobody of that name is here
        roots.append(Path.home())
    for root in sorted({str(root) for root in roots}, key=len, reverse=True):
        if len(root) > 1:
            text = text.replace(root, "…")
    return text


def _personal_roots() -> list[Path]:
    roots = [Path(os.environ[name]) for name in PERSONAL_VARIABLES if os.environ.get(name)]
    for find in (data_dir, cache_dir):
        with suppress(NoHomeError):
            roots.append(find())
    return [form for root in roots for form in (root.absolute(), root.resolve())]


def _in_home(find: Callable[[str], str]) -> Path:
    try:
        return Path(find(APP_NAME))
    except RuntimeError:
        raise NoHomeError(
            "expected a home folder to keep things in, found that this user has none; name "
            f"folders with the environment variables {DATA_DIR_VARIABLE} and {CACHE_DIR_VARIABLE}, "
            "or set HOME"
        ) from None


def typed_path(text: str | Path) -> Path:
    """Return the path that somebody typed; ``~`` is the home folder, where there is one."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:  # nobody of that name is here
        return path


def collection_dir(variable: str, name: str) -> Path:
    """Return the folder of all things of one kind, such as sessions; it need not exist.

    Args:
        variable: the environment variable that may name it.
        name: what it is called in ``data_dir`` where that does not.

    Raises:
        NoHomeError: see ``data_dir``.
    """
    chosen = os.environ.get(variable)
    return Path(chosen) if chosen else data_dir() / name


def left_behind(variable: str, name: str) -> Path | None:
    """Return the folder in which an earlier version kept things of a kind; None without any.

    EMOTION_DATA_DIR did not always move them, so they may lie where nothing looks for them now.

    Args:
        variable: the environment variable that may name the folder.
        name: what it is called in ``data_dir`` where that does not.
    """
    try:
        earlier = _in_home(platformdirs.user_data_dir) / name
    except NoHomeError:
        return None
    if collection_dir(variable, name) == earlier or os.environ.get(variable):
        return None
    try:
        return earlier if any(entry.is_dir() for entry in earlier.iterdir()) else None
    except OSError:  # most people have none
        return None


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
