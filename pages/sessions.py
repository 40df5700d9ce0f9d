"""Sessions: what was recorded on the live page, to look at, to keep elsewhere or to delete."""

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.quantities import counted, position
from emotion_core.sessions.storage import (
    Session,
    SessionList,
    earlier_sessions,
    list_sessions,
    sessions_dir,
)
from pages.mending.legacy_pages import ensure_navigation
from pages.shared import display
from pages.shared.access import server_is_offered
from pages.shared.kept import keep_in_address
from pages.shared.session_view import show_session
from pages.shared.text import local_time, located, plain

CHOSEN = "chosen_session"

NONE_YET = """
**No session yet.** On the page *Live camera*, start the camera, agree below the video, and press
**Record**. Sessions are kept {located}.
"""


def find_sessions() -> SessionList:
    """Return all sessions, or say why they cannot be listed."""
    try:
        return list_sessions(sessions_dir())
    except SessionError as error:
        st.error(plain(str(error)))
        return SessionList((), ())


def describe(session: Session) -> str:
    """Return one line for the list."""
    state = "" if session.state == "complete" else f", {session.state}"
    started = local_time(session.header.started)
    name = f"{session.header.name}: " if session.header.name else ""
    persons = counted(session.persons, "person")
    return f"{name}{started}, {position(session.seconds)}, {persons}{state}"


ensure_navigation()
display.use_style()
st.title("Sessions")
found = find_sessions()
for problem in found.problems:
    st.warning(plain(problem))
if not found.sessions:
    st.info(NONE_YET.format(located=located(sessions_dir())))
    if server_is_offered() and (earlier := earlier_sessions()) is not None:
        st.warning(
            f"An earlier version left sessions in `{earlier}`. Move them to `{sessions_dir()}`."
        )
    st.page_link("pages/live_camera.py", label="Live camera", icon=":material/videocam:")
else:
    sessions = {session.id: session for session in found.sessions}
    keep_in_address(CHOSEN, "session", sessions)
    if st.session_state.get(CHOSEN) not in sessions:
        st.session_state.pop(CHOSEN, None)
    chosen = st.selectbox(
        f"{len(sessions)} recorded",
        list(sessions),
        format_func=lambda id_: describe(sessions[id_]),
        key=CHOSEN,
    )
    show_session(sessions[chosen], on_deleted=lambda: st.session_state.pop(CHOSEN, None))
display.show_limits()
