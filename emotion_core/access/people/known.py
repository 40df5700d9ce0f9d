"""Everybody who was ever let in: name, role, first and last seen; one small file each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from emotion_core.access.people.passwords import ISSUER
from emotion_core.access.people.person import Person, Role
from emotion_core.access.people.place import accounts_dir, alone
from emotion_core.access.people.rules import Rules, verified_email
from emotion_core.errors import AccessError
from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.json_reading import checked, read_json
from emotion_core.system.storage.persons import is_person
from emotion_core.system.storage.shelf import writing

#: How exactly it is known when somebody was last seen: a write for each run would be too many.
EXACT_TO: Final = timedelta(minutes=5)

_FOLDER: Final = "known"
_SUFFIX: Final = ".json"
_MOST_BROWSERS: Final = 10


@dataclass(frozen=True)
class Known:
    """What is known of somebody.

    Attributes:
        id: see ``Person``.
        name: when they were last seen, as ``role``.
        email: checked by their provider; empty without one.
        role: what they might do.
        issuer: who says who they are: a provider's address, or ``password``.
        first_seen: in UTC, ISO 8601.
        last_seen: to ``EXACT_TO``.
        is_refused: whether an admin lets them in no more; for those of a provider, which would
            go on to say who they are.
        claims: what their provider said that their role follows from, see ``Rules.judged_of``;
            empty: it follows from nothing that may have changed since.
        browsers: hashes of secrets of browsers in which they gave the right password.
        format: of this file.
    """

    id: str
    name: str
    email: str
    role: Role
    issuer: str
    first_seen: str
    last_seen: str
    is_refused: bool = False
    claims: dict[str, str | tuple[str, ...]] = field(default_factory=dict)
    browsers: tuple[str, ...] = ()
    format: int = 1


def find_known(person_id: str) -> Known | None:
    """Return what is known of somebody; None for whom nobody has seen.

    Raises:
        AccessError: their file is damaged.
        NoHomeError: there is no folder to keep things in.
    """
    path = _path(person_id)
    try:
        found = checked(read_json(path), Known)
        if found.id != person_id:
            raise ValueError(f"expected id {person_id}, found {found.id!r:.40}")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        raise AccessError(
            f"{path}: expected what is known of somebody, found a damaged file ({error}); bring it "
            "back from a backup, or delete it, and it is written anew when they come"
        ) from error
    return found


def list_known() -> tuple[tuple[Known, ...], tuple[str, ...]]:
    """Return everybody who was ever let in, by name, and a line for each file that is damaged.

    Raises:
        NoHomeError: there is no folder to keep things in.
    """
    people, problems = [], []
    folder = accounts_dir() / _FOLDER
    for path in sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else []:
        if not is_person(path.stem):
            continue
        try:
            if (found := find_known(path.stem)) is not None:
                people.append(found)
        except AccessError as error:
            problems.append(str(error))
    return tuple(sorted(people, key=lambda each: each.name.casefold())), tuple(problems)


def note_seen(
    person: Person, claims: Mapping[str, Any], issuer: str, rules: Rules | None = None
) -> None:
    """Note that somebody is here; every few minutes is enough.

    Args:
        person: who.
        claims: what their login says.
        issuer: see ``Known``.
        rules: those that their role follows from, of a provider's people.

    Raises:
        AccessError: it cannot be noted.
    """
    now = datetime.now(UTC)
    text = now.isoformat(timespec="seconds")
    new = Known(
        person.id, person.name, verified_email(claims) or "", person.role, issuer, text, text,
        claims={} if rules is None or issuer == ISSUER else rules.judged_of(claims),
    )  # fmt: skip
    if (found := find_known(person.id)) is not None:
        is_recent = now - datetime.fromisoformat(found.last_seen) < EXACT_TO
        if is_recent and _seen_again(new, found) == replace(found, last_seen=text):
            return
    with alone():
        found = find_known(person.id)
        _write(new if found is None else _seen_again(new, found))


def refuse(person_id: str, *, refused: bool) -> None:
    """Let somebody in no more, or again.

    Raises:
        AccessError: nobody knows them, or it cannot be noted.
    """
    with alone():
        _write(replace(_known(person_id), is_refused=refused))


def note_browser(person_id: str, browser: str) -> None:
    """Note that somebody gave the right password in a browser.

    Args:
        person_id: who; somebody known.
        browser: a hash of its secret.

    Raises:
        AccessError: nobody knows them, or it cannot be noted.
    """
    with alone():
        found = _known(person_id)
        if browser not in found.browsers:
            _write(replace(found, browsers=(*found.browsers, browser)[-_MOST_BROWSERS:]))


def _seen_again(new: Known, before: Known) -> Known:
    return replace(
        new,
        first_seen=before.first_seen,
        is_refused=before.is_refused,
        browsers=before.browsers,
    )


def _known(person_id: str) -> Known:
    found = find_known(person_id)
    if found is None:
        raise AccessError(
            f"expected somebody who was here before, found no {person_id!r:.40}; see "
            "python -m emotion_core people list"
        )
    return found


def _write(known: Known) -> None:
    path = _path(known.id)
    with writing(path, AccessError):
        write_json(path, asdict(known))


def _path(person_id: str) -> Path:
    if not is_person(person_id):
        raise AccessError(
            f"expected an id of 16 hexadecimal digits, found {person_id!r:.40}; see "
            "python -m emotion_core people list"
        )
    return accounts_dir() / _FOLDER / f"{person_id}{_SUFFIX}"
