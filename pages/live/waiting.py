"""The line of those who wait for a place, on the page of whoever waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import streamlit as st

from emotion_core.errors import PlacesError
from emotion_core.live.places.cost import try_out
from emotion_core.live.places.limit import SECTION, most_viewers
from emotion_core.live.places.line import SECONDS_TO_START, Turn
from emotion_core.live.places.serving import PLACES
from emotion_core.live.reader import LiveFaceReader
from emotion_core.live.session import LiveSession
from emotion_core.quantities import duration
from pages.viewer.clicks import once
from pages.widgets.text import plain

#: How often whoever waits sees how far they have come.
REFRESH_SECONDS: Final = 2.0

_TURN: Final = "live_turn"
_STARTS: Final = "live_starts_by_itself"
# After so long the browser is no longer told to start. A slow one needs some seconds for the page.
_SECONDS_TO_BEGIN: Final = 20.0


def join_places(session: LiveSession, reader: LiveFaceReader) -> None:
    """Count a new viewer, and try out what one costs if nobody knows it yet.

    Args:
        session: the viewer's.
        reader: that session's, before its first frame.
    """
    if not PLACES.tried_out:
        PLACES.note_trial(try_out(reader))
    PLACES.line.add(session)


def may_start(session: LiveSession, *, starting: bool) -> bool:
    """Tell whether a viewer may start or go on; if not, show where in the line they are.

    Args:
        session: the viewer's.
        starting: whether they have pressed Start, or stream.
    """
    _take_limit()
    turn = PLACES.ask(session) if starting else PLACES.look(session)
    was_waiting = is_waiting()
    st.session_state[_TURN] = turn
    if turn.has_place and turn.called and was_waiting:
        st.session_state[_STARTS] = time.monotonic()
    if turn.has_place:
        return True
    st.fragment(_show_line, run_every=REFRESH_SECONDS)(session)
    return False


def is_waiting() -> bool:
    """Tell whether, when the page ran last, there was no place for this viewer."""
    turn: Turn | None = st.session_state.get(_TURN)
    return turn is not None and not turn.has_place


def starts_by_itself(*, starting: bool) -> bool | None:
    """Return True when it has become the viewer's turn; else None: they press Start.

    Args:
        starting: whether they have, or the browser has by itself.
    """
    began = st.session_state.get(_STARTS)
    if began is None:
        return None
    if starting or time.monotonic() - began >= _SECONDS_TO_BEGIN:
        start_by_click()
        return None
    st.fragment(_let_viewer_start, run_every=_SECONDS_TO_BEGIN)(began)
    return True


def start_by_click() -> bool:
    """Let nothing start by itself any more, as when it failed; return whether it would have.

    A browser that is to start asks for the camera again and again, however often it is refused.
    """
    return st.session_state.pop(_STARTS, None) is not None


def look_around() -> None:
    """Measure how things are; to be called by whoever streams, every second or so."""
    PLACES.capacity()


def _take_limit() -> None:
    """Go by what `secrets.toml` says, if it says anything that can be."""
    try:
        table = st.secrets.get(SECTION) if st.secrets.load_if_toml_exists() else None
        PLACES.set_to = most_viewers(table)
    except PlacesError as error:
        PLACES.set_to = None
        st.warning(plain(str(error)))


def _show_line(session: LiveSession) -> None:
    turn = PLACES.look(session)
    if turn.has_place:
        st.rerun()
    if turn.position:
        st.info(f"**You are number {turn.position} in line.** {_how_long(turn)}")
        _button("Leave the line", PLACES.line.leave, session)
        return
    if turn.missed:
        st.warning(
            f"**It was your turn, but no video came within {duration(SECONDS_TO_START)}.** "
            "Somebody else has the place now."
        )
    else:
        st.info(
            f"**All places for live video are taken** ({PLACES.capacity().limit} at a time). Wait "
            "in line, and it starts by itself when it is your turn."
        )
    _button("Wait in line", PLACES.ask, session)


def _how_long(turn: Turn) -> str:
    keep = "Keep this page open: the video starts by itself."
    if turn.seconds is None:
        return f"Nobody has left yet, so there is no telling how long it takes. {keep}"
    seconds = max(10.0, 10.0 * round(turn.seconds / 10))
    if seconds >= 60:
        seconds = 60.0 * round(seconds / 60)
    return (
        f"It takes about {duration(seconds).removesuffix(' 00 s')}, as long as others stay. {keep}"
    )


def _button(label: str, act: Callable[[LiveSession], object], session: LiveSession) -> None:
    st.button(label, key=label.lower().replace(" ", "_"), on_click=once(act, session, same=label))


def _let_viewer_start(began: float) -> None:
    """Show the page anew with its Start button, once the browser has had its time."""
    if time.monotonic() - began >= _SECONDS_TO_BEGIN:
        st.rerun()
