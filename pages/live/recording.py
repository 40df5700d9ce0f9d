"""Recording a live session."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from emotion_core.errors import SessionError
from emotion_core.live.session import LiveSession
from emotion_core.live.streams.recording import (
    AGREED,
    ViewersRecording,
    description_of,
    recorded,
)
from emotion_core.live.streams.registry import STREAMS
from emotion_core.models.folder import ModelCard
from emotion_core.quantities import position
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.sessions.storage import (
    find_session,
    sessions_dir,
)
from pages.live.marks import choose_labels, labels, show_marking
from pages.live.notice import ask_purpose, purpose
from pages.live.viewers import refresh_seconds
from pages.viewer.clicks import once
from pages.viewer.on_air import OnAir, note_on_air
from pages.widgets.room import may_keep
from pages.widgets.text import plain
from pages.workbench.view import show_session

QUESTION = (
    "A recording is running. Leaving this page ends the video and the recording; what has been "
    "recorded so far is kept. Leave?"
)

STATE_SECONDS = 1.0

_RECORDING = "live_recording"
_CONSENT = "record_consent"
_VIDEO = "record_video"
_START = "start_recording"


def viewers_recording() -> ViewersRecording:
    """Return what this viewer records, on any page."""
    recording: ViewersRecording = st.session_state.setdefault(_RECORDING, ViewersRecording())
    return recording


def show_recording(session: LiveSession, card: Callable[[], ModelCard], playing: bool) -> None:
    """Show the record button, the recording that goes on, or the one that has just ended.

    Only the state of a recording that goes on refreshes itself: what is redrawn cannot be
    downloaded from at that moment.

    Args:
        session: the viewer's.
        card: returns that of the model that reads the video now; may be called from any thread.
        playing: whether there is video.
    """
    recording = viewers_recording()
    recording.follow(session)
    # Programs begin and end the same recording as the buttons here.
    STREAMS.add(session, card).recording = recording
    note_on_air(
        OnAir(
            streaming=lambda: session.streaming,
            recorded=lambda: recording.seconds,
            end_recording=lambda: recording.stop(session),
            expected=playing,
            refresh_seconds=refresh_seconds(STATE_SECONDS, session) if playing else STATE_SECONDS,
        )
    )
    ask_before_leaving(recording.recorder is not None)
    if recording.recorder is None:
        _offer_recording(recording, session, card, playing)
        _show_finished(recording)
        return
    st.fragment(_show_state, run_every=STATE_SECONDS)(recording, recording.recorder)
    show_marking(recording.recorder, labels(), session)
    st.button(
        "Stop recording",
        icon=":material/stop:",
        key="stop_recording",
        on_click=once(recording.stop, session),
    )


def ask_before_leaving(asking: bool) -> None:
    """Let the browser ask before a link leads away from this page, or no longer.

    It is told so before the session just recorded is shown: what is merely left out goes when the
    whole page is there.
    """
    _question()(key="leaving", data={"question": QUESTION if asking else None}, height=1)


@functools.cache
def _question() -> ComponentRenderer:
    script = Path(__file__).parent / "leaving.js"
    return st.components.v2.component("leaving", js=script.read_text("utf-8"))


def _show_state(recording: ViewersRecording, recorder: SessionRecorder) -> None:
    if not recorder.running:  # the disk is full, say, or a program has stopped it
        st.rerun()
    if recorder.problem:
        st.warning(recorder.problem)
    dropped = f", {recorder.dropped} dropped" if recorder.dropped else ""
    st.markdown(
        f":red[:material/fiber_manual_record:] **Recording** {position(recorder.seconds)}, "
        f"{recorder.frames:,} frames{dropped}"
    )
    if recording.by:
        st.caption(f"Started by the program {plain(recording.by)}, not on this page.")


def _offer_recording(
    recording: ViewersRecording,
    session: LiveSession,
    card: Callable[[], ModelCard],
    playing: bool,
) -> None:
    if not may_keep():
        return
    agreed = st.checkbox(AGREED, key=_of_next(_CONSENT, recording))
    st.caption("\n".join(f"- {line}" for line in recorded()))
    ask_purpose()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Record",
            icon=":material/fiber_manual_record:",
            disabled=not (playing and agreed),
            help=None if playing and agreed else "Start the video and tick the box above first.",
            key=_of_next(_START, recording),
            on_click=once(_start, recording, session, card),
        )
        st.toggle(
            "Keep the video too",
            key=_of_next(_VIDEO, recording),
            help="Saves the video as shown, without boxes: *Sessions* draws them, as corrected.",
        )
    with st.expander("Marks"):
        choose_labels()
    if recording.problem:
        st.error(plain(recording.problem))
    if recording.note:
        st.info(recording.note)


def _start(
    recording: ViewersRecording, session: LiveSession, reads: Callable[[], ModelCard]
) -> None:
    with_video = bool(st.session_state.get(_of_next(_VIDEO, recording)))
    description = description_of(session, reads(), purpose=purpose())
    recording.start(session, description, with_video=with_video)


def _of_next(key: str, recording: ViewersRecording) -> str:
    """Return the key of a widget that belongs to the next recording alone.

    Each is agreed to by itself, but Streamlit may keep what was ticked for the one before, although
    the browser shows it unticked: it does when a run is cut short by the next. And of several
    clicks on Record, a busy machine may serve one when the recording has been ended.
    """
    return f"{key} {recording.begun}"


def _show_finished(recording: ViewersRecording) -> None:
    if recording.finished is None:
        return
    try:
        session = find_session(sessions_dir(), recording.finished)
    except SessionError:  # deleted meanwhile, here or on the page of all sessions
        recording.finished = None
        return
    st.subheader("The session just recorded")
    show_session(session, on_deleted=lambda: setattr(recording, "finished", None))
