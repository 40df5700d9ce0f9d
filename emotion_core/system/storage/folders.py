"""Where this app keeps what people make, and what can be made again."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import platformdirs

from emotion_core.errors import NoHomeError
from emotion_core.system.storage.formats import FORMATS, known
from emotion_core.system.storage.persons import HIDDEN_HOMES, HOMES, is_person, whose

APP_NAME: Final = "emotion-dashboard"

#: The folder that holds this project, ``pyproject.toml`` and the packages: where a process of its
#: own starts.
PROJECT: Final = Path(__file__).resolve().parents[3]

#: Names the folder to use instead of the platform's folder for the user's data.
DATA_DIR_VARIABLE: Final = "EMOTION_DATA_DIR"

#: Names the folder to use instead of the platform's user cache folder.
CACHE_DIR_VARIABLE: Final = "EMOTION_CACHE_DIR"

#: In ``base_dir``: the id of whose home it is.
KEEPER_FILE: Final = "keeper"

#: Environment variables that move all things of a kind with people's faces in them elsewhere.
PERSONAL_VARIABLES: Final = (
    "EMOTION_SESSIONS_DIR", "EMOTION_RUNS_DIR", "EMOTION_EXCLUSIONS_DIR", "EMOTION_VIDEOS_DIR",
)  # fmt: skip

#: Environment variables that move all things of a kind elsewhere, by the kind's name in
#: ``formats.FORMATS``.
COLLECTION_VARIABLES: Final = {
    "sessions": "EMOTION_SESSIONS_DIR",
    "runs": "EMOTION_RUNS_DIR",
    "exclusions": "EMOTION_EXCLUSIONS_DIR",
    "videos": "EMOTION_VIDEOS_DIR",
    "models": "EMOTION_MODELS_DIR",
}

#: What desktops leave in a folder that somebody has looked into.
DESKTOP_FILES: Final = (".DS_Store", "desktop.ini", "Thumbs.db")


def base_dir() -> Path:
    """Return the folder of everything that this app keeps, whosever it is; it need not exist.

    It is named by the environment variable EMOTION_DATA_DIR, else it is the platform's own. What is
    the server's own lies in it directly: tokens, who may log in, what is shared.

    Raises:
        NoHomeError: neither is there.
    """
    chosen = os.environ.get(DATA_DIR_VARIABLE)
    return Path(chosen) if chosen else _in_home(platformdirs.user_data_dir)


def data_dir() -> Path:
    """Return the home of whoever this code runs for: the folder of all that they make.

    It need not exist. Without accounts it is ``base_dir``.

    Raises:
        NoHomeError: there is no such folder, or there are accounts and nobody is known here.
    """
    return home_of(whose())


def home_of(person: str | None) -> Path:
    """Return a person's home; it need not exist.

    Args:
        person: their id; None: the server itself, whose home is the folder that everything was in
            before there were accounts. It is the keeper's too, see ``keeper``.
    """
    base = base_dir()
    return base if person is None or person == keeper() else base / HOMES / person


def keeper() -> str | None:
    """Return whose home is ``base_dir``: who was the first admin; None before there was one.

    What was made before there were accounts is theirs, and has not been moved.

    Raises:
        NoHomeError: the file that says so is damaged.
    """
    path = base_dir() / KEEPER_FILE
    try:
        person = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged_keeper(path, str(error)) from error
    if not is_person(person):
        raise _damaged_keeper(path, f"{person!r:.40}")
    return person


def _damaged_keeper(path: Path, found: str) -> NoHomeError:
    return NoHomeError(
        f"{path}: expected the id of whose things lie beside it, found {found}; write it anew, or "
        "bring it back from a backup"
    )


def cache_dir() -> Path:
    """Return the folder of what can be made again at any time; it need not exist.

    Raises:
        NoHomeError: no variable names it, and the user has no home folder.
    """
    chosen = os.environ.get(CACHE_DIR_VARIABLE)
    return Path(chosen) if chosen else _in_home(platformdirs.user_cache_dir)


def is_personal(path: Path) -> bool:
    """Tell whether a path is where this app keeps what people make, or what came of it.

    That is everything in ``base_dir`` and ``cache_dir``, and what PERSONAL_VARIABLES name: it may
    hold people's faces, so nobody but its owner may read it.
    """
    forms = (path.absolute(), path.resolve())
    places = {above for form in forms for above in (form, *form.parents)}
    return not places.isdisjoint(personal_roots())


def without_places(text: str) -> str:
    """Return a message without where on this machine things lie: for somebody on another one.

    Names of folders tell who runs the app. ``…`` stands for those above what people make, for the
    project's and for the home folder.
    """
    roots = [*personal_roots(), PROJECT]
    with suppress(RuntimeError):  # nobody of that name is here
        roots.append(Path.home())
    for root in sorted({str(root) for root in roots}, key=len, reverse=True):
        if len(root) > 1:
            text = text.replace(root, "…")
    return text


def personal_roots() -> list[Path]:
    """Return the folders of what people make, and of what came of it."""
    roots = [Path(os.environ[name]) for name in PERSONAL_VARIABLES if os.environ.get(name)]
    for find in (base_dir, cache_dir):
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
        FormatError: a later version of the app has laid it out, see ``formats``.
    """
    return known(_collection_path(variable, name), name)


def collection_path(name: str) -> Path:
    """Return where the folder of a kind is, whatever its format.

    Args:
        name: one of ``formats.FORMATS``.

    Raises:
        NoHomeError: see ``data_dir``.
    """
    if name == "models" and whose() is not None:  # the variable names those for everybody
        return data_dir() / name
    return _collection_path(COLLECTION_VARIABLES.get(name, ""), name)


def collection_at(path: Path) -> str | None:
    """Return the kind whose things a path is the folder of, by its name in ``formats.FORMATS``."""
    place = path.absolute()
    for name, variable in COLLECTION_VARIABLES.items():
        if (chosen := os.environ.get(variable)) and _is_home_in(Path(chosen), place, HIDDEN_HOMES):
            return name
    with suppress(NoHomeError):
        if place.name in FORMATS and _is_home_in(base_dir(), place.parent, HOMES):
            return place.name
    return None


def _is_home_in(base: Path, place: Path, homes: str) -> bool:
    """Tell whether ``place`` is ``base``, or somebody's of the homes in it."""
    forms = (base.absolute(), base.resolve())
    above = place.parent
    return place in forms or (
        is_person(place.name) and above.name == homes and above.parent in forms
    )


def _collection_path(variable: str, name: str) -> Path:
    person = whose()
    chosen = os.environ.get(variable)
    if not chosen:
        return home_of(person) / name
    if person is None or person == keeper():
        return Path(chosen)
    return Path(chosen) / HIDDEN_HOMES / person


def left_behind(variable: str, name: str) -> Path | None:
    """Return the folder in which an earlier version kept things of a kind; None without any.

    EMOTION_DATA_DIR did not always move them, so they may lie where nothing looks for them now.
    Where there are accounts nobody is told of it: it says where on the server things lie.

    Args:
        variable: the environment variable that may name the folder.
        name: what it is called in ``data_dir`` where that does not.
    """
    if whose() is not None:
        return None
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
