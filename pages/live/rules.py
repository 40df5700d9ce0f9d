"""Rules on the live page: set up while the video runs, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

import streamlit as st

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import WebhookError
from emotion_core.live.rules import LONGEST, ExpressionRule, FaceRule, Rule, rule_from_json
from emotion_core.live.session import LiveSession
from emotion_core.live.webhook import Webhook
from emotion_core.sessions.events import TriggerEvent
from pages.shared.clicks import once

MOST_RULES: Final = 10
MOST_EVENTS: Final = 5

_FACE_RULES: Final = {"no face": False, "a face": True}
_WHAT_A_WEBHOOK_GETS: Final = (
    "Each event is sent there as JSON: the rule, the time, the person's number and the score; no "
    "picture. Only addresses on the machine that runs this app or in its private network are "
    "allowed."
)

# Plain values, no widgets: they outlive a visit to another page.
_RULES: Final = "live_rules"
_WEBHOOK: Final = "live_webhook"
_TEST: Final = "live_webhook_test"
# The widgets that an addition is read from.
_WHAT: Final = "rule_what"
_SCORE: Final = "rule_score"
_SECONDS: Final = "rule_seconds"
_ADDRESS: Final = "rule_webhook"


@dataclass(frozen=True)
class _ChosenWebhook:
    """What became of the address that was entered."""

    address: str
    webhook: Webhook | None = None
    problem: str | None = None


def show_rules(session: LiveSession) -> None:
    """Offer to add and remove rules, and a webhook; what is set counts from the next frame on."""
    with st.popover("Rules", icon=":material/notifications:"):
        # In containers, so that nothing moves when the list grows.
        with st.container():
            _list_rules()
        with st.container():
            _offer_rule()
        _offer_webhook()
    session.rules = _rules()
    session.event_sender = _chosen_webhook().webhook


def show_events(session: LiveSession) -> None:
    """Show what the rules came to lately, the newest first, and whether the webhook takes it."""
    if not session.rules:
        return
    events = session.snapshot.events[: -MOST_EVENTS - 1 : -1]
    zone = _viewers_zone()
    rows = "".join(_row(event, zone) for event in events) or "<div>None yet.</div>"
    st.html(f'<div class="events"><b>Events</b>{rows}{_delivery()}</div>')


def _rules() -> tuple[Rule, ...]:
    return tuple(rule_from_json(content) for content in st.session_state.get(_RULES, ()))


def _list_rules() -> None:
    if not _rules():
        st.caption("No rules yet. A rule notes when something lasts, such as a smile for 2 s.")
    for number, rule in enumerate(_rules()):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{rule}**", width="stretch")
            st.button(
                "Remove",
                icon=":material/close:",
                type="tertiary",
                key=f"remove_rule_{number}",
                on_click=_remove,
                args=(rule.to_json(),),
            )


def _offer_rule() -> None:
    if len(_rules()) >= MOST_RULES:
        st.caption(f"{MOST_RULES} rules are the most there can be.")
        return
    what = st.selectbox(
        "When there is", [*EMOTIONS, *_FACE_RULES], EMOTIONS.index("happy"), key=_WHAT
    )
    # Disabled and not left out: what moves is on the page twice for a moment.
    of_a_face = what in _FACE_RULES
    st.slider("with a score above", 30, 95, 80, 5, format="%d %%", key=_SCORE, disabled=of_a_face)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("for so many seconds", 0.5, LONGEST, 2.0, 0.5, format="%.1f", key=_SECONDS)
        st.button("Add rule", icon=":material/add:", key="add_rule", on_click=_add)


def _add() -> None:
    what = st.session_state[_WHAT]
    seconds = float(st.session_state[_SECONDS])
    if what in _FACE_RULES:
        rule: Rule = FaceRule(_FACE_RULES[what], seconds)
    else:
        rule = ExpressionRule(what, st.session_state[_SCORE] / 100, seconds)
    _remove(rule.to_json())  # the same one twice would only tell everything twice
    st.session_state[_RULES] = [*st.session_state[_RULES], rule.to_json()]


def _remove(rule: dict[str, Any]) -> None:
    rules = st.session_state.get(_RULES, [])
    st.session_state[_RULES] = [each for each in rules if each != rule]


def _offer_webhook() -> None:
    st.text_input(
        "Webhook (optional)",
        placeholder="http://localhost:8080/event",
        help=_WHAT_A_WEBHOOK_GETS,
        key=_ADDRESS,
        persist_state="session",
    )
    chosen = _chosen_webhook()
    if chosen.problem:
        st.error(chosen.problem)
    # Never disabled: the click that leaves the field above must not be lost.
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Send a test", icon=":material/send:", key="send_test", on_click=once(_send_test))
        if result := st.session_state.get(_TEST):
            st.markdown(result)


def _chosen_webhook() -> _ChosenWebhook:
    """Return the webhook at the address that was entered last, made when the address is new."""
    address = (st.session_state.get(_ADDRESS) or "").strip()
    chosen: _ChosenWebhook = st.session_state.get(_WEBHOOK, _ChosenWebhook(""))
    if chosen.address != address:
        if chosen.webhook:
            chosen.webhook.close()
        chosen = st.session_state[_WEBHOOK] = _made(address)
        st.session_state.pop(_TEST, None)
    return chosen


def _made(address: str) -> _ChosenWebhook:
    if not address:
        return _ChosenWebhook(address)
    try:
        return _ChosenWebhook(address, Webhook(address))
    except WebhookError as error:
        return _ChosenWebhook(address, problem=str(error))


def _send_test() -> None:
    if _chosen_webhook().problem:  # a name unknown before may be known by now
        del st.session_state[_WEBHOOK]
    webhook = _chosen_webhook().webhook
    if webhook is None:
        return
    try:
        st.session_state[_TEST] = f":green[Accepted:] {webhook.send_test()}"
    except WebhookError as error:
        st.session_state[_TEST] = f":red[Not accepted:] {error}"


def _row(event: TriggerEvent, zone: tzinfo | None) -> str:
    clock = datetime.fromtimestamp(event.wall_clock, UTC).astimezone(zone)
    person = "" if event.person is None else f"person {event.person}"
    return (
        f'<div class="event"><span>{clock:%H:%M:%S}</span><span>{event.rule}</span>'
        f"<span>{person}</span></div>"
    )


def _viewers_zone() -> tzinfo | None:
    """Return the time zone of the viewer's browser; None, the server's, where it is not known."""
    try:
        return ZoneInfo(st.context.timezone or "")
    except (ValueError, LookupError, OSError):
        return None


def _delivery() -> str:
    """Return what became of the events that were sent, when not all of them arrived."""
    webhook = _chosen_webhook().webhook
    if webhook is None:
        return ""
    state = webhook.state
    lost = f"{state.dropped} not sent: too many were waiting. " if state.dropped else ""
    if not (lost or state.failure):
        return ""
    return f'<div class="problem">Webhook: {lost}{escape(state.failure or "")}</div>'
