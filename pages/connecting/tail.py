"""What a stream sends, as it sends it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.live.streams.messages import FRAME_EVENT
from emotion_core.live.streams.registry import LiveStream
from emotion_core.quantities import counted

_FOLLOW: Final = "connect_follow"
_NEWEST: Final = "connect_newest"
_EVERY_SECONDS: Final = 0.5
# A stream of 2 frames a second and more has one in this time.
_WAIT_SECONDS: Final = 0.5


def show_tail(stream: LiveStream) -> None:
    """Show the newest message of a stream, twice a second.

    It is taken where programs get it, as a reader that comes and goes: nothing is left behind when
    the viewer leaves, and no message goes over the network twice.
    """
    following = st.toggle(
        "Follow",
        value=True,
        key=_FOLLOW,
        help="Switch it off to let one message stand still.",
    )
    st.fragment(_show, run_every=_EVERY_SECONDS if following else None)(stream, following)


def _show(stream: LiveStream, following: bool) -> None:
    if following or _NEWEST not in st.session_state:
        with stream.read() as reader:
            delivery = reader.next(_WAIT_SECONDS)
        if delivery is not None:
            st.session_state[_NEWEST] = delivery.json
    if message := st.session_state.get(_NEWEST):
        st.code(f"event: {FRAME_EVENT}\ndata: {message}", language="json", wrap_lines=True)
    readers = stream.readers
    st.caption(
        f"{counted(readers, 'program')} {'reads' if readers == 1 else 'read'} this stream."
        if readers
        else "No program reads this stream yet."
    )
