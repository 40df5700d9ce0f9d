"""Edits about persons: names, merges, splits, hidden ones, corrected answers; and ranges left out.

Each of these raises `SessionError` where the session is gone or damaged, is still being recorded,
or cannot be written. Persons go by their numbers in `EditedSession.faces`.
"""

from __future__ import annotations

from emotion_core.errors import SessionError
from emotion_core.sessions.edits.folding import InFolder, edited_session
from emotion_core.sessions.edits.kinds import (
    CorrectAnswer,
    HidePerson,
    LeaveOut,
    MergePersons,
    NamePerson,
    SplitPerson,
)
from emotion_core.sessions.edits.log import EditLog, add_step
from emotion_core.sessions.tables import read_events, read_tables


def name_person(session: InFolder, person: int, name: str) -> None:
    """Give a person a name of up to 60 letters; an empty one takes it away."""
    edit = NamePerson(person, " ".join(name.split()))
    add_step(session.folder, lambda _: edit)


def merge_persons(session: InFolder, person: int, into: int) -> None:
    """Let all rows of ``person`` be rows of ``into``, who keeps number and name."""
    edit = MergePersons(person, into)
    add_step(session.folder, lambda _: edit)


def split_person(session: InFolder, person: int, at: float) -> int:
    """Let a person be somebody new from a time on, and return the new number.

    Args:
        session: whose.
        person: their number.
        at: seconds since the start; the first row of the new person is the first one then.

    Raises:
        SessionError: the person is not seen both before and from then on; or see above.
    """
    frames, faces = read_tables(session.folder)
    events = read_events(session.folder)
    new = 0

    def make(log: EditLog) -> SplitPerson:
        nonlocal new
        now = edited_session(frames, faces, events, log)
        times = now.faces.loc[now.faces["person"] == person, "seconds"]
        if not (times < at).any() or not (times >= at).any():
            seen = f"{times.min():.1f} to {times.max():.1f} s" if len(times) else "never"
            raise SessionError(
                f"expected a time between two pictures of {now.called(person)}, found {at:.1f} s, "
                f"and them seen {seen}; move to a moment after the first one"
            )
        # Never one that was used before, as by a person who is hidden or merged by now.
        used = {0, *faces["person"].dropna().tolist()}
        used |= {edit.into for edit in log.made if isinstance(edit, SplitPerson)}
        new = int(max(used)) + 1
        return SplitPerson(person, at, new)

    add_step(session.folder, make)
    return new


def hide_person(session: InFolder, person: int, *, hidden: bool = True) -> None:
    """Leave a person, such as a bystander, out of everything; or, not hidden, show them again."""
    edit = HidePerson(person, hidden)
    add_step(session.folder, lambda _: edit)


def correct_answer(
    session: InFolder, person: int, start: float, end: float, label: str | None
) -> None:
    """Say what a person showed in a range of time, its end included, as a human sees it.

    Args:
        session: whose.
        person: their number.
        start: seconds since the start.
        end: the same.
        label: one of the expressions, or "uncertain"; None takes an earlier correction back.
    """
    edit = CorrectAnswer(person, start, end, label)
    add_step(session.folder, lambda _: edit)


def leave_out(session: InFolder, start: float, seconds: float) -> None:
    """Let a range of time count in no number and no export."""
    edit = LeaveOut(start, seconds)
    add_step(session.folder, lambda _: edit)


def count_again(session: InFolder, start: float, seconds: float) -> None:
    """Let a range of time that was left out count again."""
    edit = LeaveOut(start, seconds, out=False)
    add_step(session.folder, lambda _: edit)
