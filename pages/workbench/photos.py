"""Looking at photos that were read as one set."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.quantities import counted, percent
from emotion_core.sessions.photos.figure import faces_figure
from emotion_core.sessions.photos.summary import PhotoFaces, PhotoSummary, summarize_photos
from emotion_core.sessions.storage import Session, open_session
from pages.widgets import display
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.text import plain, without_places


def show_photos(session: Session) -> None:
    """Show what a set of photos comes to, and each of them."""
    try:
        summary = _summary(str(session.folder), session.size)
    except SessionError as error:
        st.error(plain(str(error)))
        return
    st.html(display.numbers(_facts(summary)))
    if summary.faces:
        st.plotly_chart(
            faces_figure(summary, "Faces by expression"),
            key=f"faces {session.id}",
            config=NO_TOOLBAR,
        )
    else:
        st.info("No face was found in these photos.")
    st.caption("Each face counts by itself: nobody is recognised from one photo to another.")
    _list_photos(session, summary)


@st.cache_data(max_entries=5, show_spinner="Reading the session …")
def _summary(folder: str, size: int) -> PhotoSummary:  # noqa: ARG001 - another size, other content
    return summarize_photos(open_session(Path(folder)))


def _facts(summary: PhotoSummary) -> dict[str, str]:
    facts = {
        "photo" if len(summary.photos) == 1 else "photos": f"{len(summary.photos):,}",
        "face" if summary.faces == 1 else "faces": f"{summary.faces:,}",
        "without a face": f"{summary.without_face:,}",
    }
    return facts | ({"not read": f"{summary.unread:,}"} if summary.unread else {})


def _list_photos(session: Session, summary: PhotoSummary) -> None:
    if summary.unread == 1:
        (photo,) = [each.photo for each in summary.photos if each.photo.problem]
        st.warning(plain(f"{photo.file} could not be read: {photo.problem}"))
    elif summary.unread:
        st.warning(f"{counted(summary.unread, 'photo')} could not be read; the table says why.")
    columns = {
        "photo": lambda each: each.photo.file,
        "faces": lambda each: None if each.photo.problem else len(each.answers),
        "expressions": _expressions,
        "taken": lambda each: each.photo.taken.replace("T", " "),
        "problem": lambda each: without_places(each.photo.problem),
    }
    # A column that says nothing takes room on a phone.
    texts = {
        name: [value_of(each) for each in summary.photos] for name, value_of in columns.items()
    }
    shown = {
        name: values
        for name, values in texts.items()
        if name not in ("taken", "problem") or any(values)
    }
    st.dataframe(shown, hide_index=True, key=f"photos {session.id}", placeholder="")


def _expressions(each: PhotoFaces) -> str:
    pairs = zip(each.answers, each.confidences, strict=True)
    return ", ".join(f"{answer} {percent(confidence)}" for answer, confidence in pairs)
