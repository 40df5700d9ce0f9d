"""What people in view are told, and what their recording is for."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from emotion_core.live.notice.purposes import (
    FORBIDDEN,
    LAW,
    LONGEST_PURPOSE,
    PURPOSES,
    tidy_purpose,
)
from emotion_core.live.notice.sheet import LINE
from pages.viewer.kept import keep_state, kept
from pages.widgets.sheet import offer_sheet

_NOTICE: Final = "live_notice"
_LINE: Final = "notice_line"
_PURPOSE: Final = "live_purpose"


def offer_notice(place: DeltaGenerator, *, needed: bool) -> None:
    """Show the line for people in view, unless it is switched off here; offer it on paper.

    Args:
        place: right under the video.
        needed: whether there is somebody to tell.
    """
    shown = st.toggle(
        "Notice for people in view",
        kept(_NOTICE, True),
        key=_NOTICE,
        persist_state="session",
        help="A line under the video that says what is being done. In the EU, whoever looks at "
        "people with this app has to tell them (AI Act, Article 50): if you switch the line off, "
        "tell them in another way.",
    )
    if shown and needed:
        with place.container(key=_LINE):
            st.markdown(LINE)
    offer_sheet("live", purpose())


def ask_purpose() -> None:
    """Ask what is recorded for, and say what the law forbids; an answer is kept for next time."""
    keep_state({_PURPOSE: None}, {_PURPOSE: _is_purpose})
    own = st.session_state[_PURPOSE]
    st.selectbox(
        "What is it for?",
        list(dict.fromkeys([*PURPOSES, *([own] if own else [])])),
        index=None,
        key=_PURPOSE,
        persist_state="session",
        accept_new_options=True,
        placeholder="Choose, or type your own words",
        help="Kept with the recording, and asked only once.",
    )
    (st.warning if own in FORBIDDEN else st.caption)(LAW)


def purpose() -> str:
    """Return what this viewer records for; "" where they have not said."""
    return tidy_purpose(st.session_state.get(_PURPOSE))


def _is_purpose(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_PURPOSE
