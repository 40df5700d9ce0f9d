"""How long recordings are kept: by a rule of the server, and by each person's own, shorter one.

A session that is too old is deleted, whoever made it, unless it has the tag `KEEP_TAG` or is being
recorded. A rule that is new, or shorter than before, deletes nothing in its first `NOTICE_DAYS`: by
then everybody has seen on the page Sessions what goes, and when.
"""

from __future__ import annotations

import logging
import os
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from emotion_core.errors import EmotionCoreError, RetentionError, SessionError
from emotion_core.quantities import counted
from emotion_core.sessions.header import HEADER_FILE
from emotion_core.sessions.lock import is_being_recorded
from emotion_core.sessions.storage import Session, delete_session, open_session, sessions_dir
from emotion_core.system.storage.files import make_folder, write_json
from emotion_core.system.storage.folders import PROJECT, base_dir, data_dir
from emotion_core.system.storage.homes import all_homes
from emotion_core.system.storage.json_reading import checked, read_json
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.persons import at_home
from emotion_core.system.storage.shelf import writing

_LOG: Final = logging.getLogger(__name__)

#: Names the server's rule, in days; it goes before `SECTION` of the secrets.
DAYS_VARIABLE: Final = "EMOTION_RETENTION_DAYS"
#: The table of `secrets.toml` whose ``days`` is the server's rule.
SECTION: Final = "retention"
#: Names those files, as it does for Streamlit.
SECRETS_VARIABLE: Final = "STREAMLIT_SECRETS_FILES"

#: A session with this tag is not deleted by any rule.
KEEP_TAG: Final = "keep"
#: Days in which a new rule deletes nothing.
NOTICE_DAYS: Final = 3
#: The longest rule, in days.
MOST_DAYS: Final = 3650

_SECRETS: Final = (PROJECT / ".streamlit" / "secrets.toml",)
_OWN_FILE: Final = "retention.json"
_SERVER_FILE: Final = "retention_of_server.json"
_LOCK: Final = ".retention.lock"
_DAY: Final = 86_400.0


@dataclass(frozen=True)
class Rule:
    """For how long recordings are kept.

    Attributes:
        days: after its last row was written, a session is kept that long; 1 to `MOST_DAYS`.
        since: when the rule was made, in seconds since 1970.
        of_server: whether it is the server's, for everybody.
    """

    days: int
    since: float
    of_server: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MOST_DAYS:
            raise RetentionError(
                f"expected 1 to {MOST_DAYS:,} days to keep recordings for, found {self.days}; "
                "choose another number"
            )

    def ends(self, written: float) -> float:
        """Return when a session goes whose rows were written last at ``written``."""
        return max(written + self.days * _DAY, self.since + NOTICE_DAYS * _DAY)


@dataclass(frozen=True)
class _Kept:
    days: int
    since: float


def rule_of_server(clock: Callable[[], float] = time.time) -> Rule | None:
    """Return the rule for everybody; None without one.

    Raises:
        RetentionError: what is set means nothing.
        NoHomeError: there is no folder to keep things in.
    """
    days = _days_of_server()
    if days is None:
        return None
    known = _read(base_dir() / _SERVER_FILE)
    since = known.since if known is not None and known.days <= days else clock()
    return Rule(days, since, of_server=True)


def own_rule() -> Rule | None:
    """Return the rule of whoever this runs for; None without one.

    Raises:
        NoHomeError: nobody is known.
    """
    known = _read(own_file())
    return None if known is None else Rule(known.days, known.since)


def own_file() -> Path:
    """Return where the rule of whoever this runs for lies; it need not exist.

    Raises:
        NoHomeError: nobody is known.
    """
    return data_dir() / _OWN_FILE


def set_own_rule(days: int | None, clock: Callable[[], float] = time.time) -> None:
    """Keep the recordings of whoever this runs for so many days; None: by the server's rule alone.

    Raises:
        RetentionError: it is no number of days, is longer than the server's, or cannot be written.
        NoHomeError: nobody is known.
    """
    path = own_file()
    with writing(path, RetentionError):
        if days is None:
            path.unlink(missing_ok=True)
            return
        server = rule_of_server(clock)
        if server is not None and days > server.days:
            raise RetentionError(
                f"expected {server.days} days at the most, which is this server's rule, found "
                f"{days}; choose fewer, or tag what has to stay {KEEP_TAG!r}"
            )
        known = _read(path)
        since = known.since if known is not None and known.days <= days else clock()
        write_json(path, asdict(_Kept(Rule(days, since).days, since)))


def rules(clock: Callable[[], float] = time.time) -> tuple[Rule, ...]:
    """Return all rules that hold for whoever this runs for.

    Raises:
        RetentionError: what is set means nothing.
        NoHomeError: nobody is known.
    """
    return tuple(rule for rule in (rule_of_server(clock), own_rule()) if rule is not None)


def end_of(session: Session, by: tuple[Rule, ...]) -> float | None:
    """Return when a session is deleted, in seconds since 1970; None: never by itself.

    Args:
        session: which one.
        by: what `rules` returned.
    """
    if not by or is_kept(session) or session.state == "recording":
        return None
    return min(rule.ends(session.written) for rule in by)


def is_kept(session: Session) -> bool:
    """Tell whether somebody has said that a session stays whatever the rules are."""
    return KEEP_TAG in (tag.casefold() for tag in session.header.tags)


def delete_what_is_due(clock: Callable[[], float] = time.time) -> list[str]:
    """Delete what is too old in every home, and return the names of what was deleted.

    Of two processes that do so at once, one does. What cannot be deleted is logged, and keeps from
    nothing else.

    Raises:
        RetentionError: the server's rule means nothing; nothing is deleted then.
        NoHomeError: there is no folder to keep things in.
        OSError: that folder cannot be written.
    """
    base = base_dir()
    if not base.is_dir():  # nobody has made anything
        return []
    with FileLock(base / _LOCK) as lock:
        if not lock.acquire():
            return []
        server = rule_of_server(clock)
        _remember(base / _SERVER_FILE, server)
        deleted: list[str] = []
        for home in all_homes():
            with at_home(home.person):
                found = [rule for rule in (server, own_rule()) if rule is not None]
                if found:
                    deleted += _delete_due(tuple(found), clock())
        return deleted


def due(clock: Callable[[], float] = time.time) -> list[tuple[Session, float]]:
    """Return the sessions of whoever this runs for that go by themselves, and when each does.

    The next to go comes first.

    Raises:
        RetentionError: what is set means nothing.
        NoHomeError: nobody is known.
    """
    by = rules(clock)
    found = []
    for folder in _folders():
        with suppress(SessionError):  # damaged: the page says so
            session = open_session(folder)
            end = end_of(session, by)
            if end is not None:
                found.append((session, end))
    return sorted(found, key=lambda each: each[1])


def _delete_due(by: tuple[Rule, ...], now: float) -> Iterator[str]:
    for folder in _folders():
        try:
            end = _end_of_folder(folder, by)
            if end is None or now < end:
                continue
            rule = min(by, key=lambda rule: rule.days)
            whose = "by the server's rule" if rule.of_server else "by their own rule"
            delete_session(
                folder.parent,
                folder.name,
                reason=f"kept for {counted(rule.days, 'day')} {whose}",
            )
        except (EmotionCoreError, OSError) as error:
            _LOG.warning("A session that is too old cannot be deleted: %s", error)
        else:
            yield folder.name


def _end_of_folder(folder: Path, by: tuple[Rule, ...]) -> float | None:
    try:
        return end_of(open_session(folder), by)
    except SessionError:  # damaged; faces may be in it all the same
        if is_being_recorded(folder):
            return None
        written = max(each.stat().st_mtime for each in folder.iterdir())
        return min(rule.ends(written) for rule in by)


def _folders() -> list[Path]:
    with suppress(OSError):  # nobody has recorded
        return sorted(
            each
            for each in sessions_dir().iterdir()
            if each.name[0] != "." and (each / HEADER_FILE).is_file() and not each.is_symlink()
        )
    return []


def _days_of_server() -> int | None:
    text = os.environ.get(DAYS_VARIABLE, "").strip()
    if text:
        return _checked_days(text, DAYS_VARIABLE)
    for path in _secrets_files():
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise RetentionError(
                f"{path}: expected settings in TOML, found what cannot be read ({error}); mend it "
                "or take it away"
            ) from error
        section: Any = found.get(SECTION)
        if section is not None:
            days = section.get("days") if isinstance(section, dict) else None
            return _checked_days(days, f"{path}: [{SECTION}] days")
    return None


def _secrets_files() -> list[Path]:
    named = os.environ.get(SECRETS_VARIABLE)
    if not named:
        return [*_SECRETS]
    return [Path(named)] if Path(named).exists() else [*map(Path, named.split())]


def _checked_days(value: Any, place: str) -> int:
    try:
        days = int(value) if isinstance(value, str) else value
        if isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= MOST_DAYS:
            return days
    except ValueError:
        pass
    raise RetentionError(
        f"{place}: expected a number of days from 1 to {MOST_DAYS:,}, found {value!r:.40}; nothing "
        "is deleted until it is one; leave it out to keep recordings for good"
    )


def _remember(path: Path, rule: Rule | None) -> None:
    """Note since when the server's rule is what it is."""
    if rule is None:
        path.unlink(missing_ok=True)
    elif _read(path) != (kept := _Kept(rule.days, rule.since)):
        make_folder(path.parent)
        write_json(path, asdict(kept))


def _read(path: Path) -> _Kept | None:
    try:
        found = checked(read_json(path), _Kept)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        _LOG.warning("A rule for how long recordings are kept is damaged: %s", error)
        return None
    return found if 1 <= found.days <= MOST_DAYS else None
