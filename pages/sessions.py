"""Sessions: what was recorded, to look at, to keep elsewhere or to delete."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.quantities import counted
from emotion_core.sessions.shared import SharedSession, shared_sessions
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
from pages.widgets.sharing import name_of
from pages.widgets.text import local_time, located, plain
from pages.workbench.deleting import show_deleted
from pages.workbench.list import STATES, offer_to_clean_up, searched, show_list
from pages.workbench.retention import offer_to_keep, rules_here, say_what_goes
from pages.workbench.view import show_session, show_shared_session

CHOSEN = "chosen_session"
#: In the address.
ADDRESSED = "session"

NOT_HERE = (
    "The address names a session that is not here: it may have been deleted, or be somebody else's "
    "who does not share it with you."
)

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


def describe(session: Session, shared: SharedSession | None = None) -> str:
    """Return one line that tells a session from the others, and whose it is if somebody else's."""
    state = "" if session.state == "complete" else f", {STATES[session.state]}"
    started = local_time(session.header.started)
    name = f"{session.header.name}: " if session.header.name else ""
    persons = f", {counted(session.persons, 'person')}" if session.header.kind != "photos" else ""
    by = f"{name_of(shared.owner)} · " if shared is not None else ""
    return f"{by}{name}{started}, {session.length}{persons}{state}"


def leave() -> None:
    """Let neither this viewer nor the address choose a session that is gone."""
    st.session_state.pop(CHOSEN, None)
    st.query_params.pop(ADDRESSED, None)


def say_if_elsewhere(sessions: Collection[str]) -> None:
    """Say that the address names none of these sessions, to whoever came by it."""
    named = st.query_params.get(ADDRESSED)
    if named is not None and named not in sessions and CHOSEN not in st.session_state:
        st.warning(NOT_HERE)


def choose(id_: str) -> None:
    """Show this session below the list."""
    st.session_state[CHOSEN] = id_


ensure_navigation()
display.use_style()
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Sessions", width="stretch")
    found = find_sessions()
    by, unclear = rules_here()
    if found.sessions:
        offer_to_clean_up(found.sessions, by)
for problem in (*found.problems, *filter(None, [unclear])):
    st.warning(plain(problem))
show_deleted()
say_what_goes(found.sessions, by)
shared = {each.key: each for each in shared_sessions()}
if not found.sessions and not shared:
    say_if_elsewhere(())
    st.info(NONE_YET.format(located=located(sessions_dir())))
    if server_is_offered() and (earlier := earlier_sessions()) is not None:
        st.warning(
            f"An earlier version left sessions in `{earlier}`. Move them to `{sessions_dir()}`."
        )
    st.page_link("pages/live_camera.py", label="Live camera", icon=":material/videocam:")
    st.page_link("pages/video.py", label="Video", icon=":material/movie:")
else:
    own = {session.id: session for session in found.sessions}
    sessions = own | {key: each.session for key, each in shared.items()}
    say_if_elsewhere(sessions)
    if st.session_state.get(CHOSEN) not in sessions:
        st.session_state.pop(CHOSEN, None)
        if st.query_params.get(ADDRESSED) not in sessions:
            st.session_state[CHOSEN] = next(iter(sessions))
    keep_in_address(CHOSEN, ADDRESSED, sessions)
    if len(own) > 1:
        show_list(searched(found.sessions), len(own), choose, by)
    chosen = st.selectbox(
        "Session",
        list(sessions),
        format_func=lambda key: describe(sessions[key], shared.get(key)),
        key=CHOSEN,
    )
    if chosen in shared:
        show_shared_session(shared[chosen])
    else:
        offer_to_keep(own[chosen], by)
        show_session(
            own[chosen],
            on_deleted=leave,
            known_tags=[tag for session in found.sessions for tag in session.header.tags],
        )
display.show_limits()
