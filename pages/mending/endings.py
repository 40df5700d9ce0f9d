"""Tells what answers for long that the server is about to end.

Once it is told to end, uvicorn waits until every answer is complete, and only then says so to the
app: one that follows a live stream would keep it waiting for ever, as would one whose other side
takes nothing more.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

#: Seconds that answers have to be complete; what is left then is broken off.
PATIENCE: Final = 5

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def told_before_the_end(tell: Callable[[], object]) -> Iterator[None]:
    """Call ``tell`` in the running event loop as soon as the process is asked to end.

    To be used while the server starts and runs, in its event loop; where that is not in the main
    thread, no signal comes, and nothing is told.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {each: signal.getsignal(each) for each in _SIGNALS}

    def end(number: int, frame: FrameType | None) -> None:
        # A signal may come while the loop holds a lock that `tell` needs: so later, and not here.
        loop.call_soon_threadsafe(tell)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for each, handler in before.items():
        if callable(handler):
            server = getattr(handler, "__self__", None)
            if (config := getattr(server, "config", None)) is not None:
                config.timeout_graceful_shutdown = config.timeout_graceful_shutdown or PATIENCE
            signal.signal(each, end)
    try:
        yield
    finally:
        for each, handler in before.items():
            if signal.getsignal(each) is end:
                signal.signal(each, handler)
