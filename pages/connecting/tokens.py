"""Tokens: made, seen once, listed and revoked."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.access.tokens import RIGHTS, NewToken, Token, add_token, list_tokens, revoke_token
from emotion_core.errors import AccessError
from pages.viewer.clicks import once
from pages.widgets.text import local_time, plain

_NAME: Final = "token_name"
_MAY: Final = "token_may"
_NEW: Final = "new_token"
_PROBLEM: Final = "token_problem"

#: What most programs need.
_USUAL: Final = ["live"]

_ELSEWHERE: Final = (
    "Every program needs a **token**. Tokens are made on the machine that runs this app: ask "
    "whoever runs it for one."
)


def show_tokens(*, mine: bool) -> bool:
    """Show the tokens, and let some be made and revoked; return whether there is any.

    Args:
        mine: whether this viewer may; see ``access.own_things_are_offered``.
    """
    st.subheader("Tokens")
    if not mine:
        st.info(_ELSEWHERE)
        return False
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    _show_new()
    try:
        found = list_tokens()
    except AccessError as error:
        st.error(plain(str(error)))
        return False
    for problem in found.problems:
        st.warning(plain(problem))
    for token in found.tokens:
        _show_token(token)
    with st.expander("Make a token", expanded=not found.tokens, icon=":material/key:"):
        _offer_token()
    return bool(found.tokens)


def _offer_token() -> None:
    st.text_input(
        "Name", key=_NAME, max_chars=60, width=360, placeholder="such as the program's name"
    )
    st.markdown("What it may do:")
    for right, meaning in RIGHTS.items():
        st.checkbox(f"{right}: {meaning}", right in _USUAL, key=f"{_MAY} {right}")
    # Never disabled: the click that leaves the field above must not be lost.
    st.button("Make the token", type="primary", key="make_token", on_click=once(_make))


def _make() -> None:
    try:
        st.session_state[_NEW] = add_token(
            st.session_state.get(_NAME, ""),
            [right for right in RIGHTS if st.session_state.get(f"{_MAY} {right}")],
        )
    except AccessError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state[_NAME] = ""


def _show_new() -> None:
    """Show the token that was just made; it is nowhere else, so it goes when somebody says so."""
    new: NewToken | None = st.session_state.get(_NEW)
    if new is None:
        return
    with st.container(border=True, key="new_token_shown"):
        st.markdown(
            f":material/key: **Copy the token {plain(new.token.name)} now.** It is shown only "
            "this once. Whoever has it can do what it allows: keep it as you keep a password."
        )
        st.code(new.secret, language=None, wrap_lines=True)
        st.button("I have copied it", icon=":material/check:", on_click=once(_forget_new))


def _forget_new() -> None:
    st.session_state.pop(_NEW, None)


def _show_token(token: Token) -> None:
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        key=f"token {token.name}",
    ):
        st.markdown(
            f"**{plain(token.name)}**: {', '.join(token.may)}  \n"
            f":gray[made {local_time(token.created)}]",
            width="content",
        )
        with st.popover("Revoke", icon=":material/key_off:", key=f"revoking {token.name}"):
            st.write(
                f"Programs that use **{plain(token.name)}** are refused from now on. It cannot be "
                "brought back; you can make another."
            )
            st.button(
                "Revoke this token",
                type="primary",
                key=f"revoke {token.name}",
                on_click=once(_revoke, token.name),
            )


def _revoke(name: str) -> None:
    new: NewToken | None = st.session_state.get(_NEW)
    if new is not None and new.token.name == name:
        _forget_new()
    try:
        revoke_token(name)
    except AccessError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        st.toast(f"**{plain(name)}** is revoked.")
