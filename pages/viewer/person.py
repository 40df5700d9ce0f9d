"""Who looks at a page, and what they may do."""

from __future__ import annotations

from emotion_core.access.people.admission import Refused
from emotion_core.access.people.person import Grant, Person
from emotion_core.errors import AccessError, NoHomeError
from pages.mending.logins.runs import standing_of_run
from pages.viewer.accounts import accounts_are_on, judged, rules
from pages.viewer.here import server_is_offered_here


def person() -> Person | None:
    """Return who looks at the page that runs; None where people have no accounts.

    Raises:
        AccessError: nobody is logged in, or they are refused; no page runs then, so this is met
            by threads that no viewer started.
    """
    found = standing()
    if isinstance(found, Refused):
        raise AccessError(
            f"expected somebody who is logged in and let in, found otherwise ({found.reason}); log "
            "in anew"
        )
    return found


def standing() -> Person | Refused | None:
    """Return who looks at the page that runs, or why they are refused; None without accounts."""
    try:
        found: Person | Refused | None = standing_of_run(judged)
    except LookupError:
        return Refused("not logged in") if accounts_are_on() else None
    return found


def may(grant: Grant) -> bool:
    """Tell whether whoever looks at the page may do something.

    Without accounts, that is everything but what the server's files, cameras and network are asked
    for, which is up to ``here.server_is_offered_here``.

    Args:
        grant: one of ``GRANTS``.
    """
    found = standing()
    if isinstance(found, Refused):
        return False
    if found is None:
        return grant not in ("server", "addresses") or server_is_offered_here()
    return rules().grants_to(found.role, grant)


def find_person() -> str | None:
    """Return the id of who looks at the page that runs; None where people have no accounts.

    Raises:
        NoHomeError: there are accounts, and nobody is known here.
    """
    found = standing()
    if isinstance(found, Refused):
        raise NoHomeError(
            f"expected to know whose things are meant, found nobody ({found.reason}); log in anew"
        )
    return None if found is None else found.id
