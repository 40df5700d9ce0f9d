"""What was said about a session last, to take back; and all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from emotion_core.errors import EmotionCoreError
from emotion_core.sessions.edits.kinds import PutMarks, RemoveMarks, in_words
from emotion_core.sessions.edits.log import EditLog, drop_corrections, redo_edit, undo_edit
from emotion_core.sessions.storage import Session
from pages.viewer.clicks import once
from pages.widgets.text import plain
from pages.workbench.reading import playhead_key

_PROBLEM: Final = "edit_problem"
_CHANGED: Final = "edits_changed"


def show_undo(session: Session, log: EditLog, place: str) -> None:
    """Show why the last edit failed, and Undo, Redo and Drop for what has been said so far.

    Args:
        session: which one.
        log: its edits.
        place: tells this place on the page from others.
    """
    if st.session_state.pop(_CHANGED, False):
        st.rerun()  # what was said shows in every part of the page
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    if not log.made and not log.undone:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        last = in_words(log.made[-1]) if log.made else ""
        st.button(
            "Undo",
            icon=":material/undo:",
            key=f"undo {place}",
            disabled=not log.made,
            help=f"Takes back: {plain(last)}" if last else None,
            on_click=once(act, undo_edit, session.folder),
        )
        if log.undone:
            st.button(
                "Redo",
                icon=":material/redo:",
                key=f"redo {place}",
                help=f"Does again: {plain(in_words(log.undone[-1]))}",
                on_click=once(act, redo_edit, session.folder),
            )
        if last:
            st.markdown(f":material/check: {plain(last)}", width="content")
        if any(not isinstance(edit, PutMarks | RemoveMarks) for edit in log.effective):
            _offer_drop(session, place)


def _offer_drop(session: Session, place: str) -> None:
    with st.popover("Drop corrections", icon=":material/restart_alt:", type="tertiary"):
        st.write(
            "Persons, answers and ranges become what was recorded; marks stay. Undo brings the "
            "corrections back."
        )
        st.button(
            "Drop all corrections",
            type="primary",
            key=f"drop {place}",
            on_click=once(act, drop_corrections, session.folder),
        )


def go_to(session: Session, seconds: float) -> None:
    """Move the player."""
    st.session_state[playhead_key(session)] = seconds
    st.session_state[_CHANGED] = True


def act(edit: Callable[..., object], *arguments: object, **named: object) -> None:
    """Make an edit, and remember why it failed, for ``show_undo`` to say."""
    try:
        edit(*arguments, **named)
        st.session_state[_CHANGED] = True
    except EmotionCoreError as error:
        st.session_state[_PROBLEM] = str(error)
