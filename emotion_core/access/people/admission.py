"""Who may come in now: judged anew by what their login says, the lists and what is kept here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from emotion_core.access.people.known import find_known
from emotion_core.access.people.logins import has_ended
from emotion_core.access.people.passwords import ISSUER, KnownAccounts
from emotion_core.access.people.person import Person, person_id
from emotion_core.access.people.rules import Rules, verified_email

#: What stands for a provider's name in logins by a password. Streamlit allows no provider a _.
PASSWORD_PROVIDER: Final = "_password"

#: Why nobody is let in: no login, one that counts no more, somebody whom nobody let in, or settings
#: that cannot be read.
Reason = Literal["not logged in", "login ended", "not let in", "not readable"]

_ACCOUNTS: Final = KnownAccounts()


@dataclass(frozen=True)
class Refused:
    """Somebody who is not let in.

    Attributes:
        reason: why.
        account: what they are logged in as, to show to them; empty without a login. What cannot be
            read, where that is the reason, for whoever runs the app.
    """

    reason: Reason
    account: str = ""


def admit(claims: Mapping[str, Any], rules: Rules) -> Person | Refused:
    """Return who a login says somebody is, or why they are refused.

    Args:
        claims: what the signed cookie says, as ``st.user`` has it; empty without one.
        rules: what [people] says.

    Raises:
        AccessError: what is kept here of people cannot be read: nobody is let in.
        NoHomeError: there is no folder to keep things in.
    """
    if claims.get("is_logged_in") is not True:
        return Refused("not logged in")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        return Refused("not let in", account_in(claims))
    if has_ended(claims):
        return Refused("login ended", account_in(claims))
    if claims.get("provider") == PASSWORD_PROVIDER:
        account = _ACCOUNTS.find(subject)
        if account is None or account.stamp != claims.get("stamp"):
            return Refused("login ended", account_in(claims))
        return account.person
    issuer = issuer_of(claims)
    role = rules.role_of(claims) if issuer else None
    if role is None:
        return Refused("not let in", account_in(claims))
    found = Person(person_id(issuer, subject), account_in(claims), role)
    known = find_known(found.id)
    if known is not None and known.is_refused:
        return Refused("not let in", found.name)
    return found


def issuer_of(claims: Mapping[str, Any]) -> str:
    """Return who says who somebody is; empty where nobody does."""
    if claims.get("provider") == PASSWORD_PROVIDER:
        return ISSUER
    issuer = claims.get("iss")
    return issuer if isinstance(issuer, str) and issuer != ISSUER else ""


def account_in(claims: Mapping[str, Any]) -> str:
    """Return what to call somebody, to show to people: a name, else an address of e-mail."""
    for found in (claims.get("name"), verified_email(claims), claims.get("preferred_username")):
        if isinstance(found, str) and (name := "".join(filter(str.isprintable, found)).strip()):
            return name[:100]
    return str(claims.get("sub", ""))[:100]
