"""Edits about marks: added, changed, removed; one at a time or a list of them.

Each of these raises `SessionError` where the session is gone or damaged, or cannot be written. All
can be called while the session is being recorded, from any thread but the video's: they wait for
the disk.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from emotion_core.errors import SessionError
from emotion_core.sessions.edits.applying import marks_of
from emotion_core.sessions.edits.folding import InFolder
from emotion_core.sessions.edits.kinds import Mark, MarkSource, PutMarks, RemoveMarks
from emotion_core.sessions.edits.log import EditLog, add_step, read_log
from emotion_core.sessions.tables import read_events

#: Of the first label of a session, the second, and so on. Each has a contrast of 3 or more against
#: the light page and the dark one, as has that of rules.
MARK_COLORS: Final = (
    "#8c6bd0", "#c2571a", "#2f8f5b", "#c2478e", "#3b7fc4", "#8a7a1f", "#c94f4f", "#2a8f99",
)  # fmt: skip


#: Labels that are offered before somebody sets their own.
USUAL_LABELS: Final = ("stimulus", "response", "break")


@dataclass(frozen=True)
class NewMark:
    """A mark that is to be made.

    Attributes:
        start: seconds since the start of the session.
        label: what happened.
        seconds: how long it lasts; 0 for a moment.
        color: ``#rrggbb``; None: that of the label's other marks, or one that no label has yet.
        person: whom it is about; None: all of them.
    """

    start: float
    label: str
    seconds: float = 0.0
    color: str | None = None
    person: int | None = None


def read_marks(session: InFolder) -> tuple[Mark, ...]:
    """Return a session's marks in the order of their starts, without reading its faces."""
    return marks_of(read_events(session.folder), read_log(session.folder))


def add_mark(
    session: InFolder,
    start: float,
    label: str,
    *,
    seconds: float = 0.0,
    color: str | None = None,
    person: int | None = None,
    source: MarkSource = "person",
) -> Mark:
    """Add a mark and return it; for the arguments see `NewMark`."""
    new = NewMark(start, label, seconds, color, person)
    return add_marks(session, [new], source=source)[0]


def add_marks(
    session: InFolder, marks: Iterable[NewMark], *, source: MarkSource
) -> tuple[Mark, ...]:
    """Add marks as one edit, so that one undo takes them all back, and return them."""
    new = tuple(marks)
    made: list[Mark] = []

    def make(log: EditLog) -> PutMarks | None:
        colors = _Colors(marks_of(read_events(session.folder), log))
        for each in new:
            label = " ".join(each.label.split())
            color = each.color or colors.of(label)
            id_ = secrets.token_hex(6)
            made.append(Mark(id_, each.start, each.seconds, label, color, source, each.person))
        return PutMarks(tuple(made)) if made else None

    add_step(session.folder, make)
    return tuple(made)


def change_mark(session: InFolder, mark: Mark) -> None:
    """Let a mark be as given; the one with its id is replaced, also one of a rule.

    Raises:
        SessionError: the session has no such mark; or see above.
    """

    def make(log: EditLog) -> PutMarks:
        _find(session, log, [mark.id])
        return PutMarks((mark,))

    add_step(session.folder, make)


def recolor_label(session: InFolder, label: str, color: str) -> None:
    """Give all marks of a label another colour."""

    def make(log: EditLog) -> PutMarks | None:
        marks = marks_of(read_events(session.folder), log)
        others = [each for each in marks if each.label == label and each.color != color]
        return PutMarks(tuple(replace(each, color=color) for each in others)) if others else None

    add_step(session.folder, make)


def remove_marks(session: InFolder, ids: Sequence[str]) -> None:
    """Remove marks by their ids, also such of rules.

    Raises:
        SessionError: the session has no such mark; or see above.
    """

    def make(log: EditLog) -> RemoveMarks | None:
        _find(session, log, ids)
        return RemoveMarks(tuple(ids)) if ids else None

    add_step(session.folder, make)


def _find(session: InFolder, log: EditLog, ids: Sequence[str]) -> None:
    known = {mark.id for mark in marks_of(read_events(session.folder), log)}
    if missing := [id_ for id_ in ids if id_ not in known]:
        raise SessionError(
            f"expected the id of a mark, found {missing[0]!r:.40}; it was removed just now"
        )


class _Colors:
    """Which label has which colour."""

    def __init__(self, marks: Iterable[Mark]) -> None:
        self._known = {mark.label: mark.color for mark in marks}

    def of(self, label: str) -> str:
        if label not in self._known:
            taken = list(self._known.values())
            self._known[label] = min(MARK_COLORS, key=taken.count)
        return self._known[label]
