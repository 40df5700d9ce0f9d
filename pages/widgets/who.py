"""Who is logged in, and the way out; or that nobody has to."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.access.people.person import Role
from pages.mending.logins.cookies import LOGOUT
from pages.mending.logins.leaving import send_browser_to
from pages.viewer.here import on_this_machine
from pages.viewer.login.inside import OPEN_TO_ALL
from pages.viewer.person import person
from pages.widgets.text import plain

ROLE_WORDS: Final[dict[Role, str]] = {
    "viewer": "a viewer: you can look, and keep nothing",
    "member": "a member",
    "admin": "an admin",
}


def show_who() -> None:
    """Show who looks, and the way out; or that anybody may."""
    found = person()
    if found is not None:
        with (
            st.container(key="who", width="content"),
            st.popover(found.name, icon=":material/person:", type="tertiary"),
        ):
            st.markdown(f"Logged in as **{plain(found.name)}**, {ROLE_WORDS[found.role]}")
            if st.button("Log out", icon=":material/logout:", key="log_out"):
                send_browser_to(f"./{LOGOUT}")
    elif not on_this_machine(st.get_option("server.address"), st.context.headers):
        st.caption(f":material/lock_open: {OPEN_TO_ALL}")
