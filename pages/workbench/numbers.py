"""What a session comes to, in numbers."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import SessionError
from emotion_core.quantities import duration, percent
from emotion_core.sessions.figures import shares_figure, transitions_figure
from emotion_core.sessions.numbers.around import mark_average
from emotion_core.sessions.numbers.baseline import relative_faces, rests_of
from emotion_core.sessions.numbers.figures import around_figure, numbers_figure
from emotion_core.sessions.numbers.marked import onsets
from emotion_core.sessions.numbers.measures import PersonNumbers, RangeNumbers
from emotion_core.sessions.numbers.resampling import METHOD, Estimate
from emotion_core.sessions.storage import Session
from emotion_core.sessions.summary import PersonSummary, SessionSummary
from pages.widgets import display
from pages.widgets.display import with_picture_button
from pages.widgets.text import plain
from pages.workbench.comparing import show_comparing
from pages.workbench.reading import edited, numbers_of, summary_of

PICTURE_KIND: Final = "chart_picture_kind"
RELATIVE: Final = "numbers_relative"
TRANSITIONS: Final = "numbers_transitions"
EVERYBODY: Final = 0

_PERCENT: Final = st.column_config.NumberColumn(format="%.1f%%")
_SECONDS: Final = st.column_config.NumberColumn(format="%.1f s")


def show_numbers(session: Session) -> None:
    """Show who showed what for how long, around marks, and two sides compared."""
    summary = summary_of(session)
    st.html(display.numbers(_facts(session, summary)))
    if not summary.persons:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Save charts as", ["PNG", "SVG"], default="PNG", required=True, key=PICTURE_KIND,
            help="By the camera button above each chart.",
        )  # fmt: skip
        relative = _ask_relative(session)
    config = with_picture_button(f"session-{session.id}", kind.lower())
    st.plotly_chart(
        shares_figure(summary, "Share of time"), key=f"shares {session.id}", config=config
    )
    for person in summary.persons:
        st.caption(f"{plain(person.name)}: {_in_words(person)}")
    changed = [person for person in summary.persons if person.transitions.any()]
    if changed:
        # A chart takes a browser a tenth of a second, and this is one for each person.
        expander = st.expander(
            "Changes from one expression to another", key=TRANSITIONS, on_change="rerun"
        )
        with expander:
            for person in changed if expander.open else ():
                st.plotly_chart(
                    transitions_figure(person, person.name),
                    key=f"transitions {person.person} {session.id}",
                    config=config,
                )
    _show_intervals(session, summary, config, relative=relative)
    _show_around(session, summary, config, relative=relative)
    show_comparing(session, config, relative=relative)


def _ask_relative(session: Session) -> bool:
    has_rest = bool(rests_of(edited(session)))
    return st.toggle(
        "Relative to rest",
        key=RELATIVE,
        disabled=not has_rest,
        help="Takes what a person's face shows at rest away from their scores. Mark a range in "
        "which they sit still with the label “rest” first. Calm faces are then mostly “uncertain”.",
    ) and has_rest  # fmt: skip


def _facts(session: Session, summary: SessionSummary) -> dict[str, str]:
    without = f" ({summary.no_face_frames:,} frames)" if summary.no_face_frames else ""
    return {
        "length": duration(session.seconds),
        "frames": f"{session.frames:,}",
        "person" if len(summary.persons) == 1 else "persons": f"{len(summary.persons)}",
        f"without a face{without}": duration(summary.no_face_seconds),
    }


def _in_words(person: PersonSummary) -> str:
    words = "no change of expression"
    if person.changes_per_minute:
        words = f"{person.changes_per_minute:.1f} changes of expression a minute"
    if person.longest is not None:
        words += f"; longest: {person.longest.emotion}, {duration(person.longest.seconds)}"
    return words


def _show_intervals(
    session: Session, summary: SessionSummary, config: dict[str, Any], *, relative: bool
) -> None:
    st.header("Shares, scores and episodes", anchor=False)
    numbers = numbers_of(session, relative=relative)
    names = {person.person: person.name for person in summary.persons}
    person = next(iter(names))
    if len(names) > 1:
        person = st.selectbox(
            "Person", list(names), format_func=names.__getitem__, key=f"numbers of {session.id}"
        )
    found = [(part, own) for part in numbers if (own := part.of(person)) is not None]
    for column, kind in zip(st.columns(2), ("share", "score"), strict=True):
        column.plotly_chart(
            numbers_figure([(part.label, own) for part, own in found], "", kind),
            key=f"{kind} {person} {session.id}",
            config=config,
        )
    st.dataframe(
        [row for part, own in found for row in _rows(part, own)],
        hide_index=True,
        placeholder="",
        column_config={
            "share": _PERCENT,
            "score": _PERCENT,
            "episodes": st.column_config.NumberColumn(
                help="An expression that lasts half a second or longer is an episode."
            ),
            "mean length": _SECONDS,
            "first after": st.column_config.NumberColumn(
                format="%.1f s", help="From the start of a range to its first episode."
            ),
        },
    )
    answered = "; ".join(
        f"{plain(part.label)}: {percent(own.answered.value, 1)}{_written(own.answered)}"
        for part, own in found
    )
    st.caption(f"Answered, not “uncertain”: {answered}.  \n{METHOD}")


def _rows(part: RangeNumbers, person: PersonNumbers) -> list[dict[str, Any]]:
    return [
        {
            "range": part.label,
            "expression": each.answer,
            "share": 100 * each.share.value,
            "share, 95%": _written(each.share).strip(" ()"),
            "score": None if each.score is None else 100 * each.score.value,
            "score, 95%": "" if each.score is None else _written(each.score).strip(" ()"),
            "episodes": each.episodes or None,
            "mean length": each.episode_seconds,
            "first after": each.latency,
        }
        for each in person.answers
    ]


def _written(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f" ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def _show_around(
    session: Session, summary: SessionSummary, config: dict[str, Any], *, relative: bool
) -> None:
    found = edited(session)
    marked = onsets(found.marks)
    # Those with the most marks first: of one mark there is nothing to average.
    labels = dict(sorted(marked.items(), key=lambda item: -len(item[1])))
    st.header("Around marks", anchor=False)
    if not labels:
        st.caption("Mark moments or ranges to see the average around all marks of a label.")
        return
    names = {EVERYBODY: "everybody"} | {each.person: each.name for each in summary.persons}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            "Marks", list(labels), format_func=lambda each: f"{each} ({len(labels[each])})",
            key=f"around {session.id}",
        )  # fmt: skip
        person = st.selectbox(
            "Whose scores", list(names), format_func=names.__getitem__,
            key=f"around whom {session.id}",
        )  # fmt: skip
        before = st.number_input("Seconds before", 0.0, 60.0, 2.0, 0.5, key="around_before")
        after = st.number_input("Seconds after", 0.25, 300.0, 5.0, 0.5, key="around_after")
    subtract = st.toggle("As a change since before the mark", key="around_subtract")
    try:
        average = mark_average(
            found.frames,
            relative_faces(found.faces, rests_of(found)) if relative else found.faces,
            labels[label],
            person=person or None,
            before=before,
            after=after,
            subtract=subtract and before > 0,
            left_out=found.left_out,
        )
    except SessionError as error:
        st.error(plain(str(error)))
        return
    if not average.n:
        st.info("No face was seen around these marks.")
        return
    lines = st.pills(
        "Expressions", EMOTIONS, selection_mode="multi", key="around_lines",
        default=_highest(average.mean[average.marks > 0]),
    )  # fmt: skip
    st.plotly_chart(
        around_figure(average, "", lines), key=f"around figure {session.id}", config=config
    )
    soon = ", ".join(
        f"{each.emotion} {each.seconds:.1f} s (n = {each.marks})" for each in average.latencies
    )
    st.caption(
        (
            f"Mean over n = {average.n} marks; the band is its 95% interval over marks "
            "(Student's t)."
            if average.n > 1
            else "There is one such mark, so there is no interval."
        )
        + (f" Mean time from a mark to the first episode after it: {soon}." if soon else "")
    )
    with st.expander("As a table"):
        st.dataframe(average.rows(), hide_index=True, placeholder="")


def _highest(mean: Any) -> list[str]:
    """Return the four expressions that are highest somewhere."""
    order = mean.max(axis=0).argsort()[::-1][:4]
    return [EMOTIONS[place] for place in sorted(order.tolist())]
