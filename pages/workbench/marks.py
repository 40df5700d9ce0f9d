"""The marks of a session and the ranges that are left out: made, changed, imported, taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.quantities import counted, percent
from emotion_core.sessions.edits.applying import rule_mark_id
from emotion_core.sessions.edits.folding import EditedSession
from emotion_core.sessions.edits.kinds import LONGEST_LABEL, Mark
from emotion_core.sessions.edits.mark_lists import LARGEST_LIST, MarkList, parse_mark_list
from emotion_core.sessions.edits.marks import (
    USUAL_LABELS,
    add_mark,
    add_marks,
    change_mark,
    recolor_label,
    remove_marks,
)
from emotion_core.sessions.edits.persons import leave_out
from emotion_core.sessions.exports.offered import write_marks_csv
from emotion_core.sessions.storage import Session
from emotion_core.sessions.tables import read_events
from emotion_core.system.storage.persons import for_same_person
from pages.mending.downloads import written
from pages.viewer.clicks import once
from pages.viewer.uploads import let_go_of
from pages.widgets.text import plain, viewers_zone
from pages.workbench.ranges import range_inputs, show_left_out
from pages.workbench.reading import edited
from pages.workbench.undoing import act, go_to, show_undo

_SOURCES: Final = {"person": "by hand", "rule": "rule", "import": "imported", "api": "API"}
#: Problems of an import that are listed.
_MOST_PROBLEMS: Final = 5
#: Marks of a list in which each has its colour: longer ones would take seconds.
_MOST_COLORED: Final = 500
_ROUND: Final = "marks_round"

HOW: Final = (
    "Columns: time, label and, if there is one, duration, with or without a header. Times are "
    "seconds since the start of the session, such as 12.5 or 1:30, or of the clock, such as "
    "2026-05-22T10:15:00; those without a time zone are in yours."
)


def show_marks(session: Session) -> None:
    """Show a session's marks, to be added to, changed, imported and exported; ranges left out."""
    try:
        found = edited(session)
    except SessionError as error:
        st.error(plain(str(error)))
        return
    show_undo(session, found.log, "marks")
    _offer_mark(session, found)
    if found.marks:
        _list_marks(session, found)
        _offer_colors(session, found)
    else:
        st.caption("No marks yet. A mark is a moment or a range with a label.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _offer_import(session)
        if found.marks:
            _offer_csv(session)
    if session.state != "recording":
        st.header("Left out", anchor=False)
        show_left_out(session, found)


def _offer_mark(session: Session, found: EditedSession) -> None:
    used = dict.fromkeys(mark.label for mark in found.marks if mark.source != "rule")
    labels = list(used | dict.fromkeys(USUAL_LABELS))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            "New mark",
            labels,
            index=None,
            accept_new_options=True,
            placeholder="Type a label",
            key=f"new mark {session.id}",
            width=220,
        )
        start, seconds = range_inputs(session, "mark", "Lasts (s)")
        st.button(
            "Add",
            icon=":material/add:",
            key="add_mark",
            disabled=not label,
            on_click=once(act, add_mark, session, start, str(label)[:LONGEST_LABEL],
                          seconds=seconds),
        )  # fmt: skip


def _list_marks(session: Session, found: EditedSession) -> None:
    marks = found.marks
    scores = _scores(session, marks)
    about = any(mark.person is not None for mark in marks)
    rows = [
        {
            "colour": "●",
            "at": mark.start,
            "lasts": mark.seconds or None,
            "label": mark.label,
            **({"person": _person(mark, found)} if about else {}),
            **({"score": scores.get(mark.id, "")} if scores else {}),
            "made": _SOURCES[mark.source],
        }
        for mark in marks
    ]
    seconds = st.column_config.NumberColumn(format="%.1f s")
    table = _colored(rows, marks)
    # Another key when the lines are others: what is ticked goes by their number.
    key = f"marks {session.id} {hash(marks)}"
    event = st.dataframe(
        table,
        hide_index=True,
        column_config={
            "colour": st.column_config.Column(width=60),
            "at": seconds,
            "lasts": seconds,
        },
        selection_mode="multi-row",
        on_select="rerun",
        key=key,
        placeholder="",
    )
    ticked = [marks[row] for row in event.selection.rows if row < len(marks)]
    if not ticked:
        st.caption("Tick a mark to change it, or several to remove them.")
        return
    if len(ticked) == 1:
        _offer_change(session, ticked[0])
    with st.container(horizontal=True):
        _offer_place(session, ticked)
        st.button(
            f"Remove {counted(len(ticked), 'mark')}",
            icon=":material/delete:",
            key="remove_marks",
            on_click=once(act, remove_marks, session, [mark.id for mark in ticked]),
        )


def _person(mark: Mark, found: EditedSession) -> str:
    return "" if mark.person is None else found.names.get(mark.person, f"{mark.person}")


def _colored(rows: Sequence[dict[str, object]], marks: Sequence[Mark]) -> object:
    """Return a table with the marks' colours in its first column, where it is not a long one."""
    import pandas as pd

    table = pd.DataFrame(rows)
    if len(table) > _MOST_COLORED:
        return table
    colors = [f"color: {mark.color}" for mark in marks]
    return table.style.apply(lambda _: colors, subset=["colour"])


def _scores(session: Session, marks: Sequence[Mark]) -> dict[str, str]:
    """Return the scores at which rules held, by the ids of their marks."""
    if not any(mark.source == "rule" for mark in marks):
        return {}
    scores = read_events(session.folder)["score"]
    return {rule_mark_id(row): percent(score) for row, score in scores.dropna().items()}


def _offer_place(session: Session, ticked: Sequence[Mark]) -> None:
    """Offer what is done with the times of marks."""
    st.button(
        "Go there",
        icon=":material/my_location:",
        key="go_to_mark",
        help="Moves the player to the first of them.",
        on_click=go_to,
        args=(session, ticked[0].start),
    )
    if len(ticked) == 1 and ticked[0].seconds and session.state != "recording":
        mark = ticked[0]
        st.button(
            "Leave this range out",
            icon=":material/content_cut:",
            key="leave_mark_out",
            on_click=once(act, leave_out, session, mark.start, mark.seconds),
        )


def _offer_change(session: Session, mark: Mark) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"{mark.id} {hash(mark)}"
        label = st.text_input(
            "Label", mark.label, max_chars=LONGEST_LABEL, key=f"label {key}", width=220
        )
        start = st.number_input(
            "At (s)", 0.0, None, mark.start, 0.1, format="%.1f", key=f"start {key}", width=130
        )
        seconds = st.number_input(
            "Lasts (s)", 0.0, None, mark.seconds, 0.1, format="%.1f", key=f"lasts {key}", width=130
        )
        changed = replace_values(mark, label, start, seconds)
        st.button(
            "Change",
            icon=":material/edit:",
            key="change_mark",
            disabled=not label.strip() or changed == mark,
            on_click=once(act, change_mark, session, changed),
        )


def replace_values(mark: Mark, label: str, start: float, seconds: float) -> Mark:
    """Return a mark with what was typed; an empty label changes nothing."""
    label = " ".join(label.split())
    # Inputs round to a tenth what they show, and give back what they were given.
    return replace(mark, label=label or mark.label, start=start, seconds=seconds)


def _offer_colors(session: Session, found: EditedSession) -> None:
    colors = {mark.label: mark.color for mark in found.marks}
    with st.expander("Colours"), st.container(horizontal=True):
        for label, color in colors.items():
            key = f"color {session.id} {label} {color}"

            def recolor(label: str = label, key: str = key) -> None:
                act(recolor_label, session, label, st.session_state[key])

            st.color_picker(plain(label), color, key=key, on_change=recolor)


def _offer_import(session: Session) -> None:
    with st.popover("Import", icon=":material/upload:"):
        st.caption(HOW)
        file = st.file_uploader(
            "A CSV file of marks",
            type=["csv", "tsv", "txt"],
            max_upload_size=LARGEST_LIST // 1_000_000,
            key=f"marks file {session.id} {st.session_state.get(_ROUND, 0)}",
        )
        if file is None:
            return
        try:
            found = parse_mark_list(
                file.getvalue(),
                file.name,
                session.header.began,
                session.seconds,
                viewers_zone(),
            )
        except SessionError as error:
            st.error(plain(str(error)))
            return
        if found.problems:
            lines = "\n".join(f"- {plain(each)}" for each in found.problems[:_MOST_PROBLEMS])
            more = len(found.problems) - _MOST_PROBLEMS
            rest = f"\n- and {more} more" if more > 0 else ""
            st.warning(f"{counted(len(found.problems), 'row')} left out:\n{lines}{rest}")

        def import_() -> None:
            _import(session, found)
            let_go_of([file])

        st.button(
            f"Import {counted(len(found.marks), 'mark')}",
            type="primary",
            key="import_marks",
            disabled=not found.marks,
            on_click=once(import_),
        )


def _import(session: Session, found: MarkList) -> None:
    act(add_marks, session, found.marks, source="import")
    # A new key: ready for the next file.
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _offer_csv(session: Session) -> None:
    st.download_button(
        "CSV",
        for_same_person(lambda: written(lambda file: write_marks_csv(session, file))),
        f"session-{session.id}-marks.csv",
        "text/csv",
        key=f"marks csv {session.id}",
        on_click="ignore",
        icon=":material/download:",
    )
