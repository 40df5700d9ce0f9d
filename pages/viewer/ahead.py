"""What the first viewer would wait for, begun when the server starts."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import streamlit as st

from pages.mending.connections import answer_at_once
from pages.mending.endings import told_before_the_end
from pages.mending.own_names import open_browser
from pages.viewer.login.inside import tell_if_open

#: What the first page needs and `app.py` does not import, while the browser fetches Streamlit's
#: scripts. Nothing that makes a component known to Streamlit, which needs a viewer for that: so
#: neither streamlit_webrtc nor a page. And nothing of TensorFlow or pandas.
FIRST_PAGE: Final = (
    "cv2",
    "av",
    "aiortc",
    "emotion_core.live.session",
    "emotion_core.live.reader",
    "emotion_core.live.background",
    "emotion_core.models.library",
    "emotion_core.sessions.recorder",
    "emotion_core.sessions.exports.tables",
    "emotion_core.system.storage.housekeeping",
)


ENDING: Final = "The app is ending."


@asynccontextmanager
async def begin(app: st.App) -> AsyncIterator[None]:
    """Import ahead while the app runs, and open a browser as ``streamlit run`` does."""
    answer_at_once()
    tell_if_open()
    threading.Thread(target=import_first_page, name="imports ahead", daemon=True).start()
    async with open_browser(app):
        with told_before_the_end(end_what_is_followed):
            yield


def end_what_is_followed() -> None:
    """Tell the programs that follow live streams that no more comes."""
    # Where nobody streamed, it was not imported, and nobody follows.
    if (registry := sys.modules.get("emotion_core.live.streams.registry")) is not None:
        registry.STREAMS.end(ENDING)


def import_first_page() -> None:
    """Import what the first page needs, and put things in order; what fails the page tells."""
    for name in FIRST_PAGE:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001 - a library of the machine may fail in any way
            return
    # Not with the first viewer: what grows too old does so on a server that nobody looks at, too.
    try:
        importlib.import_module("pages.viewer.order").keep_order()
    except Exception:  # noqa: BLE001 - as above
        return
