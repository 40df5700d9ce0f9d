"""A session as one HTML page that opens without the network; its words stand in ``page.html``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emotion_core.emotions import EMOTIONS
from emotion_core.quantities import duration, position
from emotion_core.sessions.edits.folding import EditedSession
from emotion_core.sessions.figures import shares_figure, timeline_figure
from emotion_core.sessions.numbers.around import mark_average
from emotion_core.sessions.numbers.figures import around_figure, numbers_figure
from emotion_core.sessions.numbers.marked import marked_ranges, onsets
from emotion_core.sessions.numbers.measures import AnswerNumbers, RangeNumbers, session_numbers
from emotion_core.sessions.numbers.resampling import METHOD
from emotion_core.sessions.numbers.rows import written
from emotion_core.sessions.storage import Session
from emotion_core.sessions.summary import Event, SessionSummary
from emotion_core.system.html.pages import page_template, plotly_script

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: People with figures of their own, and labels whose average is drawn, at most: a page of hundreds
#: of figures opens nowhere.
MOST_PERSONS: Final = 12
MOST_LABELS: Final = 12
#: From so many marks of one label on, their average is drawn.
FEWEST_MARKS: Final = 2
#: Expressions drawn around marks: those that are highest somewhere around them.
MOST_LINES: Final = 4
#: Lines of the list of marks, at most.
MOST_MARKS: Final = 500

_HEADER: Final = (
    *("range", "expression", "share of time (95%)", "mean score (95%)"),
    *("episodes", "mean length", "first after"),
)


def html_report(session: Session, edited: EditedSession, summary: SessionSummary) -> str:
    """Return the report of a session; names, labels and notes in it are escaped.

    Args:
        session: whose.
        edited: its tables with what people said afterwards.
        summary: of the same.
    """
    numbers = session_numbers(
        edited.frames,
        edited.faces,
        marked_ranges(edited.marks),
        left_out=edited.left_out,
        names=edited.names,
    )
    persons = summary.persons[:MOST_PERSONS]
    events = [Event(mark.start, mark.label, mark.person) for mark in edited.marks]
    return page_template(Path(__file__).parent).render(
        title=session.header.name or session.id,
        plotly=plotly_script(),
        session=session,
        headline=_headline(session, summary, edited),
        shares=[shares_figure(summary, "")] if persons else [],
        shares_height=240 + 40 * len(persons),
        persons=[
            (
                edited.called(person.person),
                timeline_figure(person, "", events),
                _ranges_figures(numbers, person.person),
                _rows(numbers, person.person),
            )
            for person in persons
        ],
        more_persons=len(summary.persons) - len(persons),
        header=_HEADER,
        around=_around(edited),
        marks=[
            (
                position(mark.start),
                f"{mark.start:.1f} s",
                duration(mark.seconds) if mark.seconds else "",
                mark.label,
                mark.source,
            )
            for mark in edited.marks[:MOST_MARKS]
        ],
        more_marks=max(0, len(edited.marks) - MOST_MARKS),
        left_out=[f"{each.start:.1f} to {each.end:.1f} s" for each in edited.left_out],
        method=METHOD,
    )


def _headline(session: Session, summary: SessionSummary, edited: EditedSession) -> dict[str, str]:
    facts = {
        "length": duration(session.seconds),
        "frames": f"{summary.frames:,}",
        "person" if len(summary.persons) == 1 else "persons": f"{len(summary.persons)}",
        "without a face": duration(summary.no_face_seconds),
    }
    if edited.marks:
        facts["mark" if len(edited.marks) == 1 else "marks"] = f"{len(edited.marks):,}"
    return facts


def _ranges_figures(numbers: Sequence[RangeNumbers], person: int) -> list[Figure]:
    own = [(part.label, found) for part in numbers if (found := part.of(person)) is not None]
    return [numbers_figure(own, "", kind) for kind in ("share", "score")]


def _rows(numbers: Sequence[RangeNumbers], person: int) -> list[tuple[str, ...]]:
    return [
        (
            part.label,
            each.answer,
            written(each.share),
            "" if each.score is None else written(each.score),
            f"{each.episodes}" if each.episodes else "",
            "" if each.episode_seconds is None else duration(each.episode_seconds),
            _latency(each),
        )
        for part in numbers
        if (found := part.of(person)) is not None
        for each in found.answers
    ]


def _latency(numbers: AnswerNumbers) -> str:
    if numbers.latency is None:
        return ""
    return f"{numbers.latency:.1f} s (n = {numbers.latencies})"


def _around(edited: EditedSession) -> list[tuple[str, int, Figure]]:
    found: list[tuple[str, int, Figure]] = []
    for label, times in onsets(edited.marks).items():
        if len(times) < FEWEST_MARKS or len(found) == MOST_LABELS:
            continue
        average = mark_average(edited.frames, edited.faces, times, left_out=edited.left_out)
        if average.n:
            highest = average.mean[average.marks > 0].max(axis=0)
            lines = [EMOTIONS[each] for each in sorted(highest.argsort()[::-1][:MOST_LINES])]
            found.append((label, average.n, around_figure(average, "", lines)))
    return found
