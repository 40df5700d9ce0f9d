"""Everybody: by a password here or by a provider, now let in or earlier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import streamlit as st

from emotion_core.access.people.known import Known, list_known
from emotion_core.access.people.passwords import ISSUER, Account, list_accounts
from emotion_core.access.people.person import Role
from emotion_core.access.standing import current_rules
from emotion_core.belongings.owners import Kept, kept_by
from emotion_core.quantities import byte_size
from emotion_core.system.storage.homes import all_homes
from pages.widgets.text import local_time, plain

#: How many people's folders are counted while a page waits.
_MOST_COUNTED: Final = 100


@dataclass(frozen=True)
class Somebody:
    """A line of the list.

    Attributes:
        id: see ``Person``.
        name: what to call them.
        role: None: they may come in no more.
        account: theirs, where they have a password here.
        known: what is known of them, where they were here.
        kept: what they keep; None: not counted.
        quota: bytes that they may keep; None: any number.
    """

    id: str
    name: str
    role: Role | None
    account: Account | None
    known: Known | None
    kept: Kept | None
    quota: int | None

    @property
    def keeps(self) -> str:
        """How much they keep, and of how much."""
        if self.kept is None:
            return ""
        of = "" if self.quota is None else f" of {byte_size(self.quota)}"
        return f"{byte_size(self.kept.size)}{of}"

    @property
    def way(self) -> str:
        """By which way they come."""
        if self.account is not None or (self.known and self.known.issuer == ISSUER):
            return "Password"
        return (urlsplit(self.known.issuer).hostname or "Provider") if self.known else ""


def everybody() -> tuple[Somebody, ...]:
    """Return everybody, by name, and show what is damaged.

    Raises:
        AccessError: the passwords cannot be read.
        NoHomeError: there is no folder to keep things in.
    """
    known_people, problems = list_known()
    for problem in problems:
        st.warning(plain(problem))
    known = {each.id: each for each in known_people}
    accounts = {each.person.id: each for each in list_accounts()}
    homes = {home.person for home in all_homes() if home.person is not None}
    ids = sorted(known.keys() | accounts.keys() | homes)
    found = [
        _somebody(each, accounts.get(each), known.get(each), count=index < _MOST_COUNTED)
        for index, each in enumerate(ids)
    ]
    return tuple(sorted(found, key=lambda each: (each.name.casefold(), each.id)))


def show_list(people: tuple[Somebody, ...]) -> None:
    """Show everybody as a table."""
    st.dataframe(
        {
            "Name": [each.name for each in people],
            "Role": [each.role or "refused" for each in people],
            "Logs in by": [each.way for each in people],
            "Last seen": [
                local_time(each.known.last_seen) if each.known else "never" for each in people
            ],
            "Keeps": [each.keeps for each in people],
        },
        hide_index=True,
        width="stretch",
    )


def _somebody(
    person: str, account: Account | None, known: Known | None, *, count: bool
) -> Somebody:
    role: Role | None = None
    if account is not None:
        role = account.role
    elif known is not None and known.issuer != ISSUER and not known.is_refused:
        role = known.role
    name = account.name if account else known.name if known else f"Unknown ({person})"
    kept = kept_by(person) if count else None
    return Somebody(person, name, role, account, known, kept, _quota(person, role, known))


def _quota(person: str, role: Role | None, known: Known | None) -> int | None:
    emails = [known.email] if known is not None and known.email else []
    return None if role is None else current_rules().quota_of(role, person, *emails)
