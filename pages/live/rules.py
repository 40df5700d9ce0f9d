"""Rules on the live page: set up while the video runs, and what came of them."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import streamlit as st

from emotion_core.emotions import EMOTIONS
from emotion_core.live.rules import LONGEST, ExpressionRule, FaceRule, Rule, rule_from_json
from emotion_core.live.session import LiveSession
from emotion_core.sessions.events import TriggerEvent
from pages.live.webhooks import chosen_webhook, offer_webhook, what_was_lost
from pages.viewer.kept import keep_state
from pages.widgets.glossary import meaning
from pages.widgets.text import viewers_zone

MOST_RULES: Final = 10
MOST_EVENTS: Final = 5

_FACE_RULES: Final = {"no face": False, "a face": True}
# Plain values, no widgets: they outlive a visit to another page.
_RULES: Final = "live_rules"
# The widgets that an addition is read from.
_WHAT: Final = "rule_what"
_SCORE: Final = "rule_score"
_SECONDS: Final = "rule_seconds"


def show_rules(session: LiveSession) -> None:
    """Offer to add and remove rules, and a webhook; what is set counts from the next frame on."""
    keep_state({_RULES: []}, {_RULES: _are_rules})
    with st.expander("Rules"):
        # In containers, so that nothing moves when the list grows.
        with st.container():
            _list_rules()
        with st.container():
            _offer_rule()
        offer_webhook()
    session.rules = _rules()
    session.event_sender = chosen_webhook().webhook


def show_events(session: LiveSession) -> None:
    """Show what the rules came to lately, the newest first, and whether the webhook takes it."""
    if not session.rules:
        return
    events = session.snapshot.events[: -MOST_EVENTS - 1 : -1]
    zone = viewers_zone()
    rows = "".join(_row(event, zone) for event in events) or "<div>None yet.</div>"
    st.html(f'<div class="events"><b>Events</b>{rows}{what_was_lost()}</div>')


def _are_rules(kept: Any) -> bool:
    """Tell whether these are rules, as ``Rule.to_json`` writes them, and not too many."""
    return len(kept) <= MOST_RULES and all(rule_from_json(each) for each in kept)


def _rules() -> tuple[Rule, ...]:
    return tuple(rule_from_json(content) for content in st.session_state.get(_RULES, ()))


def _list_rules() -> None:
    if not _rules():
        st.caption("No rules yet. A rule notes an expression that lasts, such as happy for 2 s.")
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
        st.caption(f"You have {MOST_RULES} rules, the maximum.")
        return
    what = st.selectbox(
        "When this is seen", [*EMOTIONS, *_FACE_RULES], EMOTIONS.index("happy"), key=_WHAT
    )
    # Disabled and not left out: what moves is on the page twice for a moment.
    of_a_face = what in _FACE_RULES
    st.slider(
        "with a score above",
        30,
        95,
        80,
        5,
        format="%d%%",
        key=_SCORE,
        disabled=of_a_face,
        help=meaning("score"),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "for at least (seconds)", 0.5, LONGEST, 2.0, 0.5, format="%.1f", key=_SECONDS
        )
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


def _row(event: TriggerEvent, zone: tzinfo | None) -> str:
    clock = datetime.fromtimestamp(event.wall_clock, UTC).astimezone(zone)
    person = "" if event.person is None else f"person {event.person}"
    return (
        f'<div class="event"><span>{clock:%H:%M:%S}</span><span>{event.rule}</span>'
        f"<span>{person}</span></div>"
    )
