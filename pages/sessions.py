"""Sessions: what was recorded, to look at, to keep elsewhere or to delete."""

from __future__ import annotations

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.quantities import counted
from emotion_core.sessions.storage import (
    Session,
    SessionList,
    earlier_sessions,
    list_sessions,
    sessions_dir,
)
from pages.mending.legacy_pages import ensure_navigation
from pages.viewer.access import server_is_offered
from pages.viewer.kept import keep_in_address
from pages.widgets import display
from pages.widgets.text import local_time, located, plain
from pages.workbench.deleting import show_deleted
from pages.workbench.list import STATES, offer_to_clean_up, searched, show_list
from pages.workbench.view import show_session

CHOSEN = "chosen_session"

NONE_YET = """
**No sessions yet.** On the page *Live camera*, start the camera, agree below the video, and press
**Record**; or have recorded videos or photos read on the page *Video*. Sessions are stored
{located}.
"""


def find_sessions() -> SessionList:
    """Return all sessions, or say why they cannot be listed."""
    try:
        return list_sessions(sessions_dir())
    except SessionError as error:
        st.error(plain(str(error)))
        return SessionList((), ())


def describe(session: Session) -> str:
    """Return one line that tells a session from the others."""
    state = "" if session.state == "complete" else f", {STATES[session.state]}"
    started = local_time(session.header.started)
    name = f"{session.header.name}: " if session.header.name else ""
    persons = f", {counted(session.persons, 'person')}" if session.header.kind != "photos" else ""
    return f"{name}{started}, {session.length}{persons}{state}"


def choose(id_: str) -> None:
    """Show this session below the list."""
    st.session_state[CHOSEN] = id_


ensure_navigation()
display.use_style()
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Sessions", width="stretch")
    found = find_sessions()
    if found.sessions:
        offer_to_clean_up(found.sessions)
for problem in found.problems:
    st.warning(plain(problem))
show_deleted()
if not found.sessions:
    st.info(NONE_YET.format(located=located(sessions_dir())))
    if server_is_offered() and (earlier := earlier_sessions()) is not None:
        st.warning(
            f"An earlier version left sessions in `{earlier}`. Move them to `{sessions_dir()}`."
        )
    st.page_link("pages/live_camera.py", label="Live camera", icon=":material/videocam:")
    st.page_link("pages/video.py", label="Video", icon=":material/movie:")
else:
    sessions = {session.id: session for session in found.sessions}
    if st.session_state.get(CHOSEN) not in sessions:
        st.session_state.pop(CHOSEN, None)
        if st.query_params.get("session") not in sessions:
            st.session_state[CHOSEN] = next(iter(sessions))
    keep_in_address(CHOSEN, "session", sessions)
    if len(sessions) > 1:
        show_list(searched(found.sessions), len(sessions), choose)
    chosen = st.selectbox(
        "Session",
        list(sessions),
        format_func=lambda id_: describe(sessions[id_]),
        key=CHOSEN,
    )
    show_session(
        sessions[chosen],
        on_deleted=lambda: st.session_state.pop(CHOSEN, None),
        known_tags=[tag for session in found.sessions for tag in session.header.tags],
    )
display.show_limits()
