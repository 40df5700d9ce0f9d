"""Effects of clicks, once per click."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

import streamlit as st

#: A double click is one click, also where the page was shown anew in between.
DOUBLE_CLICK_SECONDS: Final = 1.0

_CLICKS: Final = "clicks"


class _Clicks:
    """What a viewer's last click did."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._last: object = None
        self._ended = 0.0

    def repeats(self, same: object) -> bool:
        """Tell whether a click would do what the one just before it did."""
        just_now = time.monotonic() - self._ended < DOUBLE_CLICK_SECONDS
        return same is not None and same == self._last and just_now

    def note(self, same: object) -> None:
        """Note what a click did, now that it has."""
        self._last, self._ended = same, time.monotonic()


def once(
    act: Callable[..., object], *args: object, same: object = None, **kwargs: object
) -> Callable[[], None]:
    """Return a callback for a button that acts one time, until the button is shown anew.

    Browsers send each click of a double click, and Streamlit may deliver a click again: what
    begins, adds or deletes something must do so once.

    Args:
        act: what the button does; one that returns False has found nothing to do yet, and may be
            called again.
        args: its arguments.
        same: tells what it does from what other clicks do. Right after a click that did the same,
            nothing is done, even if the button was shown anew: for one that stays on the page.
        kwargs: its arguments by name.
    """
    # Fetched here: what is begun in a callback must not depend on what is fetched there.
    clicks: _Clicks = st.session_state.setdefault(_CLICKS, _Clicks())
    acted = False

    def click() -> None:
        nonlocal acted
        with clicks.lock:
            if acted or clicks.repeats(same):
                return
            acted = True  # first: whatever goes wrong, it is not begun twice
            try:
                acted = act(*args, **kwargs) is not False
            finally:
                clicks.note(same)

    return click
