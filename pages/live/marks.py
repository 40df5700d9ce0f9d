"""Marks that a viewer makes while a session is recorded: a key or button a label, one for rest."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.live.session import LiveSession
from emotion_core.quantities import exact_position
from emotion_core.sessions.edits.kinds import LONGEST_LABEL, Mark
from emotion_core.sessions.edits.marks import USUAL_LABELS, add_mark, read_marks, remove_marks
from emotion_core.sessions.numbers.baseline import REST_LABEL
from emotion_core.sessions.recorder import SessionRecorder
from pages.live.pressing import pressed_at, watch_presses
from pages.viewer.clicks import once
from pages.viewer.kept import kept
from pages.widgets.text import plain

#: Each label has the key of its place, from 1.
MOST_LABELS: Final = 9
#: How long somebody sits still for their rest.
REST_SECONDS: Final = 5
#: Marks listed while recording, the newest first.
_LISTED: Final = 5

_LABELS: Final = "live_marks"
_PROBLEM: Final = "live_marks_problem"
_MARKING: Final = "live_marking"


def choose_labels() -> None:
    """Let the viewer set the labels of the keys."""
    chosen = kept(_LABELS, [*USUAL_LABELS], _is_label)
    st.multiselect(
        "Labels",
        list(dict.fromkeys([*USUAL_LABELS, *chosen, *st.session_state.get(_LABELS, ())])),
        default=chosen,
        accept_new_options=True,
        max_selections=MOST_LABELS,
        key=_LABELS,
        persist_state="session",
        placeholder="Type a label",
        help="While recording, keys 1 to 9, or buttons, mark the moment with these labels.",
    )


def labels() -> list[str]:
    """Return the labels of the keys, in their order."""
    chosen = st.session_state.get(_LABELS, kept(_LABELS, [*USUAL_LABELS], _is_label))
    return [" ".join(label.split()) for label in chosen if _is_label(label)]


def show_marking(recorder: SessionRecorder, labels: list[str], session: LiveSession) -> None:
    """Show a button for each label, each with its key, and the marks made so far.

    A part of the page of its own: a press shows nothing else anew, and the video's thread, which
    has no share in it, goes on.
    """
    st.fragment(_show)(recorder, labels, session)


def _show(recorder: SessionRecorder, labels: list[str], session: LiveSession) -> None:
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    watch_presses(_MARKING)
    with st.container(horizontal=True, key=_MARKING):
        for number, label in enumerate(labels, start=1):
            st.button(
                plain(label),
                shortcut=str(number),
                key=f"mark {number}",
                help=f"Marks this moment of the recording as {plain(label)}.",
                on_click=once(_mark, recorder, session, label),
            )
        st.button(
            f"Rest, {REST_SECONDS} s",
            icon=":material/self_improvement:",
            shortcut="0",
            key="mark rest",
            help=f"Sit still with a calm face for {REST_SECONDS} seconds: they are marked as rest, "
            "and scores can be shown relative to it.",
            on_click=once(_mark, recorder, session, REST_LABEL, REST_SECONDS),
        )
    try:
        marks = [mark for mark in read_marks(recorder) if mark.source == "person"]
    except SessionError as error:
        st.error(plain(str(error)))
        return
    if not marks:
        return
    newest = sorted(marks, key=lambda mark: mark.start)[: -_LISTED - 1 : -1]
    listed = " · ".join(f"{plain(mark.label)} {exact_position(mark.start)}" for mark in newest)
    more = len(marks) - len(newest)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/bookmark: {listed}{f' and {more} more' if more else ''}", width="content"
        )
        st.button(
            "Undo",
            icon=":material/undo:",
            type="tertiary",
            key="undo_mark",
            help="Takes the last mark back.",
            on_click=once(_undo, recorder, newest[0]),
        )


def _mark(recorder: SessionRecorder, session: LiveSession, label: str, seconds: float = 0) -> None:
    moment = pressed_at()
    try:
        add_mark(recorder, max(0.0, recorder.seconds_at(moment)), label, seconds=seconds)
    except SessionError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    if (publisher := session.publisher) is not None:
        publisher.mark(moment, label)


def _undo(recorder: SessionRecorder, mark: Mark) -> None:
    try:
        # By its name: the newest edit may be a program's.
        remove_marks(recorder, [mark.id])
    except SessionError as error:
        st.session_state[_PROBLEM] = str(error)


def _is_label(label: object) -> bool:
    if isinstance(label, list):
        return len(label) <= MOST_LABELS and all(map(_is_label, label))
    return (
        isinstance(label, str) and 0 < len(label.strip()) <= LONGEST_LABEL and label.isprintable()
    )
