"""Deleting sessions so that it can be undone for a while."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.quantities import counted
from emotion_core.sessions.storage import sessions_dir, set_session_aside, take_sessions_back
from emotion_core.system.storage.set_aside import KEPT_FOR, SetAside
from pages.widgets.undo import forget_done, note_done, show_done

#: What is said where sessions are deleted.
CAN_BE_UNDONE: Final = (
    f"For {KEPT_FOR}, as long as this tab is open, Undo on the page Sessions brings back what was "
    "deleted last."
)

_PLACE: Final = "sessions"
_ASIDE: Final = "sessions_set_aside"


def delete_sessions(ids: Sequence[str]) -> str:
    """Delete sessions, offer to undo it, and return why some could not be; "" where all were."""
    aside: list[SetAside] = []
    problems: list[str] = []
    for id_ in ids:
        try:
            aside.append(set_session_aside(sessions_dir(), id_))
        except SessionError as error:
            problems.append(str(error))
    if aside:
        # What was deleted before is gone now: nothing else holds it.
        st.session_state[_ASIDE] = aside
        said = f"{counted(len(aside), 'session')} deleted."
        note_done(_PLACE, said, partial(take_sessions_back, aside), to="")
    return "; ".join(problems)


def show_deleted() -> None:
    """Offer to undo what was deleted last, as long as that can be done."""
    aside: list[SetAside] = st.session_state.get(_ASIDE, [])
    if not any(each.there for each in aside):
        forget_done(_PLACE)
    show_done(_PLACE, to="")
