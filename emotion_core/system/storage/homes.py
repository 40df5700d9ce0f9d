"""The homes of all people who use an app with accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emotion_core.errors import NoHomeError
from emotion_core.system.storage.files import make_folder, replace_file
from emotion_core.system.storage.folders import KEEPER_FILE, base_dir, home_of, keeper
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.persons import HOMES, is_person

_LOCK: Final = ".keeper.lock"
_PATIENCE: Final = 10.0


@dataclass(frozen=True)
class Home:
    """Where somebody's things lie.

    Attributes:
        person: whose; None: what is in ``base_dir`` as long as it has no keeper.
        folder: ``folders.home_of`` them.
    """

    person: str | None
    folder: Path


def all_homes() -> tuple[Home, ...]:
    """Return every home, first the one that was there before there were accounts."""
    kept_by = keeper()
    return (Home(kept_by, base_dir()), *(each for each in _homes() if each.person != kept_by))


def _homes() -> Iterator[Home]:
    with suppress(FileNotFoundError):  # nobody has logged in
        for folder in sorted((base_dir() / HOMES).iterdir()):
            if is_person(folder.name) and folder.is_dir() and not folder.is_symlink():
                yield Home(folder.name, folder)


def open_home(person: str) -> Path:
    """Make somebody's home where there is none, and return it.

    Raises:
        NoHomeError: it cannot be made.
    """
    folder = home_of(person)
    try:
        make_folder(folder)
    except OSError as error:
        raise NoHomeError(
            f"{folder}: a home cannot be made ({error.strerror}); free up space, or allow writing "
            "there"
        ) from error
    return folder


def take_over(person: str) -> bool:
    """Give what was made before there were accounts to the first admin, for good.

    It stays where it is: ``base_dir`` becomes their home. Where it is somebody's already, or they
    have made things in a home of their own, nothing changes.

    Returns:
        whether it is theirs now.

    Raises:
        NoHomeError: that cannot be written.
    """
    base = base_dir()
    try:
        make_folder(base)
        with FileLock(base / _LOCK) as lock:  # two may log in at once
            if not lock.acquire(_PATIENCE) or keeper() is not None or home_of(person).exists():
                return keeper() == person
            with replace_file(base / KEEPER_FILE) as temporary:
                temporary.write_text(person, encoding="ascii")
    except OSError as error:
        raise NoHomeError(
            f"{base}: whose it is cannot be written ({error.strerror}); free up space, or allow "
            "writing there"
        ) from error
    return True
