"""Recording a live session, and looking at one that was recorded."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.live.session import LiveSession
from emotion_core.models.folder import LITERT_FILE, ModelCard
from emotion_core.sessions.export import write_events, write_export
from emotion_core.sessions.figures import shares_figure, timeline_figure, transitions_figure
from emotion_core.sessions.header import SessionDescription
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.sessions.storage import (
    Session,
    delete_session,
    find_session,
    open_session,
    rename_session,
    sessions_dir,
)
from emotion_core.sessions.summary import PersonSummary, SessionSummary, summarize_session
from pages.shared import display

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


def show_session(session: Session, on_deleted: Callable[[], object]) -> None:
    """Show a session's summary and figures; offer it as files; let it be renamed and deleted.

    Args:
        session: which one.
        on_deleted: called after the user has deleted it.
    """
    try:
        summary = _summary(str(session.folder), session.size)
    except SessionError as error:
        st.error(str(error))
        _offer_deletion(session, on_deleted)
        return
    if session.state == "interrupted":
        st.info("This recording was interrupted; it holds everything up to its last second.")
    if problem := session.header.problem:
        st.warning(problem)
    st.html(display.numbers(_facts(session, summary)))
    if summary.persons:
        st.plotly_chart(shares_figure(summary, "Share of the time"), key=f"shares {session.id}")
        _show_person(session, summary)
    else:
        st.info("No face was seen in this session.")
    if summary.events:
        _list_events(summary)
    if session.video:
        st.video(session.video.read_bytes())
    _offer_files(session, with_events=bool(summary.events))
    _offer_notes(session)
    _offer_deletion(session, on_deleted)


@st.cache_data(max_entries=20, show_spinner="Reading the session …")
def _summary(folder: str, size: int) -> SessionSummary:  # noqa: ARG001 - another size, other content
    return summarize_session(open_session(Path(folder)))


def _facts(session: Session, summary: SessionSummary) -> dict[str, str]:
    minutes, seconds = divmod(round(session.seconds), 60)
    return {
        "length": f"{minutes}:{seconds:02d}",
        "frames": f"{session.frames}",
        "persons": f"{len(summary.persons)}",
        "without a face": f"{summary.no_face_seconds:.1f} s",
    }


def _show_person(session: Session, summary: SessionSummary) -> None:
    persons = {person.person: person for person in summary.persons}
    number = next(iter(persons))
    if len(persons) > 1:
        number = st.selectbox(
            "Person",
            list(persons),
            format_func=lambda each: f"person {each}, seen {persons[each].seconds:.0f} s",
            key=f"person {session.id}",
            help="Who leaves the picture and comes back may be counted as another person.",
        )
    person = persons[number]
    title = f"Person {number}"
    st.plotly_chart(timeline_figure(person, title, summary.events), key=f"timeline {session.id}")
    st.caption(_in_words(person))
    if person.transitions.any():
        with st.expander("Changes from one expression to another"):
            st.plotly_chart(transitions_figure(person, title), key=f"transitions {session.id}")


def _in_words(person: PersonSummary) -> str:
    words = f"{person.changes_per_minute:.1f} changes of expression a minute"
    if person.longest is not None:
        words += f"; longest {person.longest.emotion}, {person.longest.seconds:.1f} s"
    return words


def _list_events(summary: SessionSummary) -> None:
    with st.expander(f"Events: {len(summary.events)}"):
        st.dataframe(
            [
                {
                    "at": event.seconds,
                    "rule": event.rule,
                    "person": "" if event.person is None else str(event.person),
                    "score": "" if event.score is None else display.percent(event.score),
                }
                for event in summary.events
            ],
            hide_index=True,
            column_config={"at": st.column_config.NumberColumn(format="%.1f s")},
        )


def _offer_files(session: Session, *, with_events: bool) -> None:
    def content(kind: str) -> bytes:
        file = io.BytesIO()
        write_export(session, kind, file)
        return file.getvalue()

    def events() -> bytes:
        file = io.BytesIO()
        write_events(session, file)
        return file.getvalue()

    kinds = {"CSV": "text/csv", "Parquet": "application/octet-stream", "ZIP": "application/zip"}
    with st.container(horizontal=True):
        for name, mime in kinds.items():
            kind = name.lower()
            st.download_button(
                name,
                lambda kind=kind: content(kind),
                f"session-{session.id}.{kind}",
                mime,
                key=f"{kind} {session.id}",
                on_click="ignore",
                icon=":material/download:",
            )
        if with_events:
            st.download_button(
                "Events",
                events,
                f"session-{session.id}-events.csv",
                "text/csv",
                key=f"events {session.id}",
                on_click="ignore",
                icon=":material/download:",
            )


def _offer_notes(session: Session) -> None:
    with st.expander("Name and notes"):
        name = st.text_input("Name", session.header.name, key=f"name {session.id}")
        notes = st.text_area("Notes", session.header.notes, key=f"notes {session.id}")
        if st.button("Save", key=f"save {session.id}"):
            try:
                rename_session(session, name=name, notes=notes)
            except (SessionError, OSError) as error:
                st.error(str(error))
            else:
                st.toast("Saved.")


def _offer_deletion(session: Session, on_deleted: Callable[[], object]) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        st.write("The session and all its files are deleted for good.")
        if st.button("Delete this session", type="primary", key=f"delete {session.id}"):
            try:
                delete_session(sessions_dir(), session.id)
            except (SessionError, OSError) as error:
                st.error(str(error))
                return
            on_deleted()
            st.rerun()
