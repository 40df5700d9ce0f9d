"""What a page does first where people have accounts: knows who looks, or sends them to the door."""

from __future__ import annotations

import functools
import logging
import sys
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from emotion_core.access.audit import note
from emotion_core.access.people.admission import Refused, issuer_of
from emotion_core.access.people.known import note_seen
from emotion_core.access.people.logins import login_id
from emotion_core.access.people.person import Person
from emotion_core.errors import EmotionCoreError
from emotion_core.system.storage.folders import keeper
from emotion_core.system.storage.homes import open_home, take_over
from emotion_core.system.storage.persons import find_person_with
from pages.mending.legacy_pages import requested_page
from pages.mending.logins.cookies import claims_in
from pages.mending.logins.leaving import send_browser_to
from pages.mending.logins.runs import ask_at_every_run, claims_of_run
from pages.viewer.accounts import accounts_are_on, judged, rules
from pages.viewer.here import is_loopback
from pages.viewer.person import find_person, standing

_LOG: Final = logging.getLogger(__name__)

# A login is that old at most when its first page comes.
_NEW_SECONDS: Final = 600
_noted: Final[deque[str]] = deque(maxlen=1_000)

OPEN_TO_ALL: Final = (
    "There are no accounts here: whoever reaches this page sees what everybody keeps, and can "
    "delete it. Whoever runs the app can change that: see “Who may come in” in docs/deployment.md."
)


@functools.cache
def know_people() -> None:
    """Ask at each run who looks, and let what looks for things find theirs."""
    ask_at_every_run(_ask)
    find_person_with(find_person)


def _ask(claims: Mapping[str, Any]) -> tuple[Person | Refused | None, bool]:
    found = judged(claims)
    return found, isinstance(found, Refused)


def is_let_in() -> bool:
    """Tell whether whoever looks may see a page; others are sent where they can log in."""
    found = standing()
    if isinstance(found, Refused):
        _send_away(found)
        return False
    if found is not None:
        try:
            _welcome(found)
        except EmotionCoreError as error:
            st.error(str(error))
            return False
    return True


def tell_if_open() -> None:
    """Say the same on the terminal, when the app starts."""
    try:
        is_open = not accounts_are_on()
    except EmotionCoreError as error:
        sys.stderr.write(f"emotion_core: nobody is let in: {error}\n")
        return
    address = st.get_option("server.address")
    if is_open and not is_loopback(address):
        bound = f"at {address}" if address else "on every network of this machine"
        sys.stderr.write(f"emotion_core: this app answers {bound}. {OPEN_TO_ALL}\n")


def _send_away(found: Refused) -> None:
    if found.reason == "not logged in" and claims_in(st.context.cookies.to_dict()):
        # The door let the browser in, and Streamlit did not take its login: sent there, it would
        # come back at once.
        st.error("This page did not get your login. Reload it, and allow cookies of this site.")
        return
    st.write("You are logged out. One moment …")
    send_browser_to(f"./{requested_page()}")


def _note_login(found: Person, claims: Mapping[str, Any]) -> None:
    """Add a login to the audit list, once; one of before this process began is on it."""
    login = login_id(claims)
    if login in _noted or time.time() - _seconds(claims.get("iat")) > _NEW_SECONDS:
        return
    _noted.append(login)
    note("logged in", "", found.name, who=found.id)


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _welcome(found: Person) -> None:
    """Note that somebody is here, and give them a home."""
    claims = claims_of_run()
    if found.role == "admin" and keeper() is None and take_over(found.id):
        _LOG.info("what was kept here before there were accounts is %s's now", found.id)
    open_home(found.id)
    _note_login(found, claims)
    try:
        note_seen(found, claims, issuer_of(claims), rules())
    except EmotionCoreError as error:  # which shuts nobody out
        _LOG.error("%s", error)
