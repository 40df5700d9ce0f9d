"""Where the events of rules are sent: chosen, tried, and what became of them.

A request that this app makes comes from its machine, and what answers there or in its network need
not be meant for whoever looks at this page. So those who may name addresses type one, which is
judged where people have accounts; everybody else chooses among those in `.streamlit/secrets.toml`,
and is not told what answered.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

import streamlit as st

from emotion_core.access.reach.rules import Rule, local_addresses
from emotion_core.errors import WebhookError
from emotion_core.live.webhook.sending import Webhook
from pages.viewer.access import addresses_are_offered, rule_of_addresses
from pages.viewer.clicks import once
from pages.viewer.kept import keep_state

_LOG: Final = logging.getLogger(__name__)

#: The table in `.streamlit/secrets.toml`: addresses by the names that viewers see.
SECTION: Final = "webhooks"

#: All that those who did not type the address hear of a failure.
NOT_TAKEN: Final = "the event was not accepted; the app's log says why."

_WHAT_IT_GETS: Final = (
    "Each event is sent to this address as JSON: the rule, the time, the person's number and the "
    "score, but no image."
)
_LOCAL: Final = "The address must be on the machine that runs this app or in its private network."
_JUDGED: Final = "The address must be one of the Internet, or one that whoever runs the app allows."

# It may hold a password, and settings are no place for those.
_NOT_KEPT: Final = "The address is forgotten when you reload the page: it may contain a password."

# Plain values, no widgets: they outlive a visit to another page.
_WEBHOOK: Final = "live_webhook"
_TEST: Final = "live_webhook_test"
_ADDRESS: Final = "rule_webhook"
_NAME: Final = "rule_webhook_name"


@dataclass(frozen=True)
class ChosenWebhook:
    """What became of the address that was typed or chosen.

    Attributes:
        address: the address.
        webhook: sends to it; None when it does not do.
        problem: why it does not do.
    """

    address: str
    webhook: Webhook | None = None
    problem: str | None = None


def offer_webhook() -> None:
    """Let the viewer say where events are sent, and try it."""
    if addresses_are_offered():
        st.text_input(
            "Webhook (optional)",
            placeholder="http://localhost:8080/event",
            help=f"{_WHAT_IT_GETS} {_JUDGED if rule_of_addresses() else _LOCAL} {_NOT_KEPT}",
            key=_ADDRESS,
            persist_state="session",
        )
    elif names := list(_on_offer()):
        keep_state({_NAME: None}, {_NAME: names})
        st.selectbox(
            "Webhook (optional)",
            names,
            index=None,
            placeholder="none",
            help=f"{_WHAT_IT_GETS} {_LOCAL}",
            key=_NAME,
            persist_state="session",
        )
    else:
        return
    if problem := chosen_webhook().problem:
        st.error(_in_words(problem))
    # Never disabled: the click that leaves the field above must not be lost.
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Send a test", icon=":material/send:", key="send_test", on_click=once(_send_test))
        if result := st.session_state.get(_TEST):
            st.markdown(result)


def chosen_webhook() -> ChosenWebhook:
    """Return the webhook that was typed or chosen last, made when it is another one."""
    address = _address()
    chosen: ChosenWebhook = st.session_state.get(_WEBHOOK, ChosenWebhook(""))
    if chosen.address != address:
        if chosen.webhook:
            chosen.webhook.close()
        chosen = st.session_state[_WEBHOOK] = _made(address)
        st.session_state.pop(_TEST, None)
    return chosen


def what_was_lost() -> str:
    """Return HTML that tells what became of the events when not all of them arrived."""
    webhook = chosen_webhook().webhook
    if webhook is None:
        return ""
    state = webhook.state
    lost = f"{state.dropped} not sent: too many were waiting. " if state.dropped else ""
    if not (lost or state.failure):
        return ""
    failure = _in_words(state.failure) if state.failure else ""
    return f'<div class="problem">Webhook: {lost}{escape(failure)}</div>'


def _address() -> str:
    """Return what is typed or chosen, as far as this viewer may; asked anew in every run."""
    if addresses_are_offered():
        return (st.session_state.get(_ADDRESS) or "").strip()
    return _on_offer().get(st.session_state.get(_NAME) or "", "")


def _on_offer() -> dict[str, str]:
    """Return the addresses in `secrets.toml`, by name."""
    if not st.secrets.load_if_toml_exists():
        return {}
    table = st.secrets.get(SECTION)
    entries = table.items() if isinstance(table, Mapping) else ()
    return {name: address for name, address in entries if isinstance(address, str)}


def _made(address: str) -> ChosenWebhook:
    if not address:
        return ChosenWebhook(address)
    try:
        return ChosenWebhook(address, Webhook(address, _rule()))
    except WebhookError as error:
        _LOG.warning("A webhook is not used: %s", error)
        return ChosenWebhook(address, problem=str(error))


def _rule() -> Rule:
    """Return what judges the address: what is in the secrets is on the machine or near it."""
    typed = rule_of_addresses() if addresses_are_offered() else None
    return typed or local_addresses


def _send_test() -> None:
    if chosen_webhook().problem:  # a name unknown before may be known by now
        del st.session_state[_WEBHOOK]
    webhook = chosen_webhook().webhook
    if webhook is None:
        if not _address():
            missing = "Enter an address" if addresses_are_offered() else "Choose a webhook"
            st.session_state[_TEST] = f":red[{missing} first.]"
        return
    try:
        answer = webhook.send_test()
    except WebhookError as error:
        _LOG.warning("A test of a webhook failed: %s", error)
        st.session_state[_TEST] = f":red[Not accepted:] {_in_words(str(error))}"
    else:
        told = answer if addresses_are_offered() else "yes"
        st.session_state[_TEST] = f":green[Accepted:] {told}"


def _in_words(problem: str) -> str:
    """Return as much of a problem as this viewer is told."""
    return problem if addresses_are_offered() else NOT_TAKEN
