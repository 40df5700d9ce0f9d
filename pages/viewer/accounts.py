"""Whether people have accounts here, as `.streamlit/secrets.toml` and the server's folder say."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import streamlit as st

from emotion_core.access.people.admission import Refused, admit
from emotion_core.access.people.logins import kept_secret
from emotion_core.access.people.passwords import passwords_are_kept
from emotion_core.access.people.person import Person
from emotion_core.access.people.rules import (
    AUTH,
    SECTION,
    Rules,
    accounts_are_required,
    providers_in,
    read_rules,
)
from emotion_core.errors import AccessError, EmotionCoreError, NoHomeError
from pages.mending.logins.cookies import sign_with


def accounts_are_on() -> bool:
    """Tell whether people have to log in: there is a provider, or people with passwords.

    Raises:
        AccessError: the secrets cannot be read, so nobody knows.
    """
    if accounts_are_required(table(AUTH), table(SECTION)):
        return True
    try:
        return passwords_are_kept()
    except NoHomeError:  # so there is nothing of anybody's
        return False


def providers() -> dict[str, str]:
    """Return the providers in [auth]: by Streamlit's names, what to call each.

    Raises:
        AccessError: the secrets cannot be read.
    """
    return providers_in(table(AUTH))


def redirects_to_https() -> bool:
    """Tell whether the provider sends people back by https, so that the app is reached by it.

    Raises:
        AccessError: the secrets cannot be read.
    """
    section = table(AUTH)
    found = section.get("redirect_uri", "") if isinstance(section, Mapping) else ""
    return str(found).startswith("https://")


def rules() -> Rules:
    """Return what [people] says.

    Raises:
        AccessError: the secrets cannot be read, or it says something that means nothing.
    """
    found = table(SECTION)
    return read_rules(found.to_dict() if hasattr(found, "to_dict") else found)


def judged(claims: Mapping[str, Any]) -> Person | Refused | None:
    """Return who somebody is, or why they are refused; None where nobody has to log in.

    What cannot be read refuses everybody.
    """
    try:
        return admit(claims, rules()) if accounts_are_on() else None
    except EmotionCoreError as error:
        return Refused("not readable", str(error))


def table(name: str) -> Any:
    """Return a table of the secrets; None without one, or without any secrets.

    Raises:
        AccessError: there are secrets, and they cannot be read: nothing that they might forbid is
            allowed then.
    """
    if st.secrets.load_if_toml_exists():
        return st.secrets.get(name)
    for path in map(Path, st.get_option("secrets.files")):
        if path.exists():
            raise AccessError(
                f"{path}: expected settings in TOML, found what cannot be read; mend it, or take "
                "it away, and nobody has to log in"
            )
    return None


def prepare_logins() -> None:
    """Have cookies signed by a secret that outlives the app, where people have accounts."""
    with suppress(EmotionCoreError):  # the door says so
        if accounts_are_on():
            sign_with(kept_secret)
