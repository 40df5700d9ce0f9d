"""The line of those who wait for a place, on the page of whoever waits."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

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


def start_if_called(*, starting: bool) -> None:
    """Let the browser press Start, once, when it has become the viewer's turn.

    Call it where the streamer has been shown.

    Args:
        starting: whether they have pressed it, or the browser has.
    """
    turn = st.session_state.get(_STARTS)
    if turn is None:
        return
    if starting or time.monotonic() - turn > SECONDS_TO_START:
        del st.session_state[_STARTS]
        return
    _presser()(key="starting", data={"turn": turn}, height=1)


@functools.cache
def _presser() -> ComponentRenderer:
    script = Path(__file__).parent / "starting.js"
    return st.components.v2.component("starting", js=script.read_text("utf-8"))


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
