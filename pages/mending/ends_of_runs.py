"""Keeps Streamlit from losing the end of a page's run when a fragment is due just then."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections import deque
from typing import Any, Final

from streamlit.runtime.app_session import AppSession

_LOG: Final = logging.getLogger(__name__)
_RETRY_SECONDS: Final = 0.01
_CREATE: Final = "_create_scriptrunner"
_RUNNER: Final = "_scriptrunner"
# Ours, beside Streamlit's own attributes.
_WAITING: Final = "_emotion_waiting_requests"


@functools.cache
def delay_fragments_until_run_ends() -> None:
    """Let a fragment wait, in every session, until all of the run before it has been delivered.

    A run that has ended still has messages on their way to the event loop. When a fragment is asked
    for at that moment, Streamlit starts a new runner and ignores what the old one still had to say
    (its issue 9921): the page lacks its last elements, and the timers of its fragments never start.
    The busier the machine, the likelier. Requests are served in the order in which they came. Where
    Streamlit's session is not built as in the version in requirements.txt, all stays as it is and
    the log says so.
    """
    create = getattr(AppSession, _CREATE, None)
    if create is None or list(inspect.signature(create).parameters) != [
        "self",
        "initial_rerun_data",
    ]:
        _LOG.warning(
            "streamlit is not the version in requirements.txt: when the machine is busy, a page "
            "may stop refreshing until it is loaded again"
        )
        return

    def serve(session: Any) -> None:
        waiting = _waiting_of(session)
        while waiting:
            last = getattr(session, _RUNNER, None)
            if last is None:
                create(session, waiting[0])
            elif not (last.request_rerun(waiting[0]) or waiting[0].is_auto_rerun):
                asyncio.get_running_loop().call_later(_RETRY_SECONDS, serve, session)
                return
            waiting.popleft()

    @functools.wraps(create)
    def create_when_the_last_has_delivered(session: Any, initial_rerun_data: Any) -> None:
        waiting = _waiting_of(session)
        if waiting and initial_rerun_data.is_auto_rerun:
            return  # its timer will ask again
        waiting.append(initial_rerun_data)
        if len(waiting) == 1:
            serve(session)

    setattr(AppSession, _CREATE, create_when_the_last_has_delivered)


def _waiting_of(session: Any) -> deque[Any]:
    """Return the requests of a session that wait, in their order.

    Each tells what all widgets show: one that is served after a newer one would take back what was
    clicked in between.
    """
    waiting: deque[Any] = session.__dict__.setdefault(_WAITING, deque())
    return waiting
