"""A session as files to take away."""

from __future__ import annotations

import streamlit as st

from emotion_core.sessions.exports.codebook import ColumnMeaning, codebook_csv, exported_codebook
from emotion_core.sessions.exports.kinds import python_lines
from emotion_core.sessions.exports.offered import OfferedFile, offered_files
from emotion_core.sessions.header import CODEBOOK_FILE
from emotion_core.sessions.numbers.baseline import rests_of
from emotion_core.sessions.storage import Session
from emotion_core.system.storage.persons import for_same_person
from pages.mending.downloads import FileOnDisk, written
from pages.widgets.text import plain
from pages.workbench.clip import show_clip
from pages.workbench.reading import edited, summary_of


def show_files(session: Session) -> None:
    """Offer a session as files, and say what their columns mean."""
    with_events = bool(summary_of(session).events)
    raw = bool(edited(session).log.effective) and st.toggle(
        "As recorded",
        key=f"raw {session.id}",
        help="Without names, corrections, marks and ranges left out.",
    )
    _offer_files(session, with_events=with_events, raw=raw)
    show_clip(session)
    with st.expander("In a notebook"):
        st.code(python_lines(f"session-{session.id}.parquet"), language="python", wrap_lines=True)
    _explain_columns(session, with_events=with_events, raw=raw)


def _offer_files(session: Session, *, with_events: bool, raw: bool) -> None:
    def content(offered: OfferedFile) -> FileOnDisk:
        return written(lambda file: offered.write(session, file, raw=raw))

    with st.container(horizontal=True):
        for offered in offered_files(session, with_events=with_events):
            st.download_button(
                offered.title,
                for_same_person(lambda offered=offered: content(offered)),
                offered.name,
                offered.media_type,
                key=f"{offered.kind} {session.id}",
                on_click="ignore",
                icon=":material/download:",
                help=offered.use,
            )


def _explain_columns(session: Session, *, with_events: bool, raw: bool) -> None:
    """Say what the columns of the files mean."""
    relative = not raw and bool(rests_of(edited(session)))
    meanings = exported_codebook(
        with_events=with_events, kind=session.header.kind, relative=relative, raw=raw
    )
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
    values = ", ".join(part for part in (meaning.unit, meaning.range) if part not in ("", "any"))
    return f"{plain(meaning.meaning)} ({plain(values)})" if values else plain(meaning.meaning)
