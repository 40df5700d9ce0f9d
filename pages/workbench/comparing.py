"""Two ranges, two people or two groups of sessions, side by side."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.sessions.edits.folding import read_edited
from emotion_core.sessions.numbers.baseline import relative_faces, rests_of
from emotion_core.sessions.numbers.comparing import (
    Comparison,
    compare_groups,
    compare_people,
    compare_ranges,
    session_values,
)
from emotion_core.sessions.numbers.figures import comparison_figure
from emotion_core.sessions.numbers.marked import marked_ranges
from emotion_core.sessions.storage import Session, list_sessions, sessions_dir
from pages.widgets.text import local_time, plain
from pages.workbench.reading import edited, summary_of

WHAT: Final = "compare_what"
RANGES, PEOPLE, SESSIONS = "Ranges", "People", "Sessions"
#: Ids of the sessions of two groups.
FIRST, SECOND = "first_group", "second_group"


def show_comparing(session: Session, config: dict[str, Any], *, relative: bool) -> None:
    """Let two sides be chosen, and show how they differ.

    Args:
        session: the one that is open.
        config: of charts.
        relative: whether scores are relative to each person's rest.
    """
    st.header("Compare", anchor=False)
    kinds = _kinds(session)
    what = st.segmented_control(
        "Compare", kinds, key=WHAT, label_visibility="collapsed", default=None
    )
    ask = {RANGES: _of_ranges, PEOPLE: _of_people, SESSIONS: _of_sessions}
    if what not in kinds:
        st.caption(
            "Two labels of marked ranges, two people of this session, or two groups of sessions."
        )
        return
    try:
        comparison = ask[what](session, relative)
    except SessionError as error:
        st.error(plain(str(error)))
        return
    if comparison is not None:
        _show(comparison, session, config)


def _kinds(session: Session) -> list[str]:
    found = edited(session)
    kinds = [RANGES] if len(marked_ranges(found.marks)) > 1 else []
    kinds += [PEOPLE] if len(summary_of(session).persons) > 1 else []
    return [*kinds, SESSIONS]


def _faces(session: Session, relative: bool) -> Any:
    found = edited(session)
    return relative_faces(found.faces, rests_of(found)) if relative else found.faces


def _of_ranges(session: Session, relative: bool) -> Comparison | None:
    found = edited(session)
    ranges = marked_ranges(found.marks)
    names = {each.person: each.name for each in summary_of(session).persons}
    with st.container(horizontal=True):
        first = st.selectbox("First", list(ranges), key=f"first range {session.id}")
        second = st.selectbox(
            "Second", [each for each in ranges if each != first], key=f"second range {session.id}"
        )
        person = st.selectbox(
            "Person", list(names), format_func=names.__getitem__, key=f"range of {session.id}"
        )
    return compare_ranges(
        found.frames,
        _faces(session, relative),
        person,
        (first, ranges[first]),
        (second, ranges[second]),
        found.left_out,
    )


def _of_people(session: Session, relative: bool) -> Comparison | None:
    found = edited(session)
    names = {each.person: each.name for each in summary_of(session).persons}
    with st.container(horizontal=True):
        first = st.selectbox(
            "First", list(names), format_func=names.__getitem__, key=f"first person {session.id}"
        )
        second = st.selectbox(
            "Second", [each for each in names if each != first],
            format_func=names.__getitem__, key=f"second person {session.id}",
        )  # fmt: skip
    return compare_people(
        found.frames,
        _faces(session, relative),
        (first, names[first]),
        (second, names[second]),
        found.left_out,
    )


def _of_sessions(session: Session, relative: bool) -> Comparison | None:
    sessions = {
        each.id: each
        for each in list_sessions(sessions_dir()).sessions
        if each.header.kind == session.header.kind and each.state != "recording"
    }

    def name(id_: str) -> str:
        header = sessions[id_].header
        return f"{header.name or 'session'}, {local_time(header.started)}"

    with st.container(horizontal=True):
        first = st.multiselect("First group", list(sessions), [session.id], name, key=FIRST)
        second = st.multiselect("Second group", list(sessions), format_func=name, key=SECOND)
    paired = st.toggle(
        "Pairs, in this order", key="paired_groups", disabled=len(first) != len(second),
        help="The first of both groups belong together, such as one person's before and after; "
        "and so on.",
    )  # fmt: skip
    if not first or not second:
        st.caption("Choose sessions for both groups; each is one unit, the mean over its people.")
        return None
    groups = []
    for group in (first, second):
        values = []
        for id_ in group:
            found = read_edited(sessions[id_])
            faces = relative_faces(found.faces, rests_of(found)) if relative else found.faces
            values.append(session_values(found.frames, faces, found.left_out))
        groups.append(values)
    return compare_groups(
        ("first group", groups[0]),
        ("second group", groups[1]),
        paired=paired and len(first) == len(second),
    )


def _show(comparison: Comparison, session: Session, config: dict[str, Any]) -> None:
    for column, kind in zip(st.columns(2), ("share", "score"), strict=True):
        column.plotly_chart(
            comparison_figure(comparison, "", kind),
            key=f"compared {kind} {session.id}",
            config=config,
        )
    points = st.column_config.NumberColumn(format="%.1f")
    number = st.column_config.NumberColumn(format="%.2f")
    probability = st.column_config.NumberColumn(format="%.4f")
    st.dataframe(
        [
            {
                "measure": row["measure"],
                comparison.first: 100 * row["mean_first"],
                comparison.second: 100 * row["mean_second"],
                "difference, points": 100 * row["difference"],
                "95%": ""
                if row["difference_low"] is None
                else f"{100 * row['difference_low']:+.1f} to {100 * row['difference_high']:+.1f}",
                comparison.effect_name: row["effect_size"],
                "p": row["p"],
                "p (Holm)": row["p_holm"],
            }
            for row in comparison.rows()
        ],
        hide_index=True,
        placeholder="",
        column_config={
            comparison.first: st.column_config.NumberColumn(format="%.1f%%"),
            comparison.second: st.column_config.NumberColumn(format="%.1f%%"),
            "difference, points": points,
            comparison.effect_name: number,
            "p": probability,
            "p (Holm)": probability,
        },
    )
    tested = all(each.p is not None for each in comparison.differences)
    words = f"{plain(comparison.first)} minus {plain(comparison.second)}: {comparison.counted}; "
    words += f"effect size {comparison.effect_name}. "
    if tested:
        words += (
            f"p of the {comparison.test}; “p (Holm)” is corrected for "
            f"{len(comparison.differences)} measures at once."
        )
    else:
        words += "One unit on a side is too few for an interval or a test."
    st.caption(words)
