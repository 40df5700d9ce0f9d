"""What can be said about a session, as values: each kind of edit, and a mark."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from emotion_core.emotions import ANSWER_COLORS
from emotion_core.errors import SessionError
from emotion_core.system.storage.json_reading import checked

#: Who made a mark: somebody by hand or by key, a rule of the live page, an imported list, or a
#: program.
MarkSource = Literal["person", "rule", "import", "api"]

#: Letters of a person's name or a mark's label, at most.
LONGEST_LABEL: Final = 60

# Of a person; those that a session gives are a few hundred at most.
_LARGEST_NUMBER: Final = 1_000_000_000
_COLOR: Final = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Mark:
    """A moment or a range of a session that has a label.

    Attributes:
        id: tells it from the session's other marks.
        start: seconds since the start of the session, 0 or more.
        seconds: how long it lasts; 0 for a moment.
        label: what happened, in up to ``LONGEST_LABEL`` letters.
        color: ``#rrggbb``.
        source: who made it.
        person: number of the person whom it is about; None where it is about all of them.

    Raises:
        SessionError: a value is not as above.
    """

    id: str
    start: float
    seconds: float
    label: str
    color: str
    source: MarkSource
    person: int | None = None

    def __post_init__(self) -> None:
        _check_range(self.start, self.seconds)
        _check_label(self.label, "a mark's label")
        if self.person is not None:
            _check_persons(self.person)
        if not _COLOR.fullmatch(self.color):
            raise SessionError(f"expected a colour such as #3973a0, found {self.color!r:.40}")
        if self.source not in get_args(MarkSource):
            raise SessionError(
                f"expected a mark's source, one of {', '.join(get_args(MarkSource))}, found "
                f"{self.source!r:.40}"
            )

    @property
    def end(self) -> float:
        """When it ends, in seconds since the start of the session."""
        return self.start + self.seconds


@dataclass(frozen=True)
class NamePerson:
    """A person gets a name; an empty one takes it away."""

    person: int
    name: str

    def __post_init__(self) -> None:
        _check_persons(self.person)
        if self.name:
            _check_label(self.name, "a name")


@dataclass(frozen=True)
class MergePersons:
    """``person`` is ``into``: all rows of the first become rows of the second."""

    person: int
    into: int

    def __post_init__(self) -> None:
        _check_persons(self.person, self.into)
        if self.person == self.into:
            raise SessionError(f"expected two persons to merge, found person {self.person} twice")


@dataclass(frozen=True)
class SplitPerson:
    """From the time ``at`` on, in seconds, ``person`` is somebody else, with number ``into``."""

    person: int
    at: float
    into: int

    def __post_init__(self) -> None:
        _check_persons(self.person, self.into)
        _check_range(self.at, 0.0)


@dataclass(frozen=True)
class HidePerson:
    """A person, such as somebody who only passed by, is left out; or not any more."""

    person: int
    hidden: bool = True

    def __post_init__(self) -> None:
        _check_persons(self.person)


@dataclass(frozen=True)
class PutMarks:
    """Marks are added, or take the place of those with the same ids."""

    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class RemoveMarks:
    """The marks with these ids are removed; one of a rule as well."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class LeaveOut:
    """A range of time counts in no number and no export; or, with ``out`` False, counts again."""

    start: float
    seconds: float
    out: bool = True

    def __post_init__(self) -> None:
        _check_range(self.start, self.seconds)


@dataclass(frozen=True)
class CorrectAnswer:
    """What a person showed from ``start`` to ``end``, both included, as a human sees it.

    ``label`` is one of the answers; None takes a correction back.
    """

    person: int
    start: float
    end: float
    label: str | None

    def __post_init__(self) -> None:
        _check_persons(self.person)
        _check_range(self.start, self.end - self.start)
        if self.label is not None and self.label not in ANSWER_COLORS:
            raise SessionError(
                f"expected one of {', '.join(ANSWER_COLORS)}, found {self.label!r:.40}"
            )


@dataclass(frozen=True)
class DropCorrections:
    """All edits before it are dropped, but for marks: persons, answers, ranges are as recorded."""


#: What can be said about a session; `Step` goes back and forth among such.
Edit: TypeAlias = (
    NamePerson
    | MergePersons
    | SplitPerson
    | HidePerson
    | PutMarks
    | RemoveMarks
    | LeaveOut
    | CorrectAnswer
    | DropCorrections
)


@dataclass(frozen=True)
class Undo:
    """The last edit that counts does not any more."""


@dataclass(frozen=True)
class Redo:
    """The edit that was undone last counts again; no other was made since."""


Step: TypeAlias = Edit | Undo | Redo

_NAMES: Final[dict[str, type[Step]]] = {
    "name": NamePerson,
    "merge": MergePersons,
    "split": SplitPerson,
    "hide": HidePerson,
    "marks": PutMarks,
    "remove_marks": RemoveMarks,
    "leave_out": LeaveOut,
    "answer": CorrectAnswer,
    "drop": DropCorrections,
    "undo": Undo,
    "redo": Redo,
}
_KINDS: Final = {kind: name for name, kind in _NAMES.items()}


def step_to_json(step: Step) -> dict[str, Any]:
    """Return a step as plain JSON values: its ``kind``, and its own values."""
    return {"kind": _KINDS[type(step)], **asdict(step)}


def step_from_json(content: Any) -> Step:
    """Return the step that ``step_to_json`` made ``content`` of, whatever else stands in it.

    Raises:
        ValueError: it is none, or of a later version.
        KeyError: a value is missing.
        SessionError: a value does not do.
    """
    if not isinstance(content, dict) or content.get("kind") not in _NAMES:
        raise ValueError(f"expected an edit, found {content!r:.60}")
    values = {name: value for name, value in content.items() if name not in ("kind", "made")}
    return checked(values, _NAMES[content["kind"]])


def in_words(edit: Edit) -> str:
    """Return what an edit does, as the Undo button says it."""
    match edit:
        case NamePerson(person, name):
            return f"name of person {person}: {name}" if name else f"no name for person {person}"
        case MergePersons(person, into):
            return f"person {person} is person {into}"
        case SplitPerson(person, at, into):
            return f"person {person} is person {into} from {at:.1f} s on"
        case HidePerson(person, hidden):
            return f"person {person} {'hidden' if hidden else 'shown'}"
        case PutMarks(marks):
            return (
                f"mark “{marks[0].label}” set" if len(marks) == 1 else f"{len(marks):,} marks set"
            )
        case RemoveMarks(ids):
            return "mark removed" if len(ids) == 1 else f"{len(ids):,} marks removed"
        case LeaveOut(start, seconds, out):
            return f"{start:.1f} to {start + seconds:.1f} s {'left out' if out else 'counted'}"
        case CorrectAnswer(person, start, _, label):
            return f"person {person} at {start:.1f} s: {label or 'no correction'}"
        case DropCorrections():
            return "all corrections dropped"


def _check_persons(*persons: int) -> None:
    for person in persons:
        if not 1 <= person <= _LARGEST_NUMBER:
            raise SessionError(f"expected a person's number from 1, found {person}")


def _check_range(start: float, seconds: float) -> None:
    if not (0 <= start < math.inf and 0 <= seconds < math.inf):
        raise SessionError(
            "expected a time of 0 s or more, and an end not before it, found "
            f"{start:g} to {start + seconds:g} s"
        )


def _check_label(label: str, what: str) -> None:
    if not (0 < len(label) <= LONGEST_LABEL and label.isprintable() and label == label.strip()):
        raise SessionError(
            f"expected {what} of 1 to {LONGEST_LABEL} letters on one line, found {label[:80]!r}"
        )
