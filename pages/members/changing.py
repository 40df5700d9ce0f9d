"""Lets people in, gives them roles and passwords, and lets them in no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from emotion_core.access.audit import note
from emotion_core.access.people.known import refuse
from emotion_core.access.people.passwords import (
    SHORTEST,
    add_account,
    change_password,
    change_role,
    remove_account,
)
from emotion_core.access.people.person import ROLES
from emotion_core.errors import AccessError
from emotion_core.quantities import byte_size
from pages.members.listed import Somebody
from pages.viewer.clicks import once
from pages.viewer.person import may, person
from pages.widgets.text import local_time, plain

_CHOSEN: Final = "people_chosen"
_NAME: Final = "people_new_name"
_PASSWORD: Final = "people_new_password"
_ROLE: Final = "people_new_role"
_PROBLEM: Final = "people_problem"

_WORDS: Final = {
    "viewer": "viewer: looks, and keeps nothing",
    "member": "member: keeps things, sees their own",
    "admin": "admin: also sees this page",
}
_HOW: Final = f"{SHORTEST} letters or more"


def show_problem() -> None:
    """Show what the last click could not do."""
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))


def offer_to_add(*, expanded: bool) -> None:
    """Offer to let somebody in by a password."""
    with (
        st.expander(
            "Let somebody in by a password", icon=":material/person_add:", expanded=expanded
        ),
        # All of it at once: a password is not sent while it is typed.
        st.form("people_new", border=False),
    ):
        st.text_input("Name", key=_NAME, max_chars=100, width=360, autocomplete="off")
        st.text_input(
            "Password", key=_PASSWORD, type="password", width=360, autocomplete="new-password",
            placeholder=_HOW,
        )  # fmt: skip
        st.radio("Role", ROLES, index=1, key=_ROLE, format_func=_WORDS.__getitem__)
        st.form_submit_button("Let them in", type="primary", key="people_add", on_click=once(_add))


def show_one(people: tuple[Somebody, ...]) -> None:
    """Show one of them, chosen by name: what they keep, and what can be changed."""
    by_id = {each.id: each for each in people}
    if st.session_state.get(_CHOSEN) not in by_id:
        st.session_state.pop(_CHOSEN, None)
    chosen = st.selectbox(
        "Somebody", list(by_id), index=None, key=_CHOSEN, width=360,
        format_func=lambda each: by_id[each].name, placeholder="Choose somebody to see or change",
        label_visibility="collapsed",
    )  # fmt: skip
    if chosen is None:
        return
    one = by_id[chosen]
    with st.container(border=True):
        st.markdown(f"**{plain(one.name)}**  \n:gray[{_about(one)}]")
        _show_kept(one)
        me = person()
        if me is not None and me.id == one.id:
            st.caption("This is you. Nobody can change their own role, or let themselves out.")
        if one.account is not None:
            _offer_changes(one.name, is_me=me is not None and me.id == one.id)
        elif one.known is not None and one.way != "Password" and not (me and me.id == one.id):
            _offer_to_refuse(one)


def _about(one: Somebody) -> str:
    if one.known is None:
        return "Was never here"
    email = f"{plain(one.known.email)}, " if one.known.email else ""
    return (
        f"{email}first seen {local_time(one.known.first_seen)}, last "
        f"{local_time(one.known.last_seen)}"
    )


def _show_kept(one: Somebody) -> None:
    if one.kept is None:
        return
    lines = [
        f"- {kind.name}: {amount.count:,}, {byte_size(amount.size)}"
        for kind, amount in one.kept.amounts
    ]
    st.markdown("\n".join(["Keeps:", "", *lines]) if lines else "Keeps nothing.")


def _offer_changes(name: str, *, is_me: bool) -> None:
    role, password, remove = st.columns(3)
    if not is_me:
        with role.popover("Role", icon=":material/badge:", width="stretch"):
            key = f"people_role {name}"
            st.radio("Role", ROLES, key=key, format_func=_WORDS.__getitem__)
            st.button(
                "Change the role", key=f"people_change_role {name}",
                on_click=once(_try, lambda: _change_role(name, st.session_state[key])),
            )  # fmt: skip
        with remove.popover("Remove", icon=":material/person_remove:", width="stretch"):
            st.write(
                f"**{plain(name)}** is refused from the next click on. What they keep stays, and "
                "is theirs again if somebody lets them in under the same name."
            )
            st.button(
                "Remove", type="primary", key=f"people_remove {name}",
                on_click=once(_try, lambda: _remove(name)),
            )  # fmt: skip
    with password.popover("Password", icon=":material/key:", width="stretch"):
        new = f"people_password {name}"
        form = st.form(f"people_new_password {name}", border=False)
        form.text_input("New password", key=new, type="password", autocomplete="new-password",
                      placeholder=_HOW)  # fmt: skip
        form.form_submit_button(
            "Change the password", key=f"people_change_password {name}",
            on_click=once(_try, lambda: _change_password(name, new)),
            help="They are logged out wherever they are logged in.",
        )  # fmt: skip


def _offer_to_refuse(one: Somebody) -> None:
    refused = one.known is not None and one.known.is_refused
    if refused:
        st.button(
            "Let in again", key=f"people_allow {one.id}",
            on_click=once(_try, lambda: _refuse(one, refused=False)),
        )  # fmt: skip
        return
    with st.popover("Refuse", icon=":material/person_remove:"):
        st.write(
            f"**{plain(one.name)}** is refused from the next click on, whatever the provider says. "
            "What they keep stays. Roles of a provider's people are in .streamlit/secrets.toml."
        )
        st.button(
            "Refuse", type="primary", key=f"people_refuse {one.id}",
            on_click=once(_try, lambda: _refuse(one, refused=True)),
        )  # fmt: skip


def _try(change: Callable[[], None]) -> None:
    if not may("people"):
        return
    try:
        change()
    except AccessError as error:
        st.session_state[_PROBLEM] = str(error)


def _add() -> None:
    def change() -> None:
        name, password, role = (
            st.session_state.get(each, "") for each in (_NAME, _PASSWORD, _ROLE)
        )
        made = add_account(name, password, role)
        note("added", "person", made.name, detail=made.role)
        st.session_state[_NAME] = st.session_state[_PASSWORD] = ""
        st.toast(f"**{plain(made.name)}** may come in.")

    _try(change)


def _change_role(name: str, role: str) -> None:
    change_role(name, role)
    note("changed", "person", name, detail=f"role {role}")
    st.toast(f"**{plain(name)}** is {role} now.")


def _change_password(name: str, key: str) -> None:
    change_password(name, st.session_state.get(key, ""))
    st.session_state[key] = ""
    note("changed", "person", name, detail="password")
    st.toast(f"**{plain(name)}** has another password.")


def _remove(name: str) -> None:
    remove_account(name)
    note("deleted", "person", name)
    st.toast(f"**{plain(name)}** is let in no more.")


def _refuse(one: Somebody, *, refused: bool) -> None:
    refuse(one.id, refused=refused)
    note("changed", "person", one.name, detail="refused" if refused else "let in again")
    st.toast(f"**{plain(one.name)}** " + ("is let in no more." if refused else "may come in."))
