"""A session as files to take away."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.sessions.exports.codebook import ColumnMeaning, codebook_csv, exported_codebook
from emotion_core.sessions.exports.kinds import python_lines, write_session
from emotion_core.sessions.exports.tables import write_events
from emotion_core.sessions.header import CODEBOOK_FILE
from emotion_core.sessions.numbers.baseline import rests_of
from emotion_core.sessions.storage import Session
from pages.mending.downloads import FileOnDisk, written
from pages.widgets.text import plain
from pages.workbench.clip import show_clip
from pages.workbench.reading import edited, summary_of

#: By the button: what it writes, the ending of the file's name, its kind for the browser, and what
#: it is for.
_KINDS: Final = {
    "CSV": ("csv", ".csv", "text/csv", "A row for each face of each frame"),
    "Parquet": ("parquet", ".parquet", "application/octet-stream", "The same, for pandas and R"),
    "ZIP": ("zip", ".zip", "application/zip", "Everything, as recorded and as corrected"),
}
#: The same of what has a time, so not of photos.
_TIMED: Final = {
    "Report": ("html", ".html", "text/html", "Opens without the network"),
    "BIDS": ("tsv", "-bids.zip", "application/zip", "events.tsv and its JSON"),
    "ELAN": ("eaf", ".eaf", "application/xml", "Put it beside the session's video.mp4"),
    "WebVTT": ("vtt", ".vtt", "text/vtt", "Subtitles for the session's video"),
}


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
    def content(kind: str) -> FileOnDisk:
        return written(lambda file: write_session(session, kind, file, raw=raw))

    def events() -> FileOnDisk:
        return written(lambda file: write_events(session, file))

    with st.container(horizontal=True):
        timed = {} if session.header.kind == "photos" else _TIMED
        for name, (kind, ending, mime, use) in (_KINDS | timed).items():
            st.download_button(
                name,
                lambda kind=kind: content(kind),
                f"session-{session.id}{ending}",
                mime,
                key=f"{kind} {session.id}",
                on_click="ignore",
                icon=":material/download:",
                help=use,
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
