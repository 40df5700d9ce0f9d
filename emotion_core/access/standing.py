"""What somebody may do now who is not there to log in: by a token, or by a task that waits.

A process that trains or reads videos, and the interface for other programs, know a person by their
id alone. Their role is what the settings of now make of what their provider said when they were
last seen; of those with a password here, it is the one they have now.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from emotion_core.access.people.known import Known, find_known
from emotion_core.access.people.passwords import ISSUER, KnownAccounts, passwords_are_kept
from emotion_core.access.people.person import Grant, Role
from emotion_core.access.people.rules import (
    AUTH,
    SECTION,
    Rules,
    accounts_are_required,
    read_rules,
)
from emotion_core.access.sharing import Kind, shared_with_me
from emotion_core.errors import AccessError, EmotionCoreError
from emotion_core.system.storage.folders import (
    PERSONAL_VARIABLES,
    PROJECT,
    base_dir,
    cache_dir,
    collection_path,
    home_of,
)
from emotion_core.system.storage.formats import THINGS
from emotion_core.system.storage.persons import at_home

#: Streamlit's own: names the files of secrets.
FILES_VARIABLE: Final = "STREAMLIT_SECRETS_FILES"

# Whoever starts the app names a dataset, and models, for everyone.
_SUGGESTED: Final = ("FER2013_CSV", "EMOTION_MODELS_DIR")
_ACCOUNTS: Final = KnownAccounts()


def may_now(person: str | None, grant: Grant) -> bool:
    """Tell whether somebody may do something now, wherever they are.

    Args:
        person: their id; None: whoever runs the app, who may do everything.
        grant: what.

    Raises:
        AccessError: the settings, or what is known of them, cannot be read.
    """
    if person is None or not _accounts_are_on():
        return True
    role = role_now(person)
    return role is not None and current_rules().grants_to(role, grant)


def refused_now(person: str | None, paths: Iterable[Path]) -> Path | None:
    """Return the first of these files and folders that somebody may not name now, if there is one.

    What lies in their home, what others share with them, what comes with the app and what its owner
    suggests to all is theirs to name. What else the app keeps is nobody's to name, for it is other
    people's, and neither is a folder around it; the rest of the disk needs the grant ``server``.

    Args:
        person: their id; None: whoever runs the app.
        paths: absolute.

    Raises:
        AccessError: the settings, or what is known of them, cannot be read.
    """
    if person is None:
        return None
    theirs = [*_homes_of(person), *_shared_with(person), PROJECT / "models", *_suggested()]
    for path in paths:
        found = path.resolve()
        if any(found.is_relative_to(each.resolve()) for each in theirs):
            continue
        if _is_kept_by_the_app(found) or not may_now(person, "server"):
            return path
    return None


def why_refused(person: str | None, paths: Iterable[Path], what: str, instead: str) -> str:
    """Return why a task is not done that names these files; empty where it may be.

    Its owner may have lost what let them name one since they queued it.

    Args:
        person: their id; None: whoever runs the app.
        paths: absolute.
        what: they are, such as "data".
        instead: what to do.
    """
    try:
        found = refused_now(person, paths)
    except EmotionCoreError as error:
        return str(error)
    if found is None:
        return ""
    return (
        f"expected {what} that its owner may name, found {found.name}, a file of the server that "
        f"they may name no more; {instead}"
    )


def _is_kept_by_the_app(path: Path) -> bool:
    """Tell whether a path leads to where the app keeps people's things, or around that."""
    roots = [base_dir(), cache_dir()]
    roots += [Path(os.environ[name]) for name in PERSONAL_VARIABLES if os.environ.get(name)]
    places = [each.resolve() for each in roots]
    return any(path.is_relative_to(each) or each.is_relative_to(path) for each in places)


def _homes_of(person: str) -> list[Path]:
    """Return the folders with somebody's own things."""
    home = home_of(person)
    # The keeper's is around those of all others.
    own = [home] if home.name == person else []
    with at_home(person):
        return own + [collection_path(kind) for kind in THINGS]


def _shared_with(person: str) -> list[Path]:
    """Return the folders of what others let somebody use."""
    with at_home(person):
        shares = [*shared_with_me("dataset"), *shared_with_me("model")]
    places: dict[Kind, str] = {"dataset": "own_data", "model": "models"}
    folders = [(each, home_of(each.owner) / places[each.kind] / each.name) for each in shares]
    return [folder for each, folder in folders if each.is_of(folder)]


def _suggested() -> list[Path]:
    return [Path(os.environ[name]) for name in _SUGGESTED if os.environ.get(name)]


def quota_now(person: str | None) -> int | None:
    """Return the bytes that somebody's things may have together; None: any number.

    Raises:
        AccessError: the settings, or what is known of them, cannot be read.
    """
    if person is None or not _accounts_are_on():
        return None
    known = find_known(person)
    email = known.email if known is not None else ""
    return current_rules().quota_of(role_now(person) or "viewer", person, *filter(None, [email]))


def role_now(person: str) -> Role | None:
    """Return the role of somebody; None for whom nobody knows, or lets in any more.

    Raises:
        AccessError: what is known of them cannot be read.
    """
    known = find_known(person)
    if known is None or known.is_refused:
        return None
    if known.issuer == ISSUER:
        return _role_of_account(known)
    return current_rules().role_of(known.claims) if known.claims else known.role


def _role_of_account(known: Known) -> Role | None:
    account = _ACCOUNTS.find(known.name)
    return account.role if account is not None and account.person.id == known.id else None


def current_rules() -> Rules:
    """Return what [people] says now.

    Raises:
        AccessError: the settings cannot be read, or it says something that means nothing.
    """
    return read_rules(_settings().get(SECTION))


def _accounts_are_on() -> bool:
    settings = _settings()
    said = accounts_are_required(settings.get(AUTH), settings.get(SECTION))
    return said or passwords_are_kept()


def _settings() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in _files():
        try:
            status = path.stat()
        except OSError:
            continue
        found |= _read(path, status.st_ino, status.st_mtime_ns, status.st_size)
    return found


def _files() -> Iterator[Path]:
    named = os.environ.get(FILES_VARIABLE)
    if named:
        yield from map(Path, [named] if Path(named).exists() else named.split(os.pathsep))
        return
    home = os.environ.get("HOME")
    if home:
        yield Path(home, ".streamlit", "secrets.toml")
    yield PROJECT / ".streamlit" / "secrets.toml"


@lru_cache(maxsize=8)
def _read(path: Path, *_: int) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AccessError(
            f"{path}: expected settings in TOML, found what cannot be read ({error}); mend it"
        ) from error
