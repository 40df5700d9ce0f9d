"""Who may name files and cameras of the machine that runs this app, and what it connects to."""

from __future__ import annotations

from emotion_core.access.reach.rules import Rule
from pages.viewer.accounts import rules
from pages.viewer.person import may, person


def server_is_offered() -> bool:
    """Tell whether this viewer may name files and cameras of the server, and see where things lie.

    With accounts, their role decides; without, `.streamlit/secrets.toml` does, and where it says
    nothing, a viewer on the machine itself may.
    """
    return may("server")


def addresses_are_offered() -> bool:
    """Tell whether this viewer may name addresses that the server asks: cameras and webhooks.

    See ``server_is_offered``; ``rule_of_addresses`` judges each.
    """
    return may("addresses")


def rule_of_addresses() -> Rule | None:
    """Return what judges the addresses that this viewer names; None: without accounts, nothing.

    Whoever sits at the machine reaches from there what they name anyway.

    Raises:
        AccessError: the settings cannot be read.
    """
    return None if person() is None else rules().reach.rule


def own_things_are_offered() -> bool:
    """Tell whether this viewer may make tokens, and delete all that there is.

    With accounts that is about what is their own; without, about everybody's.
    """
    return may("server") if person() is None else may("keep")
