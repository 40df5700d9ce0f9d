"""Recording a live session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.live.session import LiveSession
from emotion_core.models.folder import LITERT_FILE, ModelCard
from emotion_core.sessions.header import SessionDescription
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.sessions.storage import (
    find_session,
    sessions_dir,
)
from pages.shared.session_view import show_session

CONSENT = (
    "Everyone in view has agreed to be recorded: for every frame the time, the place of each face, "
    "its seven scores and its expression, on the machine that runs this app, until I delete it."
)

STATE_SECONDS = 1.0

_RECORDER = "live_recorder"
_FINISHED = "live_recorded_session"
_PROBLEM = "live_recording_problem"


def show_recording(session: LiveSession, card: Callable[[], ModelCard], playing: bool) -> None:
    """Show the record button, the recording that goes on, or the one that has just ended.

    Only the state of a recording that goes on refreshes itself: what is redrawn cannot be
    downloaded from at that moment.

    Args:
        session: the viewer's.
        card: returns that of the model that reads the video now.
        playing: whether there is video.
    """
    recorder: SessionRecorder | None = st.session_state.get(_RECORDER)
    if recorder is not None and not recorder.running:
        _finish(session, recorder)
        recorder = None
    if recorder is None:
        _offer_recording(session, card, playing)
        _show_finished()
        return
    st.fragment(_show_state, run_every=STATE_SECONDS)(recorder)
    st.button(
        "Stop recording",
        icon=":material/stop:",
        key="stop_recording",
        on_click=_finish,
        args=(session, recorder),
    )


def _show_state(recorder: SessionRecorder) -> None:
    if not recorder.running:  # the disk is full, say
        st.rerun()
    if recorder.problem:
        st.warning(recorder.problem)
    minutes, seconds = divmod(int(recorder.seconds), 60)
    dropped = f", {recorder.dropped} dropped" if recorder.dropped else ""
    st.markdown(
        f":red[:material/fiber_manual_record:] **Recording** {minutes}:{seconds:02d}, "
        f"{recorder.frames} frames{dropped}"
    )


def _offer_recording(session: LiveSession, card: Callable[[], ModelCard], playing: bool) -> None:
    agreed = st.checkbox(CONSENT, key="record_consent")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Record",
            icon=":material/fiber_manual_record:",
            disabled=not (playing and agreed),
            help=None if playing and agreed else "Start the camera and agree first.",
            key="start_recording",
            on_click=_start,
            args=(session, card),
        )
        st.toggle(
            "Keep the video too", key="record_video", help="As shown, with what is drawn on it."
        )
    if problem := st.session_state.get(_PROBLEM):
        st.error(problem)


def _start(session: LiveSession, reads: Callable[[], ModelCard]) -> None:
    st.session_state.pop(_PROBLEM, None)
    snapshot, card = session.snapshot, reads()
    description = SessionDescription(
        consent=CONSENT,
        model_name=card.name,
        model_checksum=card.files.get(LITERT_FILE, ""),
        camera_size=(snapshot.width, snapshot.height),
        settings={
            **asdict(session.settings),
            "rules": [rule.to_json() for rule in session.rules],
        },
    )
    with_video = bool(st.session_state.get("record_video"))
    try:
        recorder = SessionRecorder.start(sessions_dir(), description, with_video=with_video)
    except SessionError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state[_RECORDER] = session.recorder = recorder
    st.session_state.pop(_FINISHED, None)


def _finish(session: LiveSession, recorder: SessionRecorder) -> None:
    """Take leave of a recorder that was stopped, by its button or by the end of the stream."""
    session.recorder = None
    del st.session_state[_RECORDER]
    if recorder.problem:
        st.session_state[_PROBLEM] = recorder.problem
    try:
        st.session_state[_FINISHED] = recorder.stop().id
    except SessionError as error:
        st.session_state[_PROBLEM] = str(error)


def _show_finished() -> None:
    if (session_id := st.session_state.get(_FINISHED)) is None:
        return
    try:
        session = find_session(sessions_dir(), session_id)
    except SessionError:  # deleted meanwhile, here or on the page of all sessions
        del st.session_state[_FINISHED]
        return
    st.subheader("The session just recorded")
    show_session(session, on_deleted=lambda: st.session_state.pop(_FINISHED, None))
