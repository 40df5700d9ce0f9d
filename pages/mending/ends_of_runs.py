"""Keeps Streamlit from losing the end of a page's run when a fragment is due just then."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from typing import Any, Final

from streamlit.runtime.app_session import AppSession

_LOG: Final = logging.getLogger(__name__)
_RETRY_SECONDS: Final = 0.01
_CREATE: Final = "_create_scriptrunner"
_RUNNER: Final = "_scriptrunner"


@functools.cache
def delay_fragments_until_run_ends() -> None:
    """Let a fragment wait, in every session, until all of the run before it has been delivered.

    A run that has ended still has messages on their way to the event loop. When a fragment is asked
    for at that moment, Streamlit starts a new runner and ignores what the old one still had to say
    (its issue 9921): the page lacks its last elements, and the timers of its fragments never start.
    The busier the machine, the likelier. Where Streamlit's session is not built as in the version
    in requirements.txt, all stays as it is and the log says so.
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

    @functools.wraps(create)
    def create_when_the_last_has_delivered(session: Any, initial_rerun_data: Any) -> None:
        last = getattr(session, _RUNNER, None)
        if last is None:
            create(session, initial_rerun_data)
        elif last.request_rerun(initial_rerun_data) or initial_rerun_data.is_auto_rerun:
            return  # taken on; or its timer will ask again
        else:
            asyncio.get_running_loop().call_later(
                _RETRY_SECONDS, create_when_the_last_has_delivered, session, initial_rerun_data
            )

    setattr(AppSession, _CREATE, create_when_the_last_has_delivered)
