"""Sessions: what was recorded on the live page, to look at, to keep elsewhere or to delete."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.quantities import counted, position
from emotion_core.sessions.storage import (
    Session,
    SessionList,
    delete_session,
    earlier_sessions,
    list_sessions,
    sessions_dir,
)
from pages.mending.legacy_pages import ensure_navigation
from pages.shared import display
from pages.shared.access import server_is_offered
from pages.shared.clicks import once
from pages.shared.kept import keep_in_address
from pages.shared.session_view import show_session
from pages.shared.text import local_time, located, plain

CHOSEN = "chosen_session"

NONE_YET = """
**No sessions yet.** On the page *Live camera*, start the camera, agree below the video, and press
**Record**. Sessions are stored {located}.
"""

_TICKED = "ticked_sessions"
_PROBLEM = "sessions_problem"
_STATES = {"complete": "complete", "interrupted": "interrupted", "recording": "recording now"}
_DAY = 24 * 3600 - 1
_MIDNIGHT = datetime(1970, 1, 1, tzinfo=UTC)

_COLUMNS = {
    "length": st.column_config.TimeColumn("length", format="H:mm:ss"),
}


def find_sessions() -> SessionList:
    """Return all sessions, or say why they cannot be listed."""
    try:
        return list_sessions(sessions_dir())
    except SessionError as error:
        st.error(plain(str(error)))
        return SessionList((), ())


def describe(session: Session) -> str:
    """Return one line that tells a session from the others."""
    state = "" if session.state == "complete" else f", {_STATES[session.state]}"
    started = local_time(session.header.started)
    name = f"{session.header.name}: " if session.header.name else ""
    persons = counted(session.persons, "person")
    return f"{name}{started}, {position(session.seconds)}, {persons}{state}"


def table(sessions: Sequence[Session]) -> dict[str, list[object]]:
    """Return one line a session, by columns."""
    return {
        "name": [session.header.name for session in sessions],
        "started": [local_time(session.header.started) for session in sessions],
        # A time of the day, for those are sorted by how long they are and read as "0:01:15".
        "length": [
            (_MIDNIGHT + timedelta(seconds=min(int(session.seconds), _DAY))).time()
            for session in sessions
        ],
        "persons": [session.persons for session in sessions],
        "video": ["yes" if session.video else "" for session in sessions],
        "state": [_STATES[session.state] for session in sessions],
    }


def show_table(sessions: Sequence[Session]) -> None:
    """List the sessions; one that is ticked is shown below, several can be deleted."""
    ids = [session.id for session in sessions]
    ticked = [id_ for id_ in st.session_state.get(_TICKED, ()) if id_ in ids]
    # Another key when the lines are others: what is ticked goes by their number.
    key = f"sessions {hash(tuple(ids))}"

    def tick() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        st.session_state[_TICKED] = [ids[row] for row in rows]
        if len(rows) == 1:
            st.session_state[CHOSEN] = ids[rows[0]]

    st.dataframe(
        table(sessions),
        hide_index=True,
        key=key,
        on_select=tick,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [ids.index(id_) for id_ in ticked]}},
        column_config=_COLUMNS,
        placeholder="",
    )
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    if len(ticked) < 2:
        st.caption("Tick a session to see it below, or several to delete them.")
        return
    with st.popover(f"Delete {len(ticked)} sessions", icon=":material/delete:"):
        st.write(f"{len(ticked)} sessions and all their files will be permanently deleted.")
        st.button(
            f"Delete {len(ticked)} sessions",
            type="primary",
            key="delete_ticked",
            on_click=once(delete_all, ticked),
        )


def delete_all(ids: Sequence[str]) -> None:
    """Delete sessions, and note which could not be."""
    problems = []
    for id_ in ids:
        try:
            delete_session(sessions_dir(), id_)
        except SessionError as error:
            problems.append(str(error))
    st.session_state[_TICKED] = []
    if problems:
        st.session_state[_PROBLEM] = "; ".join(problems)


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
    if len(sessions) > 1:
        show_table(found.sessions)
    chosen = st.selectbox(
        "Session",
        list(sessions),
        format_func=lambda id_: describe(sessions[id_]),
        key=CHOSEN,
    )
    show_session(sessions[chosen], on_deleted=lambda: st.session_state.pop(CHOSEN, None))
display.show_limits()
