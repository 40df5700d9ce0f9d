"""The audit list: who recorded, exported, deleted, imported, shared and so on, what, and when.

One JSON line for each, only ever added, in the server's own folder. Whoever adds one holds a lock,
so that lines of several processes do not mix, and it is on the disk before the call returns. A list
that has grown is put away under the time of its last line, and goes after ``KEPT_DAYS``.
"""

from __future__ import annotations

import errno
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, get_args

from emotion_core.errors import AccessError, NoHomeError
from emotion_core.quantities import counted
from emotion_core.system.clock import iso_time
from emotion_core.system.storage.files import append_line, make_folder, move, whole_lines
from emotion_core.system.storage.folders import base_dir
from emotion_core.system.storage.json_reading import checked, parse_json
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.persons import whose

_LOG: Final = logging.getLogger(__name__)

Action = Literal[
    "recorded", "exported", "deleted", "brought back", "imported", "trained", "shared", "unshared",
    "logged in", "login refused", "backed up", "restored", "migrated", "added", "changed",
]  # fmt: skip

#: All that is noted.
ACTIONS: Final[tuple[str, ...]] = get_args(Action)

#: A list that has as many bytes, or whose first line is as many days old, is put away.
MOST_BYTES: Final = 5_000_000
LONGEST_DAYS: Final = 31
#: Days after which a list that was put away is deleted: it tells who did what, too.
KEPT_DAYS: Final = 365
#: Lines that wait in memory where the disk takes none.
MOST_WAITING: Final = 1_000

_FILE: Final = "audit.jsonl"
_LOCK: Final = "audit.lock"
_PATIENCE: Final = 2.0
_DAY: Final = 86_400.0


@dataclass(frozen=True)
class Entry:
    """One line of the list.

    Attributes:
        time: UTC in ISO 8601.
        action: what was done, one of ``ACTIONS``.
        kind: to what, such as "session", "dataset", "model", "run"; empty for a login.
        name: what that is called; empty where it has no name.
        who: id of the person; None where there are no accounts, or nobody asked for it.
        detail: more of it, in a few words.
    """

    time: str
    action: str
    kind: str
    name: str
    who: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class AuditList:
    """What the list says.

    Attributes:
        entries: the newest first.
        problems: a line for each thing that keeps it from being whole.
    """

    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()


# Lines that the disk did not take; they go before the next one.
_waiting: deque[Entry] = deque(maxlen=MOST_WAITING)
_lost = 0
_turn = threading.Lock()


def audit_dir() -> Path:
    """Return the folder of the list; it need not exist.

    Raises:
        NoHomeError: there is no folder to keep things in.
    """
    return base_dir() / "audit"


def note(
    action: Action,
    kind: str,
    name: str,
    *,
    who: str | None = None,
    detail: str = "",
    clock: Callable[[], float] = time.time,
) -> bool:
    """Add a line to the list, and return whether the disk has it.

    It never raises: nobody's recording ends because it cannot be noted. What cannot be written is
    logged, kept for the next try, and told by ``entries``.

    Args:
        action: what was done.
        kind: see ``Entry``.
        name: see ``Entry``.
        who: id of the person; None: whom the present code runs for.
        detail: see ``Entry``.
        clock: returns the seconds since 1970.
    """
    global _lost
    if who is None:
        with suppress(NoHomeError):  # nobody is known here, and it was done nevertheless
            who = whose()
    entry = Entry(iso_time(clock()), action, kind, name, who, detail)
    with _turn:
        _lost += len(_waiting) == MOST_WAITING
        _waiting.append(entry)
        try:
            _write_waiting(clock())
        except (OSError, NoHomeError) as error:
            reason = getattr(error, "strerror", None) or error
            _LOG.error(
                "The audit list cannot be written (%s): %d lines wait for it, %d are lost.",
                reason, len(_waiting), _lost,
            )  # fmt: skip
            return False
    return True


def entries(
    *,
    most: int | None = None,
    who: str | None = None,
    actions: tuple[str, ...] = (),
    since: datetime | None = None,
) -> AuditList:
    """Return what was noted, the newest first.

    Args:
        most: as many at the most.
        who: only what this person did.
        actions: only these; empty: all of them.
        since: only from then on.

    Raises:
        AccessError: the list cannot be read.
        NoHomeError: there is no folder to keep things in.
    """
    found: list[Entry] = []
    problems: list[str] = []
    begin = "" if since is None else iso_time(since.timestamp())
    for path in reversed(_files(audit_dir())):
        for entry in reversed(list(_lines(path, problems))):
            wanted = (who is None or entry.who == who) and (not actions or entry.action in actions)
            if wanted and entry.time >= begin:
                found.append(entry)
        if most is not None and len(found) >= most:
            break
    if waiting := len(_waiting) + _lost:
        problems.append(
            f"{audit_dir()}: {counted(waiting, 'line')} could not be written; free up space, or "
            "allow writing there"
        )
    return AuditList(tuple(found[:most]), tuple(problems))


def forget_old(clock: Callable[[], float] = time.time) -> None:
    """Delete lists that were put away more than ``KEPT_DAYS`` ago.

    Raises:
        OSError: one cannot be deleted.
        NoHomeError: there is no folder to keep things in.
    """
    for path in _files(audit_dir()):
        with suppress(FileNotFoundError):
            if clock() - path.stat().st_mtime > KEPT_DAYS * _DAY:
                path.unlink()


def _write_waiting(now: float) -> None:
    folder = audit_dir()
    make_folder(folder)
    with FileLock(folder / _LOCK) as lock:
        if not lock.acquire(_PATIENCE):
            raise TimeoutError(errno.ETIMEDOUT, "another process is writing it")
        _put_away(folder, now)
        while _waiting:
            line = json.dumps(asdict(_waiting[0]), ensure_ascii=False)
            append_line(folder / _FILE, line.encode(errors="backslashreplace"))
            _waiting.popleft()


def _put_away(folder: Path, now: float) -> None:
    """Begin a new list where the old one has grown."""
    path = folder / _FILE
    with suppress(FileNotFoundError):
        found = path.stat()
        if found.st_size >= MOST_BYTES or now - _begin(path, now) >= LONGEST_DAYS * _DAY:
            last = datetime.fromtimestamp(found.st_mtime, UTC).strftime("%Y%m%dT%H%M%S%f")
            move(path, folder / f"audit-{last}.jsonl")


def _begin(path: Path, now: float) -> float:
    """Return when the first line of a list was written, in seconds since 1970."""
    with path.open("rb") as file:
        line = file.readline(100_000)
    try:
        return datetime.fromisoformat(checked(parse_json(line), Entry).time).timestamp()
    except (ValueError, KeyError):
        return now


def _files(folder: Path) -> list[Path]:
    """Return the lists, the oldest first."""
    put_away = sorted(folder.glob("audit-*.jsonl"))
    return [*put_away, *filter(Path.is_file, [folder / _FILE])]


def _lines(path: Path, problems: list[str]) -> Iterator[Entry]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:  # put away meanwhile
        return
    except OSError as error:
        raise AccessError(
            f"{path} cannot be read ({error.strerror or error}); allow reading it"
        ) from error
    for number, line in enumerate(whole_lines(content).splitlines(), start=1):
        try:
            yield checked(parse_json(line), Entry, newer=True)
        except (ValueError, KeyError) as error:
            problems.append(f"{path}, line {number}: expected a line of the audit list ({error})")
