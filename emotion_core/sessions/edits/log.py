"""The file of a session's edits: lines are only ever added, and each is there whole or not at all.

Whoever adds one holds a lock, so that no two lines mix and an undo knows what it undoes. A line
that a killed process or a full disk cut in two was never confirmed to anybody: reading passes over
it, and the next to write takes it away.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from emotion_core.errors import SessionError
from emotion_core.sessions.edits.kinds import (
    DropCorrections,
    Edit,
    LeaveOut,
    PutMarks,
    Redo,
    RemoveMarks,
    Step,
    Undo,
    step_from_json,
    step_to_json,
)
from emotion_core.sessions.header import EDITING_FILE, EDITS_FILE, HEADER_FILE
from emotion_core.sessions.lock import is_being_recorded
from emotion_core.system.clock import iso_time
from emotion_core.system.storage.files import append_line, whole_lines
from emotion_core.system.storage.json_reading import parse_json
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.shelf import writing

# Seconds to wait for somebody else who adds a line.
_PATIENCE: Final = 5.0


@dataclass(frozen=True)
class EditLog:
    """What the file says.

    Attributes:
        made: edits that count, in their order.
        undone: those that were undone since the last new one; the last one is done again first.
    """

    made: tuple[Edit, ...] = ()
    undone: tuple[Edit, ...] = ()

    @property
    def effective(self) -> tuple[Edit, ...]:
        """What to apply, in this order: ``made`` without what was dropped."""
        drops = [place for place, edit in enumerate(self.made) if isinstance(edit, DropCorrections)]
        if not drops:
            return self.made
        marks = [
            edit for edit in self.made[: drops[-1]] if isinstance(edit, PutMarks | RemoveMarks)
        ]
        return (*marks, *self.made[drops[-1] + 1 :])

    def after(self, step: Step) -> EditLog:
        """Return the log with one line more; an undo or redo of nothing does nothing."""
        if isinstance(step, Undo):
            return EditLog(self.made[:-1], self.undone + self.made[-1:])
        if isinstance(step, Redo):
            return EditLog(self.made + self.undone[-1:], self.undone[:-1])
        return EditLog((*self.made, step))


def read_log(folder: Path) -> EditLog:
    """Return the edits of the session in ``folder``; none is no error.

    Raises:
        SessionError: the file is damaged, or of a later version.
    """
    path = folder / EDITS_FILE
    try:
        lines = whole_lines(path.read_bytes()).splitlines()
    except FileNotFoundError:
        return EditLog()
    except OSError as error:
        raise _unreadable(path, str(error.strerror or error)) from error
    made: list[Edit] = []
    undone: list[Edit] = []
    for number, line in enumerate(lines, start=1):
        try:
            step = step_from_json(parse_json(line))
        except (ValueError, KeyError, SessionError) as error:
            raise _unreadable(path, f"line {number}: {error}") from error
        # In place, for a log of thousands of lines; the same as `EditLog.after`.
        if isinstance(step, Undo):
            undone.extend(made[-1:])
            del made[-1:]
        elif isinstance(step, Redo):
            made.extend(undone[-1:])
            del undone[-1:]
        else:
            made.append(step)
            undone.clear()
    return EditLog(tuple(made), tuple(undone))


def add_step(folder: Path, make: Callable[[EditLog], Step | None]) -> EditLog:
    """Add one line to the edits of the session in ``folder``.

    Args:
        folder: of the session.
        make: called with the edits so far, which nobody changes meanwhile; returns what to add, or
            None for nothing.

    Returns:
        the edits with it.

    Raises:
        SessionError: what ``make`` raises; or the session is gone or damaged, is still being
            recorded (then only marks can be made), or cannot be written.
    """
    with _editing(folder):
        log = read_log(folder)
        step = make(log)
        if step is None:
            return log
        if is_being_recorded(folder) and not _is_about_marks(log, step):
            raise SessionError(
                f"{folder.name} is being recorded; until it ends, only marks can be made"
            )
        _write(folder / EDITS_FILE, step)
        return log.after(step)


def undo_edit(folder: Path) -> Edit | None:
    """Undo the last edit of the session in ``folder``, and return it; None where there is none.

    Raises:
        SessionError: see `add_step`.
    """
    found: list[Edit] = []

    def make(log: EditLog) -> Undo | None:
        found.extend(log.made[-1:])
        return Undo() if log.made else None

    add_step(folder, make)
    return found[0] if found else None


def redo_edit(folder: Path) -> Edit | None:
    """Let the edit count again that was undone last, and return it; None where there is none.

    Raises:
        SessionError: see `add_step`.
    """
    found: list[Edit] = []

    def make(log: EditLog) -> Redo | None:
        found.extend(log.undone[-1:])
        return Redo() if log.undone else None

    add_step(folder, make)
    return found[0] if found else None


def drop_corrections(folder: Path) -> None:
    """Let persons, answers and ranges of the session in ``folder`` be as recorded; marks stay.

    It can be undone.

    Raises:
        SessionError: see `add_step`.
    """
    add_step(folder, lambda log: DropCorrections() if log.effective else None)


def carry_over(old: Path, new: Path) -> None:
    """Take marks and ranges left out along where a session is read anew, as from the same video.

    Their times are those of the video. Who is who was told anew, and corrections with it are not
    taken along.

    Args:
        old: folder of the session that is replaced; it need not exist.
        new: folder of the session that replaces it, not in its place yet.

    Raises:
        OSError: it cannot be written.
    """
    try:
        edits = read_log(old).effective
    except SessionError:
        return  # what cannot be read is lost to everybody
    for edit in edits:
        match edit:
            case PutMarks(marks):
                _write(new / EDITS_FILE, PutMarks(tuple(replace(m, person=None) for m in marks)))
            case RemoveMarks() | LeaveOut():
                _write(new / EDITS_FILE, edit)


def _is_about_marks(log: EditLog, step: Step) -> bool:
    of = log.made[-1:] if isinstance(step, Undo) else log.undone[-1:]
    edits = of if isinstance(step, Undo | Redo) else (step,)
    return all(isinstance(edit, PutMarks | RemoveMarks) for edit in edits)


@contextmanager
def _editing(folder: Path) -> Iterator[None]:
    """Hold the lock on a session's edits."""
    if not (folder / HEADER_FILE).is_file():
        raise SessionError(f"{folder}: expected a session, found none; was it deleted just now?")
    lock = FileLock(folder / EDITING_FILE)
    with writing(folder / EDITS_FILE, SessionError):
        if not lock.acquire(_PATIENCE):
            raise SessionError(
                f"{folder.name}: expected its edits to be free within {_PATIENCE:g} s, but another "
                "program is changing them; try again"
            )
    try:
        yield
    finally:
        lock.release()


def _write(path: Path, step: Step) -> None:
    """Add a line, and take away what a process that was killed has left of another."""
    line = {"made": iso_time(time.time()), **step_to_json(step)}
    with writing(path, SessionError):
        append_line(path, json.dumps(line, ensure_ascii=False).encode())


def _unreadable(path: Path, reason: str) -> SessionError:
    return SessionError(
        f"{path} cannot be read ({reason}); expected edits as this version writes them; restore it "
        "from a backup, or delete it to have the session as it was recorded"
    )
