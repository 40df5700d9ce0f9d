"""What each edit does: to names, to rows, to marks and to ranges.

Edits are applied in the order in which they were made, so that the number of a person means what it
meant when somebody said something about it. Rows are kept by number and time in two arrays; each
edit is one pass over them, and an hour of four people takes milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import ANSWER_COLORS, UNCERTAIN_COLOR
from emotion_core.sessions.edits.kinds import (
    LONGEST_LABEL,
    CorrectAnswer,
    HidePerson,
    LeaveOut,
    Mark,
    MergePersons,
    NamePerson,
    PutMarks,
    RemoveMarks,
    SplitPerson,
)
from emotion_core.sessions.edits.log import EditLog
from emotion_core.sessions.edits.ranges import TimeRange, joined, without

if TYPE_CHECKING:
    import pandas as pd

_ANSWERS: Final = tuple(ANSWER_COLORS)
#: In the arrays: a face that is nobody's, and no correction.
_NOBODY: Final = 0
_AS_READ: Final = -1


class Persons:
    """Names, and who is hidden."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.hidden: set[int] = set()

    def apply(self, edit: object) -> None:
        """Apply one edit; one about other things does nothing."""
        match edit:
            case NamePerson(person, name):
                self.names.pop(person, None)
                if name:
                    self.names[person] = name
            case MergePersons(person, into):
                name = self.names.pop(person, "")
                if name:
                    self.names.setdefault(into, name)
                self.hidden.discard(person)
            case HidePerson(person, hidden):
                (self.hidden.add if hidden else self.hidden.discard)(person)


def persons_left(recorded: int, log: EditLog) -> int:
    """Return how many persons a session has after its edits, without reading its rows.

    Args:
        recorded: how many were recorded.
        log: the edits.
    """
    count, gone, hidden = recorded, set[int](), set[int]()
    for edit in log.effective:
        match edit:
            case MergePersons(person, into) if person not in gone:
                if into in gone:
                    gone.discard(into)
                else:
                    count -= 1
                gone.add(person)
                hidden.discard(person)
            case SplitPerson(person, _, into) if person not in gone:
                count += 1
                gone.discard(into)
            case HidePerson(person, is_hidden):
                (hidden.add if is_hidden else hidden.discard)(person)
    return max(0, count - len(hidden - gone))


@dataclass
class Rows:
    """Rows of a table that is sorted by time, as arrays.

    Attributes:
        seconds: float64 ``[N]``.
        person: int64 ``[N]``; ``_NOBODY`` where it is nobody's.
        corrected: int8 ``[N]``, an index into ``_ANSWERS``, or ``_AS_READ``.
    """

    seconds: NDArray[np.float64]
    person: NDArray[np.int64]
    corrected: NDArray[np.int8]

    @classmethod
    def of(cls, table: pd.DataFrame) -> Rows:
        """Return the rows of a table with the columns ``seconds`` and ``person``."""
        return cls(
            table["seconds"].to_numpy(np.float64),
            table["person"].to_numpy(np.int64, na_value=_NOBODY, copy=True),
            np.full(len(table), _AS_READ, np.int8),
        )

    def apply(self, edit: object) -> None:
        """Apply one edit; one about other things does nothing."""
        match edit:
            case MergePersons(person, into):
                self.person[self.person == person] = into
            case SplitPerson(person, at, into):
                after = self.person[np.searchsorted(self.seconds, at) :]
                after[after == person] = into
            case CorrectAnswer(person, start, end, label):
                first = np.searchsorted(self.seconds, start, side="left")
                last = np.searchsorted(self.seconds, end, side="right")
                theirs = self.person[first:last] == person
                code = _AS_READ if label is None else _ANSWERS.index(label)
                self.corrected[first:last][theirs] = code

    def belong_to(self, persons: set[int]) -> NDArray[np.bool_]:
        """Return which rows are of any of these persons, bool ``[N]``."""
        return np.isin(self.person, sorted(persons))

    def only(self, kept: NDArray[np.bool_]) -> Rows:
        """Return some of the rows."""
        return Rows(self.seconds[kept], self.person[kept], self.corrected[kept])

    def written_into(self, table: pd.DataFrame, *, corrected: bool = True) -> pd.DataFrame:
        """Return the table that these are rows of, with what has become of them."""
        import pandas as pd

        person = pd.arrays.IntegerArray(self.person, self.person == _NOBODY)
        table = table.assign(person=person)
        if not corrected:
            return table
        labels = pd.Categorical.from_codes(self.corrected, list(_ANSWERS))
        return table.assign(corrected=labels)


def marks_of(events: pd.DataFrame, log: EditLog) -> tuple[Mark, ...]:
    """Return the marks of a session, those of its rules among them, in the order of their starts.

    Args:
        events: as `emotion_core.sessions.tables.read_events` gives them.
        log: the edits.
    """
    marks = {mark.id: mark for mark in _rule_marks(events)}
    hidden: set[int] = set()
    for edit in log.effective:
        match edit:
            case PutMarks(put):
                marks.update((mark.id, mark) for mark in put)
            case RemoveMarks(ids):
                for id_ in ids:
                    marks.pop(id_, None)
            case MergePersons(person, into):
                hidden.discard(person)
                _hand_over(marks, person, into, from_=0.0)
            case SplitPerson(person, at, into):
                _hand_over(marks, person, into, from_=at)
            case HidePerson(person, is_hidden):
                (hidden.add if is_hidden else hidden.discard)(person)
    left = [mark for mark in marks.values() if mark.person not in hidden]
    return tuple(sorted(left, key=lambda mark: (mark.start, mark.seconds, mark.id)))


def _hand_over(marks: dict[str, Mark], person: int, into: int, *, from_: float) -> None:
    for id_, mark in marks.items():
        if mark.person == person and mark.start >= from_:
            marks[id_] = replace(mark, person=into)


def rule_mark_id(row: int) -> str:
    """Return the id of the mark that an event is, by its row in the table of events, from 0."""
    return f"rule-{row}"


def _rule_marks(events: pd.DataFrame) -> list[Mark]:
    """Return the events of rules as marks; they are not copied anywhere."""
    columns = events[["seconds", "rule", "person"]]
    return [
        Mark(
            id=rule_mark_id(row),
            start=max(0.0, float(seconds)),
            seconds=0.0,
            label=_label_of(str(rule)),
            color=UNCERTAIN_COLOR,
            source="rule",
            person=None if person is None else int(person),
        )
        for row, seconds, rule, person in columns.astype(object)
        .where(columns.notna(), None)
        .itertuples()
    ]


def _label_of(rule: str) -> str:
    """Return a rule's words as a label, whatever somebody has made of the file."""
    plain = "".join(letter if letter.isprintable() else " " for letter in rule)
    return plain.strip()[:LONGEST_LABEL].strip() or "rule"


def left_out_ranges(log: EditLog) -> tuple[TimeRange, ...]:
    """Return the ranges of time that do not count, joined, in their order."""
    ranges: tuple[TimeRange, ...] = ()
    for edit in log.effective:
        match edit:
            case LeaveOut(start, seconds, out):
                given = TimeRange(start, start + seconds)
                ranges = joined((*ranges, given)) if out else without(ranges, given)
    return ranges
