"""The frame of a session's view: what can be done to all of it, the player, and a tab a part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.sessions.shared import SharedSession
from emotion_core.sessions.storage import (
    Session,
    rename_session,
    sessions_dir,
    stop_session,
)
from pages.viewer.clicks import once
from pages.viewer.navigation import follow_link
from pages.widgets.sharing import offer_sharing, shared_by
from pages.widgets.text import plain
from pages.workbench.deleting import CAN_BE_UNDONE, delete_sessions
from pages.workbench.files import show_files
from pages.workbench.marks import show_marks
from pages.workbench.numbers import show_numbers
from pages.workbench.people import show_people
from pages.workbench.photos import show_photos
from pages.workbench.player import show_player
from pages.workbench.reading import NOBODY, PART, rows_of, summary_of

#: The parts below the player; the first is open at first.
PARTS: Final[dict[str, Callable[[Session], None]]] = {
    "Numbers": show_numbers,
    "People": show_people,
    "Marks": show_marks,
    "Files": show_files,
}
#: The same of photos, which do not play.
PHOTO_PARTS: Final[dict[str, Callable[[Session], None]]] = {
    "Photos": show_photos,
    "Files": show_files,
}
PHOTO_PART: Final = "photo_part"
#: The parts of somebody else's session: those in which nothing is changed.
SHARED_PARTS: Final[dict[str, Callable[[Session], None]]] = {
    "Numbers": show_numbers,
    "Files": show_files,
}
SHARED_PART: Final = "shared_part"

_PROBLEM: Final = "session_problem"


def show_session(
    session: Session, on_deleted: Callable[[], object], known_tags: Iterable[str] = ()
) -> None:
    """Show a session as it plays, and in parts; let it be renamed, shared and deleted.

    Args:
        session: which one.
        on_deleted: called after the user has deleted it.
        known_tags: those of other sessions, to choose from.
    """
    if session.state == "recording":
        _offer_stop(session)
    of_photos = session.header.kind == "photos"
    part, parts = (PHOTO_PART, PHOTO_PARTS) if of_photos else (PART, PARTS)
    if not _show_content(session, part, parts, show_player):
        _offer_deletion(session, on_deleted)
        return
    with st.container(horizontal=True):
        _offer_notes(session, known_tags)
        offer_sharing("session", session.folder)
        _offer_deletion(session, on_deleted)


def show_shared_session(shared: SharedSession) -> None:
    """Show a session that somebody else lets one see, without what would change it."""
    st.markdown(shared_by(shared.owner, shared.since))
    session = shared.session
    if session.state == "recording":
        st.info("This session is being recorded.")
    if session.header.kind == "photos":
        _show_content(session, PHOTO_PART, PHOTO_PARTS, show_player)
    else:
        _show_content(session, SHARED_PART, SHARED_PARTS, partial(show_player, to_mark=False))


def _show_content(
    session: Session,
    part: str,
    parts: Mapping[str, Callable[[Session], None]],
    play: Callable[[Session], None],
) -> bool:
    """Show the player and the parts, and return whether the session can be read."""
    of_photos = session.header.kind == "photos"
    follow_link(part, parts)
    try:
        nobody = "" if of_photos else _nobody(session)
    except SessionError as error:
        st.error(plain(str(error)))
        return False
    if session.state == "interrupted":
        st.info("This recording was interrupted; it holds everything up to its last second.")
    if problem := session.header.problem:
        st.warning(plain(problem))
    if not of_photos:
        if nobody:
            st.info(nobody)
        # Each by itself: what is done in one does not run the others again.
        st.fragment(play)(session)
    for tab, (name, show) in zip(
        st.tabs(list(parts), key=part, bind="query-params"), parts.items(), strict=True
    ):
        if tab.open:
            with tab, st.container(key=f"part_{name.lower()}"):
                st.fragment(show)(session)
    if purpose := session.header.description.purpose:
        st.caption(f"Recorded for: {plain(purpose)}")
    return True


def _nobody(session: Session) -> str:
    """Return why there is nobody to look at; "" where there is.

    Raises:
        SessionError: a table is missing or damaged.
    """
    index, _ = rows_of(session)
    if index.persons:
        return ""
    return NOBODY if summary_of(session).passing else "No face was seen in this session."


def _offer_notes(session: Session, known_tags: Iterable[str]) -> None:
    with st.popover("Name, tags and notes", icon=":material/edit:"):
        name = st.text_input("Name", session.header.name, key=f"name {session.id}")
        own = list(session.header.tags)
        tags = st.multiselect(
            "Tags",
            sorted({*own, *known_tags}, key=str.casefold),
            own,
            key=f"tags {session.id}",
            accept_new_options=True,
            placeholder="Choose or type",
        )
        notes = st.text_area("Notes", session.header.notes, key=f"notes {session.id}")
        if st.button("Save", key=f"save {session.id}"):
            try:
                rename_session(session, name=name, notes=notes, tags=tags)
            except (SessionError, OSError) as error:
                st.error(plain(str(error)))
            else:
                st.toast("Saved.")
                st.rerun()  # the list above has them too


def _offer_deletion(session: Session, on_deleted: Callable[[], object]) -> None:
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    with st.popover("Delete", icon=":material/delete:"):
        st.write(f"The session and all its files will be deleted. {CAN_BE_UNDONE}")
        st.button(
            "Delete this session",
            type="primary",
            key=f"delete {session.id}",
            on_click=once(_delete, session.id, on_deleted),
        )


def _delete(session_id: str, on_deleted: Callable[[], object]) -> None:
    if problem := delete_sessions([session_id]):
        st.session_state[_PROBLEM] = problem
    else:
        on_deleted()


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
