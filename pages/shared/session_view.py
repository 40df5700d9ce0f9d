"""Looking at a session that was recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.quantities import counted, duration, percent, position
from emotion_core.sessions.codebook import ColumnMeaning, codebook_csv, exported_codebook
from emotion_core.sessions.export import write_events, write_export
from emotion_core.sessions.figures import shares_figure, timeline_figure, transitions_figure
from emotion_core.sessions.header import CODEBOOK_FILE
from emotion_core.sessions.storage import (
    Session,
    delete_session,
    open_session,
    rename_session,
    sessions_dir,
    stop_session,
)
from emotion_core.sessions.summary import PersonSummary, SessionSummary, summarize_session
from pages.mending.downloads import FileOnDisk, written
from pages.shared import display
from pages.shared.clicks import once
from pages.shared.text import plain

NOBODY = "No face was seen for half a second or longer."

_PROBLEM = "session_problem"


def show_session(session: Session, on_deleted: Callable[[], object]) -> None:
    """Show a session's summary and figures; offer it as files; let it be renamed and deleted.

    Args:
        session: which one.
        on_deleted: called after the user has deleted it.
    """
    if session.state == "recording":
        _offer_stop(session)
    try:
        summary = _summary(str(session.folder), session.size)
    except SessionError as error:
        st.error(plain(str(error)))
        _offer_deletion(session, on_deleted)
        return
    if session.state == "interrupted":
        st.info("This recording was interrupted; it holds everything up to its last second.")
    if problem := session.header.problem:
        st.warning(plain(problem))
    st.html(display.numbers(_facts(session, summary)))
    if summary.persons:
        st.plotly_chart(shares_figure(summary, "Share of time"), key=f"shares {session.id}")
        _show_person(session, summary)
    else:
        st.info("No face was seen in this session." if not summary.passing else NOBODY)
    if summary.persons and summary.passing:
        st.caption(
            f"Left out: {counted(summary.passing, 'face')} seen for less than half a second. "
            "They are in the files, without a person."
        )
    if summary.events:
        _list_events(summary)
    if session.video:
        # One that is still written may be cut to its last whole fragment.
        written_to = session.state == "recording"
        st.video(session.video.read_bytes() if written_to else FileOnDisk(session.video))
    _offer_files(session, with_events=bool(summary.events))
    _explain_columns(session, with_events=bool(summary.events))
    _offer_notes(session)
    _offer_deletion(session, on_deleted)


@st.cache_data(max_entries=20, show_spinner="Reading the session …")
def _summary(folder: str, size: int) -> SessionSummary:  # noqa: ARG001 - another size, other content
    return summarize_session(open_session(Path(folder)))


def _facts(session: Session, summary: SessionSummary) -> dict[str, str]:
    return {
        "length": position(session.seconds),
        "frames": f"{session.frames:,}",
        "person" if len(summary.persons) == 1 else "persons": f"{len(summary.persons)}",
        "without a face": duration(summary.no_face_seconds),
    }


def _show_person(session: Session, summary: SessionSummary) -> None:
    persons = {person.person: person for person in summary.persons}
    number = next(iter(persons))
    if len(persons) > 1:
        number = st.selectbox(
            "Person",
            list(persons),
            format_func=lambda each: f"person {each}, seen {duration(persons[each].seconds)}",
            key=f"person {session.id}",
            help="Whoever comes back is recognised by the colours of hair, face and clothes, "
            "and may still be counted twice.",
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
        words += f"; longest: {person.longest.emotion}, {duration(person.longest.seconds)}"
    return words


def _list_events(summary: SessionSummary) -> None:
    with st.expander(f"Events: {len(summary.events)}"):
        st.dataframe(
            [
                {
                    "at": event.seconds,
                    "rule": event.rule,
                    "person": "" if event.person is None else str(event.person),
                    "score": "" if event.score is None else percent(event.score),
                }
                for event in summary.events
            ],
            hide_index=True,
            column_config={"at": st.column_config.NumberColumn(format="%.1f s")},
        )


def _offer_files(session: Session, *, with_events: bool) -> None:
    def content(kind: str) -> FileOnDisk:
        return written(lambda file: write_export(session, kind, file))

    def events() -> FileOnDisk:
        return written(lambda file: write_events(session, file))

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


def _explain_columns(session: Session, *, with_events: bool) -> None:
    """Say what the columns of the files mean."""
    meanings = exported_codebook(with_events=with_events)
    with st.expander("What the columns mean"):
        st.markdown("\n".join(f"- `{each.column}`: {_in_one_line(each)}" for each in meanings))
        st.download_button(
            "Codebook",
            codebook_csv(meanings),
            CODEBOOK_FILE,
            "text/csv",
            key=f"codebook {session.id}",
            on_click="ignore",
            icon=":material/download:",
        )


def _in_one_line(meaning: ColumnMeaning) -> str:
    values = ", ".join(part for part in (meaning.unit, meaning.range) if part)
    return f"{plain(meaning.meaning)} ({plain(values)})" if values else plain(meaning.meaning)


def _offer_notes(session: Session) -> None:
    with st.expander("Name and notes"):
        name = st.text_input("Name", session.header.name, key=f"name {session.id}")
        notes = st.text_area("Notes", session.header.notes, key=f"notes {session.id}")
        if st.button("Save", key=f"save {session.id}"):
            try:
                rename_session(session, name=name, notes=notes)
            except (SessionError, OSError) as error:
                st.error(plain(str(error)))
            else:
                st.toast("Saved.")


def _offer_deletion(session: Session, on_deleted: Callable[[], object]) -> None:
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    with st.popover("Delete", icon=":material/delete:"):
        st.write("The session and all its files will be permanently deleted.")
        st.button(
            "Delete this session",
            type="primary",
            key=f"delete {session.id}",
            on_click=once(_act, delete_session, session.id, on_deleted),
        )


def _offer_stop(session: Session) -> None:
    st.info("This session is being recorded. Stop it to see all of it or to delete it.")
    st.button(
        "Stop this recording",
        icon=":material/stop:",
        key=f"stop {session.id}",
        on_click=once(_act, stop_session, session.id, lambda: None),
    )


def _act(
    act: Callable[[Path, str], object], session_id: str, on_done: Callable[[], object]
) -> None:
    try:
        act(sessions_dir(), session_id)
    except (SessionError, OSError) as error:
        st.session_state[_PROBLEM] = str(error)
        return
    on_done()
