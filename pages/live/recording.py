"""Recording a live session."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from emotion_core.errors import SessionError
from emotion_core.live.session import LiveSession
from emotion_core.models.folder import LITERT_FILE, ModelCard
from emotion_core.models.views import view_of
from emotion_core.quantities import position
from emotion_core.sessions.header import SessionDescription
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.sessions.storage import (
    find_session,
    sessions_dir,
)
from pages.live.marks import choose_labels, labels, show_marking
from pages.viewer.clicks import once
from pages.viewer.on_air import OnAir, note_on_air
from pages.widgets.text import plain
from pages.workbench.view import show_session

AGREED: Final = "Everyone in view has agreed to be recorded."
#: What they have agreed to, and know.
RECORDED: Final = (
    "**What is recorded:** the time of every frame, and each face's position, seven scores and "
    "expression, with a number for each person",
    "**Where it is kept:** on the machine that runs this app, until someone deletes it",
    "**Who can use it:** anyone who uses this app can view, download and delete it",
)
#: As a session's header has it, without Markdown.
CONSENT: Final = f"{AGREED} {'; '.join(RECORDED)}.".replace("**", "")

QUESTION = (
    "A recording is running. Leaving this page ends the video and the recording; what has been "
    "recorded so far is kept. Leave?"
)

STATE_SECONDS = 1.0

_RECORDING = "live_recording"
_CONSENT = "record_consent"
_VIDEO = "record_video"

ENDED = "The video ended, so the recording stopped too. Everything up to then was kept."
STOPPED = "The recording was stopped on another page or by a command."


class ViewersRecording:
    """What one viewer records: one recording at a time, which is never lost sight of.

    It is made before a button is pressed. What a press does is kept here and not in
    ``st.session_state``, where Streamlit may end a callback between two of its lines.

    Attributes:
        finished: id of the session recorded last, as long as the page shows it.
        note: how it ended, where nobody pressed Stop.
        problem: why it could not be recorded, or not to its end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recorder: SessionRecorder | None = None
        self.finished: str | None = None
        self.note = ""
        self.problem = ""

    @property
    def recorder(self) -> SessionRecorder | None:
        """What records, or has just been stopped by something else than the button."""
        return self._recorder

    @property
    def running(self) -> bool:
        """Whether frames are recorded."""
        recorder = self._recorder
        return recorder is not None and recorder.running

    @property
    def seconds(self) -> float | None:
        """Seconds recorded so far; None while nothing is recorded."""
        recorder = self._recorder
        return recorder.seconds if recorder is not None and recorder.running else None

    def follow(self, session: LiveSession) -> None:
        """Go on with the frames of ``session``, or take leave of what ended by itself.

        A viewer whose connection broke comes back with another session.
        """
        with self._lock:
            if self._recorder is None:
                return
            if self._recorder.running:
                session.recorder = self._recorder
            else:
                self._take_leave(session)

    def start(
        self, session: LiveSession, description: SessionDescription, *, with_video: bool
    ) -> None:
        """Record ``session``, unless that is what happens already."""
        with self._lock:
            if self._recorder is not None:
                return
            self.finished, self.note, self.problem = None, "", ""
            try:
                self._recorder = session.recorder = SessionRecorder.start(
                    sessions_dir(), description, with_video=with_video
                )
            except SessionError as error:
                self.problem = str(error)

    def stop(self, session: LiveSession) -> bool:
        """End the recording, if there is one; return whether there was."""
        with self._lock:
            if self._recorder is None:
                return False
            self._take_leave(session)
            return True

    def _take_leave(self, session: LiveSession) -> None:
        recorder, self._recorder = self._recorder, None
        assert recorder is not None
        ended = not recorder.running
        session.recorder = None
        try:
            self.finished = recorder.stop().id
        except SessionError as error:
            self.problem = str(error)
        self.problem = recorder.problem or self.problem
        if ended and not self.problem:
            self.note = STOPPED if recorder.stopped_by_others else ENDED


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
        card: returns that of the model that reads the video now.
        playing: whether there is video.
    """
    recording = viewers_recording()
    recording.follow(session)
    note_on_air(
        OnAir(
            streaming=lambda: session.streaming,
            recorded=lambda: recording.seconds,
            end_recording=lambda: recording.stop(session),
            expected=playing,
        )
    )
    ask_before_leaving(recording.recorder is not None)
    if recording.recorder is None:
        _offer_recording(recording, session, card, playing)
        _show_finished(recording)
        return
    st.fragment(_show_state, run_every=STATE_SECONDS)(recording.recorder)
    show_marking(recording.recorder, labels())
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


def _show_state(recorder: SessionRecorder) -> None:
    if not recorder.running:  # the disk is full, say
        st.rerun()
    if recorder.problem:
        st.warning(recorder.problem)
    dropped = f", {recorder.dropped} dropped" if recorder.dropped else ""
    st.markdown(
        f":red[:material/fiber_manual_record:] **Recording** {position(recorder.seconds)}, "
        f"{recorder.frames:,} frames{dropped}"
    )


def _offer_recording(
    recording: ViewersRecording,
    session: LiveSession,
    card: Callable[[], ModelCard],
    playing: bool,
) -> None:
    agreed = st.checkbox(AGREED, key=_CONSENT)
    st.caption("\n".join(f"- {line}" for line in RECORDED))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Record",
            icon=":material/fiber_manual_record:",
            disabled=not (playing and agreed),
            help=None if playing and agreed else "Start the video and tick the box above first.",
            key="start_recording",
            on_click=once(_start, recording, session, card),
        )
        st.toggle(
            "Keep the video too",
            key=_VIDEO,
            help="Saves the video as shown, with everything drawn on it.",
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
    with_video = bool(st.session_state.get(_VIDEO))
    # Each recording is agreed to by itself. Streamlit may keep both for the next one, although the
    # browser shows them unticked: it does when a run is cut short by the next.
    st.session_state[_CONSENT] = st.session_state[_VIDEO] = False
    snapshot, card = session.snapshot, reads()
    description = SessionDescription(
        consent=CONSENT,
        model_name=card.name,
        model_checksum=card.files.get(LITERT_FILE, ""),
        camera_size=(snapshot.width, snapshot.height),
        settings={
            **asdict(session.settings),
            "view": view_of(careful=session.settings.smoothing_seconds > 0),
            "rules": [rule.to_json() for rule in session.rules],
        },
    )
    recording.start(session, description, with_video=with_video)


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
