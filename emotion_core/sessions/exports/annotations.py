"""A session as times with names: episodes of expressions, marks, and what rules told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from emotion_core.sessions.edits.folding import EditedSession
from emotion_core.sessions.summary import SessionSummary

Kind = Literal["expression", "mark", "rule"]

_ORDER: Final = {"expression": 0, "mark": 1, "rule": 2}


@dataclass(frozen=True)
class Annotation:
    """A time with a name.

    Attributes:
        start: seconds since the start of the session.
        seconds: how long; 0 for a moment.
        kind: an episode of an expression, somebody's mark, or a rule of the live page.
        text: the expression, the mark's label or the rule in words.
        person: number of the person whom it is about; None where it is about all of them.
        name: what they are called; "" for all.
    """

    start: float
    seconds: float
    kind: Kind
    text: str
    person: int | None = None
    name: str = ""

    @property
    def end(self) -> float:
        """When it is over, in seconds since the start of the session."""
        return self.start + self.seconds


def annotations_of(edited: EditedSession, summary: SessionSummary) -> list[Annotation]:
    """Return all times with a name, in order.

    Args:
        edited: the session; its marks have those of rules among them.
        summary: of the same.
    """
    found = [
        Annotation(
            stretch.start, stretch.seconds, "expression", stretch.emotion, person.person,
            edited.called(person.person),
        )
        for person in summary.persons
        for stretch in person.stretches
    ]  # fmt: skip
    found += [
        Annotation(
            mark.start, mark.seconds, "rule" if mark.source == "rule" else "mark", mark.label,
            mark.person, "" if mark.person is None else edited.called(mark.person),
        )
        for mark in edited.marks
    ]  # fmt: skip
    return in_order(found)


def in_order(found: Iterable[Annotation]) -> list[Annotation]:
    """Return annotations by their starts."""
    return sorted(found, key=lambda each: (each.start, _ORDER[each.kind], each.person or 0))


def in_video(found: Sequence[Annotation], video_start: float) -> list[Annotation]:
    """Return annotations with the times of the session's video, which may begin later.

    What was over before it began is left out.

    Args:
        found: as `annotations` returns them.
        video_start: time of the video's first picture, in seconds since the session's start.
    """
    moved = []
    for each in found:
        if each.end > video_start or each.start >= video_start:
            start = max(0.0, each.start - video_start)
            moved.append(replace(each, start=start, seconds=each.end - video_start - start))
    return moved
