"""Gives back what a viewer who has left still holds."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import itertools
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from weakref import WeakKeyDictionary

import streamlit as st
from aiortc.contrib.media import MediaRelay
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit_webrtc.eventloop import get_global_event_loop
from streamlit_webrtc.relay import get_global_relay

from pages.mending.garbage import collect_all

#: A viewer whose connection breaks for less than this many seconds finds everything as it was.
SECONDS_TO_COME_BACK: Final = 30.0

# After so many seconds streamlit-webrtc has noticed that a session was closed, and stopped.
_SECONDS_TO_STOP: Final = 5.0

# While others are there, memory is collected when so many more sessions were closed.
_COLLECT_EVERY: Final = 8
_sessions_closed: Final = itertools.count(1)

_LOGGER = logging.getLogger(__name__)
_TRACKS: Final = "_MediaRelay__proxies"


def clean_up_after_leaving() -> None:
    """See to it that nothing is left of this viewer soon after the browser has gone."""
    _session_to_close()


@functools.cache  # there is one relay for the whole process
def let_tracks_go(relay: MediaRelay) -> None:
    """Make ``relay`` forget tracks that were never played and that nobody has any more.

    It notes a track when somebody subscribes to it and forgets it when it ends. A track whose
    viewer left before the first picture never ends: it, the callback and with that the model and
    cascades of its session, some 10 MB, would stay as long as the process.
    """
    tracks = getattr(relay, _TRACKS, None)
    if isinstance(tracks, dict):
        setattr(relay, _TRACKS, WeakKeyDictionary(tracks))
    elif not isinstance(tracks, WeakKeyDictionary):
        _LOGGER.warning(
            "aiortc.contrib.media.MediaRelay has no dict of tracks any more: viewers who leave "
            "while connecting may each cost some memory. Compare `let_tracks_go` with its source."
        )


def _left(session_id: str) -> None:
    """Note that the browser is gone; called by Streamlit."""
    with suppress(RuntimeError):  # the server is ending, and its sessions with it
        loop = get_global_event_loop()
        loop.call_soon_threadsafe(_close_later, loop, session_id)


# Streamlit drops a session two minutes after its browser has gone, and not before another one goes.
# One whose tab was closed while the video was connecting it never drops: no candidates come any
# more, but as aiortc is not told so it tries for ever, and as long as there is a connection a
# thread of streamlit-webrtc (SessionShutdownObserver) holds the session.
# Resources of a session are released at the moment when its browser has gone.
@st.cache_resource(scope="session", show_spinner=False, on_release=_left)
def _session_to_close() -> str:
    context = get_script_run_ctx()
    assert context is not None  # scope="session" has looked
    return context.session_id


def _close_later(loop: asyncio.AbstractEventLoop, session_id: str) -> None:
    loop.call_later(SECONDS_TO_COME_BACK, _close_unless_back, loop, session_id)


def _close_unless_back(loop: asyncio.AbstractEventLoop, session_id: str) -> None:
    let_tracks_go(get_global_relay())
    server = runtime.get_instance()
    if not server.is_active_session(session_id):
        server.close_session(session_id)
        loop.call_later(_SECONDS_TO_STOP, _give_memory_back)


def _give_memory_back() -> None:
    """Return to the system what the interpreter and the C library keep for later."""
    # Sessions are made of cycles. Collecting takes 0.1 s, in which no video moves: with somebody
    # there it is done for several at once.
    closed = next(_sessions_closed)
    nobody_there = runtime.get_instance().state is runtime.RuntimeState.NO_SESSIONS_CONNECTED
    if nobody_there or closed % _COLLECT_EVERY == 0:
        collect_all()
    if trim := _malloc_trim():
        trim(0)


@functools.cache
def _malloc_trim() -> Callable[[int], int] | None:
    """Return the function of the GNU C library that gives free memory back, where there is one."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
