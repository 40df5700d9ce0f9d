"""Gives back what a viewer who has left still holds."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import gc
import itertools
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit_webrtc.eventloop import get_global_event_loop

#: A viewer whose connection breaks for less than this many seconds finds everything as it was:
#: what reads video takes 50 MB.
SECONDS_TO_COME_BACK: Final = 30.0
#: ... and one who has not been on the live page. Less than two minutes: after these Streamlit does
#: not find the session any more, and yet has it.
SECONDS_WITHOUT_VIDEO: Final = 100.0

# After so many seconds streamlit-webrtc has noticed that a session was closed, and stopped.
_SECONDS_TO_STOP: Final = 5.0

# While others are there, memory is collected when so many more sessions were closed.
_COLLECT_EVERY: Final = 8
_sessions_closed: Final = itertools.count(1)


@functools.cache
def set_libraries_aside() -> None:
    """Let the garbage collector pass over all that is there now; call it once a page has run.

    Whenever Python looks through the libraries of this app no thread runs for 0.1 s, and no video
    moves. Streamlit would do so after every run of a page: .streamlit/config.toml says not to.
    """
    gc.freeze()


def collect_all() -> None:
    """Collect also what was set aside and has become garbage since, and set the rest aside."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def clean_up_after_leaving(seconds: float = SECONDS_WITHOUT_VIDEO) -> None:
    """See to it that nothing is left of this viewer some time after the browser has gone.

    Args:
        seconds: how long; of several calls, the shortest counts.
    """
    _session_to_close(seconds)


def _left(session: tuple[str, float]) -> None:
    """Note that the browser is gone; called by Streamlit."""
    with suppress(RuntimeError):  # the server is ending, and its sessions with it
        loop = get_global_event_loop()
        loop.call_soon_threadsafe(_close_later, loop, *session)


# Streamlit drops a session two minutes after its browser has gone, and not before another one goes:
# uploads, three open files and more stay for good after the last ones of a day.
# One whose tab was closed while the video was connecting it never drops: no candidates come any
# more, but as aiortc is not told so it tries for ever, and as long as there is a connection a
# thread of streamlit-webrtc (SessionShutdownObserver) holds the session.
# Resources of a session are released at the moment when its browser has gone.
@st.cache_resource(scope="session", show_spinner=False, on_release=_left)
def _session_to_close(seconds: float) -> tuple[str, float]:
    context = get_script_run_ctx()
    assert context is not None  # scope="session" has looked
    return context.session_id, seconds


def _close_later(loop: asyncio.AbstractEventLoop, session_id: str, seconds: float) -> None:
    loop.call_later(seconds, _close_unless_back, loop, session_id)


def _close_unless_back(loop: asyncio.AbstractEventLoop, session_id: str) -> None:
    server = runtime.get_instance()
    if not server.is_active_session(session_id):
        server.close_session(session_id)
        loop.call_later(_SECONDS_TO_STOP, _give_memory_back)


def _give_memory_back() -> None:
    """Return to the system what the interpreter and the C library keep for later."""
    # Sessions are made of cycles. Collecting all takes 0.1 s, in which no video moves: with
    # somebody there it is done for several at once.
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
