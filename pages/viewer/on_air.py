"""What of a viewer's streams or is recorded: a sign on every page, and a word when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import streamlit as st

from emotion_core.quantities import position

SIGN: Final = "on_air"

_ON_AIR: Final = "on_air_state"
_LEFT: Final = (
    "You left **Live camera**, so the video ended and the recording with it. Everything up to then "
    "was kept: see **Sessions**."
)


@dataclass
class OnAir:
    """What the live page tells the others.

    Attributes:
        streaming: tells whether frames come.
        recorded: returns the seconds recorded so far; None while nothing is recorded.
        end_recording: ends the recording and keeps it; returns whether there was one.
        expected: whether there is about to be video, so that the sign has to be ready.
        refresh_seconds: how often the sign is drawn anew.
        ended_at: address of the page on which the viewer is told that leaving ended it.
    """

    streaming: Callable[[], bool]
    recorded: Callable[[], float | None]
    end_recording: Callable[[], bool]
    expected: bool = False
    refresh_seconds: float = 1.0
    ended_at: str | None = None


def note_on_air(on_air: OnAir) -> None:
    """Let every page know what streams and records from now on."""
    st.session_state[_ON_AIR] = on_air


def end_what_was_left(page: str, *, is_live: bool) -> None:
    """End a recording whose video went with its page; to be called before any page is shown.

    Args:
        page: address of the page that is about to be shown.
        is_live: whether that is the live page.
    """
    on_air: OnAir | None = st.session_state.get(_ON_AIR)
    if on_air is None:
        return
    if is_live:
        on_air.ended_at = None
        return
    on_air.expected = False
    if on_air.end_recording():
        on_air.ended_at = page


def show_on_air(page: str) -> None:
    """Show a sign as long as this viewer's video comes or is recorded; call it after the page ran.

    Args:
        page: its address.
    """
    on_air: OnAir | None = st.session_state.get(_ON_AIR)
    if on_air is None:
        return
    if on_air.ended_at == page:
        st.info(_LEFT)
    if on_air.expected or _sign(on_air):
        st.fragment(_show_sign, run_every=on_air.refresh_seconds)(on_air)


def _show_sign(on_air: OnAir) -> None:
    if sign := _sign(on_air):
        with st.container(key=SIGN, width="content"):
            st.markdown(sign)


def _sign(on_air: OnAir) -> str:
    seconds = on_air.recorded()
    if seconds is not None:
        return f":red[:material/fiber_manual_record:] Recording {position(seconds)}"
    return ":material/videocam: Video is on" if on_air.streaming() else ""
