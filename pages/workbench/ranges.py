"""Ranges of a session: typed in, and left out of all that is counted."""

from __future__ import annotations

import streamlit as st

from emotion_core.sessions.edits.folding import EditedSession
from emotion_core.sessions.edits.persons import count_again, leave_out
from emotion_core.sessions.storage import Session
from pages.viewer.clicks import once
from pages.workbench.reading import playhead
from pages.workbench.undoing import act


def range_inputs(session: Session, what: str, second: str) -> tuple[float, float]:
    """Let the viewer say when; it begins with the player's position."""
    at = min(playhead(session), session.seconds)
    # Another key with each position: what is shown follows the player.
    start = st.number_input(
        "At (s)", 0.0, max(at, session.seconds), at, 0.1, format="%.1f", width=130,
        key=f"{what} start {session.id} {at:.2f}",
    )  # fmt: skip
    seconds = st.number_input(
        second, 0.0, None, 0.0, 0.1, format="%.1f", width=130, key=f"{what} seconds {session.id}"
    )
    return float(start), float(seconds)


def show_left_out(session: Session, found: EditedSession) -> None:
    """List the ranges that are left out, each to be counted again, and offer to leave one out."""
    if not found.left_out:
        st.caption("A range that is left out counts in no number and no export.")
    for range_ in found.left_out:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{range_.start:.1f} to {range_.end:.1f} s", width="content")
            st.button(
                "Count again",
                icon=":material/undo:",
                key=f"count {range_.start} {range_.end}",
                on_click=once(act, count_again, session, range_.start, range_.seconds),
            )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        start, seconds = range_inputs(session, "range", "For (s)")
        st.button(
            "Leave out",
            icon=":material/content_cut:",
            key="leave_out",
            disabled=not seconds,
            on_click=once(act, leave_out, session, start, seconds),
        )
