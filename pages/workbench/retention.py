"""How long sessions are kept: said before they go, set for one's own; and what is to stay."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import streamlit as st

from emotion_core.belongings.retention import (
    KEEP_TAG,
    MOST_DAYS,
    NOTICE_DAYS,
    Rule,
    end_of,
    is_kept,
    own_rule,
    rules,
    set_own_rule,
)
from emotion_core.errors import EmotionCoreError, RetentionError, SessionError
from emotion_core.quantities import counted, day
from emotion_core.sessions.storage import Session, rename_session
from pages.viewer.clicks import once
from pages.widgets.text import plain, viewers_zone

_PROBLEM: Final = "retention_problem"
_DAYS: Final = "retention_days"
_USUAL: Final = 30
_SOON: Final = 7 * 24 * 60 * 60


def rules_here() -> tuple[tuple[Rule, ...], str]:
    """Return the rules that hold for the viewer; and why they are not known, else ""."""
    try:
        return rules(), ""
    except RetentionError as error:
        return (), str(error)


def ends_of(sessions: Sequence[Session], by: tuple[Rule, ...]) -> list[str]:
    """Return on which day each session is deleted; "" where it stays."""
    ends = (end_of(session, by) for session in sessions)
    return ["" if end is None else day(end, viewers_zone()) for end in ends]


def say_what_goes(sessions: Sequence[Session], by: tuple[Rule, ...]) -> None:
    """Say how many sessions are deleted within a week, and when the first is."""
    ends = sorted(end for each in sessions if (end := end_of(each, by)) is not None)
    soon = [end for end in ends if end < time.time() + _SOON]
    if not soon:
        return
    go = "session is" if len(soon) == 1 else "sessions are"
    first = "" if len(soon) == 1 else "the first "
    st.warning(
        f"{len(soon)} {go} deleted within a week, {first}on {day(soon[0], viewers_zone())}. Export "
        "what you need, or switch on *Keep* below.",
        icon=":material/auto_delete:",
    )


def offer_rule(by: tuple[Rule, ...]) -> None:
    """Let the viewer say for how long their sessions are kept."""
    server = next((rule for rule in by if rule.of_server), None)
    own = own_rule()
    most = MOST_DAYS if server is None else server.days
    st.write(_in_words(server, own))
    st.number_input(
        "From now on, delete my sessions after (days)", 1, most,
        own.days if own is not None and own.days <= most else min(_USUAL, most),
        key=_DAYS,
        help="Old ones too, but for those with *Keep* switched on. Nothing goes in the "
        f"first {NOTICE_DAYS} days.",
    )  # fmt: skip
    with st.container(horizontal=True):
        st.button("Make it a rule", key="retention_set", on_click=once(_set))
        if own is not None:
            st.button("Drop my rule", key="retention_drop", on_click=once(_drop))
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))


def offer_to_keep(session: Session, by: tuple[Rule, ...]) -> None:
    """Say when a session is deleted, and let the viewer keep it."""
    if not by or session.state == "recording":
        return
    key = f"keep {session.id}"
    st.session_state[key] = is_kept(session)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle("Keep", key=key, on_change=_keep, args=(session, key))
        end = end_of(session, by)
        if end is None:
            st.caption("Stays until somebody deletes it.", width="content")
        else:
            shown = day(end, viewers_zone())
            st.caption(f"Is deleted on {shown}.", width="content")
    if problem := st.session_state.pop(f"{_PROBLEM} {session.id}", None):
        st.error(plain(problem))


def _in_words(server: Rule | None, own: Rule | None) -> str:
    said = "Sessions are kept until somebody deletes them."
    if server is not None:
        said = f"On this server, sessions are deleted after {counted(server.days, 'day')}."
    if own is not None and (server is None or own.days < server.days):
        said += f" By your own rule, yours are deleted after {counted(own.days, 'day')}."
    return said


def _set() -> None:
    _change(int(st.session_state[_DAYS]))


def _drop() -> None:
    _change(None)


def _change(days: int | None) -> None:
    try:
        set_own_rule(days)
    except EmotionCoreError as error:
        st.session_state[_PROBLEM] = str(error)


def _keep(session: Session, key: str) -> None:
    others = [tag for tag in session.header.tags if tag.casefold() != KEEP_TAG]
    tags = [*others, KEEP_TAG] if st.session_state[key] else others
    header = session.header
    try:
        rename_session(session, name=header.name, notes=header.notes, tags=tags)
    except (SessionError, OSError) as error:
        st.session_state[f"{_PROBLEM} {session.id}"] = str(error)
