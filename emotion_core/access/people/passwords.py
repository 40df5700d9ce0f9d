"""People with a password kept here, for those without a provider: names, roles, argon2id hashes."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from emotion_core.access.people.person import Person, Role, person_id
from emotion_core.access.people.place import accounts_dir, alone
from emotion_core.access.people.rules import checked_role
from emotion_core.errors import AccessError
from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.json_reading import checked, read_json
from emotion_core.system.storage.shelf import writing

#: What stands for a provider's address in the ids of these people.
ISSUER: Final = "password"
#: Letters of a password, from NIST SP 800-63B-4 (3.1.1.2), which also says not to ask for kinds of
#: letters; here every guess has to wait (``attempts``).
SHORTEST: Final = 8
LONGEST: Final = 1_000
MOST_PEOPLE: Final = 1_000

_FILE: Final = "passwords.json"
_LONGEST_NAME: Final = 100
_HOW: Final = "python -m emotion_core people"

# RFC 9106's second choice: 64 MiB, 3 passes; some 50 ms of a core.
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
# Whoever is unknown is compared with this one, so that it takes as long as with somebody known.
_NOBODY: Final = _HASHER.hash(secrets.token_urlsafe(32))


@dataclass(frozen=True)
class Account:
    """Somebody with a password.

    Attributes:
        name: what they type.
        role: what they may do.
        hash: of the password: argon2id with its parameters and salt, as PHC strings have it.
        since: when the password was set, in UTC, ISO 8601.
        stamp: 32 random hexadecimal digits, others with each password: a login with an earlier one
            ends with it.
    """

    name: str
    role: Role
    hash: str
    since: str
    stamp: str

    @property
    def person(self) -> Person:
        """Who it is."""
        return Person(find_person_id(self.name), self.name, self.role)


@dataclass(frozen=True)
class _File:
    people: tuple[Account, ...] = ()
    format: int = field(default=1)


def passwords_are_kept() -> bool:
    """Tell whether people have passwords here: whether there is a file of them, even an empty one.

    Whoever removes the last one has not opened the door to everybody.

    Raises:
        NoHomeError: there is no folder to keep things in.
    """
    return _path().exists()


def list_accounts() -> tuple[Account, ...]:
    """Return who has a password, by name; nobody where there is no file.

    Raises:
        AccessError: the file cannot be read.
        NoHomeError: there is no folder to keep things in.
    """
    path = _path()
    try:
        found = checked(read_json(path), _File)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError) as error:
        raise AccessError(
            f"{path}: expected people and their passwords, found a damaged file ({error}); bring "
            f"it back from a backup, or delete it and let people in anew by {_HOW} add"
        ) from error
    return tuple(sorted(found.people, key=lambda each: key_of(each.name)))


def add_account(name: str, password: str, role: str) -> Account:
    """Let somebody in.

    Args:
        name: what they type: 1 to 100 letters; upper and lower case are the same.
        password: see ``checked_password``.
        role: one of ``ROLES``.

    Raises:
        AccessError: the name does not do or is taken, the password or the role does not do, or
            nothing can be written.
    """
    name = checked_name(name)
    made = _account(name, checked_role(role), checked_password(password, name))
    with alone():
        known = list_accounts()
        if any(key_of(each.name) == key_of(name) for each in known):
            raise AccessError(
                f"expected a name that nobody has, found {name!r}; choose another, or change the "
                f"password by {_HOW} password"
            )
        if len(known) >= MOST_PEOPLE:
            raise AccessError(
                f"expected fewer than {MOST_PEOPLE:,} people with a password, found as many; "
                "remove one first"
            )
        _write((*known, made))
    return made


def remove_account(name: str) -> Account:
    """Refuse somebody from now on; what they made stays, and is theirs again if they come back.

    Raises:
        AccessError: there is nobody of that name, or nothing can be written.
    """
    with alone():
        known = list_accounts()
        found = _found(name, known)
        _write(tuple(each for each in known if each != found))
    return found


def change_role(name: str, role: str) -> Account:
    """Give somebody another role.

    Raises:
        AccessError: there is nobody of that name, no such role, or nothing can be written.
    """
    new_role = checked_role(role)
    return _change(name, lambda account: replace(account, role=new_role))


def change_password(name: str, password: str) -> Account:
    """Give somebody another password; where they are logged in by the earlier one, that ends.

    Raises:
        AccessError: there is nobody of that name, the password does not do, or nothing can be
            written.
    """
    hashed = _HASHER.hash(checked_password(password, name))
    return _change(
        name, lambda account: replace(account, hash=hashed, since=_now(), stamp=_new_stamp())
    )


def account_of(name: str, password: str) -> Account | None:
    """Return whose name and password these are; None for anybody else.

    It takes as long for a name that nobody has.

    Raises:
        AccessError: the passwords cannot be read.
    """
    key = key_of(name)
    found = next((each for each in list_accounts() if key_of(each.name) == key), None)
    try:
        _HASHER.verify(found.hash if found else _NOBODY, _as_typed(password)[:LONGEST])
    except (VerificationError, InvalidHashError):
        return None
    return found


def find_person_id(name: str) -> str:
    """Return the id of whoever has this name and a password here, now or ever."""
    return person_id(ISSUER, key_of(name))


def key_of(name: str) -> str:
    """Return what two spellings of one name have in common."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def checked_name(name: str) -> str:
    """Return a name without what surrounds it.

    Raises:
        AccessError: it is empty, too long, or holds what cannot be printed.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise AccessError(
            f"expected a name of 1 to {_LONGEST_NAME} printable letters, found {name!r:.40}; "
            "choose another"
        )
    return name


def checked_password(password: str, name: str) -> str:
    """Return a password as it is hashed: accents count alike, however a keyboard makes them.

    Raises:
        AccessError: it is too short or too long, or the name itself.
    """
    password = _as_typed(password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccessError(
            f"expected a password of {SHORTEST} to {LONGEST:,} letters, found {len(password):,}; "
            "choose another"
        )
    if key_of(password) == key_of(name):
        raise AccessError("expected a password, found the name; choose another")
    return password


class KnownAccounts:
    """The accounts as they are now, for a server that asks at every run of a page.

    Asking costs a look at one file; it is read when it has changed.
    """

    def __init__(self) -> None:
        self._seen: tuple[Path, int, int, int] | None = None
        self._accounts: dict[str, Account] = {}

    def find(self, name: str) -> Account | None:
        """Return who has this name now; None for nobody.

        Raises:
            AccessError: the file cannot be read.
            NoHomeError: there is no folder to keep things in.
        """
        path = _path()
        try:
            found = path.stat()
        except OSError:
            return None
        # Written whole, so a new one is another file.
        seen = path, found.st_ino, found.st_mtime_ns, found.st_size
        if seen != self._seen:
            self._accounts = {key_of(each.name): each for each in list_accounts()}
            self._seen = seen
        return self._accounts.get(key_of(name))


def _change(name: str, change: Callable[[Account], Account]) -> Account:
    with alone():
        known = list_accounts()
        found = _found(name, known)
        changed = change(found)
        _write(tuple(changed if each == found else each for each in known))
    return changed


def _found(name: str, among: tuple[Account, ...]) -> Account:
    for each in among:
        if key_of(each.name) == key_of(name):
            return each
    raise AccessError(
        f"expected somebody with a password here, found no {name!r:.40}; see {_HOW} list"
    )


def _account(name: str, role: Role, password: str) -> Account:
    return Account(name, role, _HASHER.hash(password), _now(), _new_stamp())


def _write(people: tuple[Account, ...]) -> None:
    path = _path()
    with writing(path, AccessError):
        write_json(path, asdict(_File(people)))


def _path() -> Path:
    return accounts_dir() / _FILE


def _as_typed(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _new_stamp() -> str:
    return secrets.token_hex(16)
