"""A session as it is after its edits: what every reader of a session reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from emotion_core.sessions.edits.applying import Persons, Rows, left_out_ranges, marks_of
from emotion_core.sessions.edits.kinds import Mark
from emotion_core.sessions.edits.log import EditLog, read_log
from emotion_core.sessions.edits.ranges import TimeRange, inside
from emotion_core.sessions.tables import read_events, read_tables

if TYPE_CHECKING:
    import pandas as pd

_NO_EDITS: Final = EditLog()


class InFolder(Protocol):
    """Whatever is a session's: `emotion_core.sessions.storage.Session`, or its recorder."""

    @property
    def folder(self) -> Path:
        """The session's folder."""


@dataclass(frozen=True, eq=False)
class EditedSession:
    """A session with everything that people said about it afterwards.

    Attributes:
        frames: as `emotion_core.sessions.tables.read_tables` gives them; ``faces`` counts those
            that are left.
        faces: the same, with ``person`` after merges and splits, without hidden persons, and with
            one column more, ``corrected``: what a human sees in the face, missing where nobody
            said so.
        events: as `emotion_core.sessions.tables.read_events` gives them, with the persons of
            ``faces``.
        names: of persons, by number; whoever has none is not in it.
        marks: in the order of their starts; also those of rules.
        left_out: ranges of time that count in no number and no export; `counted` leaves their rows
            out.
        hidden: numbers of the persons who are left out.
        log: the edits themselves.
    """

    frames: pd.DataFrame
    faces: pd.DataFrame
    events: pd.DataFrame
    names: Mapping[int, str]
    marks: tuple[Mark, ...]
    left_out: tuple[TimeRange, ...]
    hidden: tuple[int, ...] = ()
    log: EditLog = _NO_EDITS

    def counted(self) -> EditedSession:
        """Return the session without the rows and events of the ranges left out."""
        if not self.left_out:
            return self
        tables = {}
        for name in ("frames", "faces", "events"):
            table = getattr(self, name)
            out = inside(table["seconds"].to_numpy(np.float64), self.left_out)
            tables[name] = table[~out].reset_index(drop=True)
        return replace(self, **tables)

    def called(self, person: int) -> str:
        """Return a person's name, or "person 2"."""
        return self.names.get(person, f"person {person}")


def read_edited(session: InFolder) -> EditedSession:
    """Return a session with its edits applied.

    Raises:
        SessionError: a table or the file of edits is missing or damaged.
    """
    return edited_session(
        *read_tables(session.folder), read_events(session.folder), read_log(session.folder)
    )


def read_raw(session: InFolder) -> EditedSession:
    """Return a session as it was recorded, in the same form.

    Raises:
        SessionError: a table is missing or damaged.
    """
    return edited_session(*read_tables(session.folder), read_events(session.folder), EditLog())


def edited_session(
    frames: pd.DataFrame, faces: pd.DataFrame, events: pd.DataFrame, log: EditLog
) -> EditedSession:
    """Apply edits to a session's tables.

    Args:
        frames: see `emotion_core.sessions.tables.read_tables`.
        faces: the same.
        events: see `emotion_core.sessions.tables.read_events`.
        log: the edits.
    """
    marks = marks_of(events, log)
    rows, of_events = Rows.of(faces), Rows.of(events)
    persons = Persons()
    for edit in log.effective:
        persons.apply(edit)
        rows.apply(edit)
        of_events.apply(edit)
    if persons.hidden:
        kept = ~rows.belong_to(persons.hidden)
        gone = np.searchsorted(frames["frame"].to_numpy(), faces["frame"].to_numpy()[~kept])
        faces, rows = faces[kept], rows.only(kept)
        seen = frames["faces"].to_numpy() - np.bincount(gone, minlength=len(frames))
        frames = frames.assign(faces=seen)
        kept = ~of_events.belong_to(persons.hidden)
        events, of_events = events[kept], of_events.only(kept)
    faces = rows.written_into(faces).reset_index(drop=True)
    events = of_events.written_into(events, corrected=False).reset_index(drop=True)
    return EditedSession(
        frames=frames,
        faces=faces,
        events=events,
        names=dict(sorted(persons.names.items())),
        marks=marks,
        left_out=left_out_ranges(log),
        hidden=tuple(sorted(persons.hidden)),
        log=log,
    )
