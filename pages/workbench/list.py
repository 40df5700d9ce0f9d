"""The list of all sessions: searched, sorted, and several of them taken at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from emotion_core.belongings.retention import Rule
from emotion_core.quantities import byte_size, counted, duration
from emotion_core.sessions.exports.offered import write_all
from emotion_core.sessions.finding import found_by
from emotion_core.sessions.storage import Session
from emotion_core.system.storage.persons import for_same_person
from pages.mending.downloads import FileOnDisk, written
from pages.viewer.clicks import once
from pages.widgets.text import local_time, plain
from pages.workbench.comparing import FIRST, SECOND, SESSIONS, WHAT
from pages.workbench.deleting import CAN_BE_UNDONE, delete_sessions
from pages.workbench.reading import PART
from pages.workbench.retention import ends_of, offer_rule

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

#: Ids of the sessions that are ticked, in ``st.session_state``.
TICKED: Final = "ticked_sessions"
#: What is searched for; and the tags that a session must all have.
SEARCH: Final = "search"
TAGS: Final = "tags"

STATES: Final = {
    "complete": "complete", "interrupted": "interrupted", "recording": "recording now",
}  # fmt: skip

_PROBLEM: Final = "sessions_problem"
_DAY: Final = 24 * 60 * 60


def searched(sessions: Sequence[Session]) -> list[Session]:
    """Offer to search the sessions, and return those that are found."""
    tags = sorted({tag for session in sessions for tag in session.header.tags}, key=str.casefold)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            "Search",
            key=SEARCH,
            bind="query-params",
            placeholder="Name, note, date",
            icon=":material/search:",
        )
        # Named by the address, and maybe on no session any more.
        if gone := set(st.session_state.get(TAGS, ())) - set(tags):
            st.session_state[TAGS] = [tag for tag in st.session_state[TAGS] if tag not in gone]
        chosen = st.multiselect("Tags", tags, key=TAGS) if tags else []
    return found_by(sessions, words or "", chosen, local_time)


def show_list(
    sessions: Sequence[Session],
    of: int,
    choose: Callable[[str], object],
    by: tuple[Rule, ...] = (),
) -> None:
    """List sessions; one that is ticked is chosen, several can be taken away or deleted.

    Args:
        sessions: those to list.
        of: how many there are.
        choose: called with the id of one that was ticked alone.
        by: rules by which sessions are deleted.
    """
    if not sessions:
        st.info("No session has all of this.")
        return
    ids = [session.id for session in sessions]
    ticked = [id_ for id_ in st.session_state.get(TICKED, ()) if id_ in ids]
    # Another key when the lines are others: what is ticked goes by their number.
    key = f"sessions {hash(tuple(ids))}"

    def tick() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        st.session_state[TICKED] = [ids[row] for row in rows]
        if len(rows) == 1:
            choose(ids[rows[0]])

    st.dataframe(
        table(sessions, by),
        hide_index=True,
        # A long name would leave no room on a phone for what tells unnamed sessions apart.
        column_config={"name": st.column_config.Column(width=160)},
        key=key,
        on_select=tick,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [ids.index(id_) for id_ in ticked]}},
        placeholder="",
    )
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    size = byte_size(sum(session.size for session in sessions))
    number = f"{len(sessions)} of {of} sessions" if len(sessions) < of else f"{of} sessions"
    st.caption(
        f"{number}, {size}. Tick one to see it below, or several to export, compare or delete "
        "them; click on the head of a column to sort."
    )
    if len(ticked) < 2:
        return
    with st.container(horizontal=True):
        _offer_several([session for session in sessions if session.id in ticked], choose)


def table(sessions: Sequence[Session], by: tuple[Rule, ...] = ()) -> Styler:
    """Return one line a session, by columns."""
    import pandas as pd

    columns = {
        "name": [session.header.name for session in sessions],
        "started": [local_time(session.header.started) for session in sessions],
        "length": [session.seconds for session in sessions],
        # Nobody is a person in photos.
        "persons": pd.array(
            [None if session.header.kind == "photos" else session.persons for session in sessions],
            "Int64",
        ),
        "tags": [", ".join(session.header.tags) for session in sessions],
        "video": ["yes" if session.video else "" for session in sessions],
        "size": [session.size for session in sessions],
        "state": [STATES[session.state] for session in sessions],
    }
    if by:
        columns["deleted on"] = ends_of(sessions, by)
    # Formatted here and not before, so that a column is sorted by its seconds or bytes.
    listed = pd.DataFrame(columns).style.format(
        {"length": duration, "persons": "{}", "size": byte_size}, na_rep=""
    )
    for row, session in enumerate(sessions):
        if session.header.kind == "photos":
            listed.format(
                {"length": lambda _, words=session.length: words}, subset=([row], "length")
            )
    return listed


def _compare(ids: Sequence[str], choose: Callable[[str], object]) -> None:
    """Show sessions side by side: two of them, or several of which the groups are to be made."""
    choose(ids[0])
    first = 1 if len(ids) == 2 else len(ids)
    st.session_state.update(
        {PART: "Numbers", WHAT: SESSIONS, FIRST: [*ids[:first]], SECOND: [*ids[first:]]}
    )


def _offer_several(sessions: Sequence[Session], choose: Callable[[str], object]) -> None:
    def content() -> FileOnDisk:
        return written(lambda file: write_all(sessions, file))

    st.download_button(
        f"Export {len(sessions)} sessions",
        for_same_person(content),
        "sessions.zip",
        "application/zip",
        key="export_ticked",
        on_click="ignore",
        icon=":material/download:",
        help="One ZIP with a folder for each.",
    )
    if not any(each.header.kind == "photos" or each.state == "recording" for each in sessions):
        st.button(
            f"Compare {len(sessions)} sessions",
            icon=":material/compare_arrows:",
            key="compare_ticked",
            on_click=partial(_compare, [each.id for each in sessions], choose),
            help="Below, in *Numbers*.",
        )
    with st.popover(f"Delete {len(sessions)} sessions", icon=":material/delete:"):
        size = byte_size(sum(session.size for session in sessions))
        st.write(
            f"{len(sessions)} sessions and all their files will be deleted. They take {size}. "
            f"{CAN_BE_UNDONE}"
        )
        st.button(
            f"Delete {len(sessions)} sessions",
            type="primary",
            key="delete_ticked",
            on_click=once(delete_all, [session.id for session in sessions]),
        )


def offer_to_clean_up(sessions: Sequence[Session], by: tuple[Rule, ...] = ()) -> None:
    """Offer to delete whatever is older than so many days, now and from now on.

    Args:
        sessions: all of them.
        by: rules by which sessions are deleted.
    """
    with st.popover("Clean up", icon=":material/auto_delete:"):
        _offer_old(sessions)
        st.divider()
        offer_rule(by)


def _offer_old(sessions: Sequence[Session]) -> None:
    days = st.number_input("Delete everything older than (days)", 1, 36_500, 90, key="old_days")
    limit = time.time() - _DAY * days
    old = [each for each in sessions if each.written < limit and each.state != "recording"]
    if not old:
        st.caption("No session is that old. What counts is when it was recorded or read.")
        return
    size = byte_size(sum(session.size for session in old))
    st.write(
        f"{counted(len(old), 'session')} of {len(sessions)}, {size}, will be deleted. What "
        f"counts is when it was recorded or read. {CAN_BE_UNDONE}"
    )
    st.button(
        f"Delete {counted(len(old), 'session')}",
        type="primary",
        key="delete_old",
        on_click=once(delete_all, [session.id for session in old]),
    )


def delete_all(ids: Sequence[str]) -> None:
    """Delete sessions, and note which could not be."""
    problem = delete_sessions(ids)
    st.session_state[TICKED] = []
    if problem:
        st.session_state[_PROBLEM] = problem
