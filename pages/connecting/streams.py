"""Which live stream the page is about."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.live.streams.registry import STREAMS, LiveStream
from emotion_core.system.clock import iso_time
from pages.widgets.text import local_time

_STREAM: Final = "connect_stream"
_LOOK_SECONDS: Final = 2.0

_NONE: Final = (
    "**No live video at the moment.** Open [Live camera](live_camera) in another tab and press "
    "Start: the stream's id then stands in the lines below."
)


def choose_stream() -> LiveStream | None:
    """Return the stream to show; None where none runs, which the page then says."""
    running = STREAMS.running()
    st.fragment(_look, run_every=_LOOK_SECONDS)([each.id for each in running])
    if not running:
        st.info(_NONE)
        return None
    if len(running) == 1:
        return running[0]
    streams = {each.id: each for each in running}
    if st.session_state.get(_STREAM) not in streams:
        st.session_state[_STREAM] = running[0].id
    return streams[
        st.selectbox(
            "Stream", list(streams), format_func=lambda id_: _name(streams[id_]), key=_STREAM
        )
    ]


def _look(shown: list[str]) -> None:
    """Show the page anew when a stream has begun or ended."""
    if [each.id for each in STREAMS.running()] != shown:
        st.rerun()


def _name(stream: LiveStream) -> str:
    since = f", since {local_time(iso_time(stream.started))}" if stream.started else ""
    return f"Viewer {stream.viewer}{since}"
