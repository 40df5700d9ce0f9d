"""Tokens: secrets that let another program in, each with a name and rights; only hashes are kept.

Each is a small file in its owner's home, so that the app and the command line see the same
ones, and one that is revoked is refused from the next request on.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from emotion_core.access.audit import note
from emotion_core.errors import AccessError, FormatError, NoHomeError
from emotion_core.system.storage.files import make_folder, write_json
from emotion_core.system.storage.folders import data_dir
from emotion_core.system.storage.formats import known
from emotion_core.system.storage.homes import all_homes
from emotion_core.system.storage.json_reading import checked, read_json
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.persons import at_home, whose
from emotion_core.system.storage.shelf import Shelf, writing

Right = Literal["live", "analyze", "record", "admin"]

#: What a token may allow, and what that is.
RIGHTS: Final[dict[Right, str]] = {
    "live": "follow live streams and set marks in their recordings",
    "analyze": "have pictures and videos read",
    "record": "start and stop recordings, and download and delete sessions",
    "admin": "change the model in use",
}
#: Tokens that are kept at once; every request is compared with each.
MOST_TOKENS: Final = 100
#: Requests a second and bytes a request, for tokens that say nothing else.
USUAL_RATE: Final = 50.0
USUAL_BYTES: Final = 64_000_000

# So that programs that look for secrets in code and logs know one.
_PREFIX: Final = "emo_"
_SUFFIX: Final = ".json"
# A change within one tick of the file system's clock does not show in the folder's time.
_SETTLED_SECONDS: Final = 2.0
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
# Beside the tokens; hidden, so none of them.
_LOCK: Final = ".lock"
_PATIENCE: Final = 10.0

_SHELF: Final = Shelf(
    one="a token",
    everything="all tokens",
    error=AccessError,
    is_ours=lambda _: True,
    how_to_list="python -m emotion_core tokens list",
    suffix=_SUFFIX,
)


@dataclass(frozen=True)
class Token:
    """What is known of a token; the token itself is not.

    Attributes:
        name: what people call it, and its file.
        owner: in whose home it lies, by their id; empty: of whoever runs the app.
        may: its rights.
        created: time in UTC, ISO 8601.
        digest: SHA-256 of the token, 64 hexadecimal digits. It has 256 random bits: nobody guesses
            it, so a slow hash as for passwords would protect nothing.
        requests_a_second: that it may make, more than 0.
        most_bytes: that a request may have.
    """

    name: str
    owner: str
    may: tuple[Right, ...]
    created: str
    digest: str
    requests_a_second: float = USUAL_RATE
    most_bytes: int = USUAL_BYTES

    def __post_init__(self) -> None:
        if not self.may:
            raise AccessError(
                f"expected at least one of {', '.join(RIGHTS)} for a token, found none; say what "
                "it may do"
            )
        if not (0 < self.requests_a_second <= 10_000 and 0 < self.most_bytes <= 10**11):
            raise AccessError(
                "expected 0 to 10,000 requests a second and 1 byte to 100 GB a request, found "
                f"{self.requests_a_second:g} and {self.most_bytes:,}; choose others"
            )


@dataclass(frozen=True)
class NewToken:
    """A token that was just made: the only time that it is seen.

    Attributes:
        secret: what the other program sends.
        token: what is kept.
    """

    secret: str
    token: Token


@dataclass(frozen=True)
class Tokens:
    """All tokens, by name, and a line for each file that is none."""

    tokens: tuple[Token, ...]
    problems: tuple[str, ...]


def tokens_dir() -> Path:
    """Return the folder of all tokens; it need not exist.

    Raises:
        NoHomeError: there is no folder to keep things in.
    """
    return known(data_dir() / "tokens", "tokens")


def add_token(
    name: str,
    may: Collection[str],
    *,
    requests_a_second: float = USUAL_RATE,
    most_bytes: int = USUAL_BYTES,
) -> NewToken:
    """Make a token of whoever this runs for, and keep its hash.

    Args:
        name: see ``names.checked_name``; one that no token has.
        may: its rights, at least one of ``RIGHTS``.
        requests_a_second: see ``Token``.
        most_bytes: see ``Token``.

    Raises:
        AccessError: the name does not do or is taken, there is no such right, there are
            ``MOST_TOKENS``, or nothing can be written.
    """
    secret = _PREFIX + secrets.token_urlsafe(32)
    token = Token(
        name.strip(), whose() or "", checked_rights(may),
        datetime.now(UTC).isoformat(timespec="seconds"),
        digest_of(secret), requests_a_second, most_bytes,
    )  # fmt: skip
    folder = tokens_dir()
    with writing(folder, AccessError):
        make_folder(folder)
    with _alone_in(folder):
        path = _SHELF.free(folder, name)
        if len(_SHELF.paths(folder)) >= MOST_TOKENS:
            raise AccessError(
                f"expected fewer than {MOST_TOKENS} tokens, found {MOST_TOKENS}; revoke one first"
            )
        with writing(path, AccessError):
            write_json(path, asdict(token))
    note("added", "token", path.stem, detail=", ".join(token.may))
    return NewToken(secret, token)


def list_tokens() -> Tokens:
    """Return all tokens of whoever this runs for.

    Raises:
        AccessError: their folder cannot be read.
    """
    tokens, problems = _SHELF.open_all(tokens_dir(), _open)
    return Tokens(tuple(tokens), problems)


def revoke_token(name: str) -> None:
    """Delete a token: whoever has it is refused from now on.

    Raises:
        AccessError: there is none of this name, or it cannot be deleted.
    """
    _SHELF.delete(_SHELF.find(tokens_dir(), name))
    note("deleted", "token", name)


def digest_of(secret: str) -> str:
    """Return the hash of a token by which it is known."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def token_of(secret: str, among: Iterable[Token]) -> Token | None:
    """Return the token that a secret is, or None; how long it takes tells nothing of any secret."""
    digest, found = digest_of(secret), None
    for token in among:
        if hmac.compare_digest(token.digest.encode(), digest.encode()):
            found = token
    return found


def checked_rights(names: Collection[str]) -> tuple[Right, ...]:
    """Return rights in the order of ``RIGHTS``, each once.

    Raises:
        AccessError: there is no such right, or none is named.
    """
    unknown = [name for name in names if name not in RIGHTS]
    if unknown or not names:
        found = repr(unknown[0][:40]) if unknown else "none"
        raise AccessError(
            f"expected what the token may do, one or more of {', '.join(RIGHTS)}, found {found}; "
            "name them with commas between them"
        )
    return tuple(right for right in RIGHTS if right in names)


class KnownTokens:
    """Everybody's tokens as they are now, for a server that asks at every request.

    Asking costs a look at one folder a person; the files are read when it has changed.
    """

    def __init__(self) -> None:
        self._of_homes: dict[str | None, _TokensOfHome] = {}

    def now(self) -> tuple[Token, ...]:
        """Return all tokens; none of a home whose folder is not there or cannot be read."""
        try:
            homes = all_homes()
        except (OSError, NoHomeError):
            return ()
        found: list[Token] = []
        for home in homes:
            known = self._of_homes.setdefault(home.person, _TokensOfHome())
            with at_home(home.person):
                found.extend(known.now())
        return tuple(found)


class _TokensOfHome:
    def __init__(self) -> None:
        self._seen: tuple[Path, int, int] | None = None
        self._tokens: tuple[Token, ...] = ()

    def now(self) -> tuple[Token, ...]:
        try:
            folder = tokens_dir()
            found = folder.stat()
        except (OSError, NoHomeError, FormatError):
            return ()
        seen = folder, found.st_ino, found.st_mtime_ns
        if seen != self._seen:
            try:
                self._tokens = list_tokens().tokens
            except AccessError:
                return ()
            settled = time.time() - found.st_mtime > _SETTLED_SECONDS
            self._seen = seen if settled else None
        return self._tokens


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Let one process or thread at a time make a token: names are taken once.

    Raises:
        AccessError: another one does not end.
    """
    with writing(folder, AccessError), FileLock(folder / _LOCK) as lock:
        if not lock.acquire(_PATIENCE):
            raise AccessError(
                f"{folder}: expected to make a token, found that another process makes one and "
                "does not end; try again"
            )
        yield


def _open(path: Path) -> Token:
    try:
        token = checked(read_json(path), Token)
    except (OSError, ValueError, KeyError) as error:
        raise AccessError(
            f"{path}: expected a token, found a damaged file ({error}); delete it and make another"
        ) from error
    if token.name != path.stem or not _DIGEST.fullmatch(token.digest):
        raise AccessError(
            f"{path}: expected a token called {path.stem}, found another; delete it and make "
            "another"
        )
    return replace(token, owner=whose() or "")  # where it lies is true, whatever is in it
