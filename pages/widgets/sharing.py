"""Letting others see something of one's own, and what they let one see."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from emotion_core.access.people.known import find_known
from emotion_core.access.sharing import Kind, Share, in_words, people_called, share, share_of
from emotion_core.access.sharing import stop_sharing as end
from emotion_core.errors import AccessError, NoHomeError
from emotion_core.system.storage.persons import whose
from pages.viewer.clicks import once
from pages.widgets.text import local_time, plain

_EVERYBODY: Final = "Everybody who may log in"
_SOME: Final = "Only"
_PROBLEM: Final = "sharing_problem"


def offer_sharing(kind: Kind, folder: Path) -> None:
    """Offer to share something, or to share it no more; nothing where there are no accounts.

    Args:
        kind: what it is.
        folder: where it lies, in the home of whoever looks.
    """
    if whose() is None:
        return
    found = share_of(kind, folder)
    label, icon = ("Share", "group_add") if found is None else ("Shared", "group")
    place = f"{kind} {folder.name}"
    with st.popover(label, icon=f":material/{icon}:", key=f"sharing {place}"):
        if problem := st.session_state.pop(_PROBLEM, None):
            st.error(plain(problem))
        if found is None:
            _offer(kind, folder, place)
        else:
            _offer_end(found, place)


def _offer(kind: Kind, folder: Path, place: str) -> None:
    st.markdown(
        "Whom you share it with can look at it and download it, not change or delete it. You can "
        "end that at any time; what they have downloaded they keep."
    )
    whom, names = f"share with {place}", f"share names {place}"
    st.radio("With", [_EVERYBODY, _SOME], key=whom)
    if st.session_state[whom] == _SOME:
        st.text_input(
            "Names or e-mail addresses",
            key=names,
            placeholder="as they log in, with commas",
            max_chars=1_000,
        )
    # Never disabled: the click that leaves the field above must not be lost.
    st.button(
        "Share it",
        type="primary",
        key=f"share {place}",
        on_click=once(_share, kind, folder, whom, names),
    )


def _share(kind: Kind, folder: Path, whom: str, names: str) -> None:
    try:
        readers = (
            ()
            if st.session_state[whom] == _EVERYBODY
            else people_called(st.session_state.get(names, ""))
        )
        found = share(kind, folder, readers)
    except AccessError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.toast(f"Shared with {in_words(found)}.")


def _offer_end(found: Share, place: str) -> None:
    readers = [plain(name_of(each)) for each in found.readers]
    st.markdown(
        f"Shared with {', '.join(readers) or in_words(found)} since {local_time(found.since)}."
    )
    st.button(
        "Stop sharing",
        key=f"unshare {place}",
        on_click=once(_end, found),
    )


def _end(found: Share) -> None:
    try:
        end(found.kind, found.name)
    except AccessError as error:
        st.session_state[_PROBLEM] = str(error)


def shared_by(owner: str, since: str) -> str:
    """Return Markdown that says who lets one see something, and since when."""
    return (
        f":material/group: Shared by **{plain(name_of(owner))}** since {local_time(since)}. You "
        "can look at it and download it; only they can change it."
    )


def name_of(person: str) -> str:
    """Return what somebody is called; "somebody" where that is not known any more."""
    try:
        found = find_known(person)
    except (AccessError, NoHomeError):
        found = None
    return "somebody" if found is None else found.name
