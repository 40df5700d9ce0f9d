"""What streamlit-webrtc's own bookkeeping of streams has to be told, by its private names."""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit_webrtc import WebRtcStreamerContext, component

from pages.mending.newest_frames import warn_once

_MAY_BE_CUT: Final = (
    "streamlit-webrtc is not the version in requirements.txt: it cannot be told that a stream is "
    "still looked at, so the video may stop on a busy machine"
)


def tell_whether_viewer_left(context: WebRtcStreamerContext, *, left: bool) -> None:
    """Tell the library whether ``context`` was left behind on another page, to be made anew.

    It goes by the number of runs finished since it was shown last. That number lags when the server
    is busy, and then a stream that has just connected counts as left behind and is cut now and
    then.
    """
    if hasattr(context, "_last_rendered_run_count"):
        context._last_rendered_run_count = -1 if left else None
    else:
        warn_once(_MAY_BE_CUT)


def end_connection(key: str) -> None:
    """End the connection of the streamer ``key``, which is not shown any more.

    The browser's part ends with its frame, but this side would notice after half a minute only.
    """
    # Kept in the session: the browser's last message may still be on its way, and looks for it.
    context = st.session_state.get(key)
    reset = getattr(component, "_reset_context", None)
    if context is not None and reset is not None:
        reset(context)
