"""When the button or key of a mark was pressed, which is before the server hears of it."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import Any, Final

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from pages.viewer.server_time import ADDRESS

_KEY: Final = "mark_pressed"
_USED: Final = "mark_pressed_used"
# Seconds: a press that is older is not the one that is handled now.
_LATEST: Final = 10.0


def watch_presses(container: str) -> None:
    """Let the browser tell when one of the buttons, or the key of one, is pressed.

    Args:
        container: key of the container that holds the buttons.
    """
    _watcher()(
        key=_KEY,
        data={"place": f".st-key-{container}", "address": ADDRESS},
        default={"at": None},
        on_at_change=lambda: None,
        height=1,
    )


def pressed_at() -> float:
    """Return when the button that is handled now was pressed, in seconds of ``time.monotonic``.

    Where the browser did not tell, as before it knows the server's clock: now.
    """
    state = st.session_state.get(_KEY)
    told = getattr(state, "at", None)
    moment = moment_of(told, time.monotonic(), st.session_state.get(_USED))
    st.session_state[_USED] = told
    return moment


def moment_of(told: Any, now: float, used: Any) -> float:
    """Return the time of a press.

    Args:
        told: what the browser said last.
        now: seconds of the same clock.
        used: what it had said when a press was handled before; that is another one.
    """
    if isinstance(told, bool) or not isinstance(told, int | float) or told == used:
        return now
    return min(float(told), now) if now - _LATEST <= told <= now + 1.0 else now


@functools.cache
def _watcher() -> ComponentRenderer:
    script = Path(__file__).parent / "pressed.js"
    return st.components.v2.component("pressed", js=script.read_text("utf-8"))
