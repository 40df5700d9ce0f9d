"""Keeps Python's garbage collector from holding up the video."""

from __future__ import annotations

import functools
import gc
import time
from typing import Any, Final

#: A full collection that takes longer is felt: a frame comes every 33 ms, and nothing else runs.
LONG_COLLECTION_SECONDS: Final = 0.01


class LongCollectionWatch:
    """Sets aside, after a full collection that took long, all that has survived it.

    Streamlit collects after every run of a script, on the live page twice a second. With the
    libraries of this app imported each collection takes several frames' time, in which no thread
    runs: no frame moves, and the browser delays the video by as much from then on. What was set
    aside is not looked through again. `collect_all` looks through all.
    """

    def __init__(self) -> None:
        self._started = 0.0

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        """Take note of a collection; an entry of `gc.callbacks`."""
        if phase == "start":
            self._started = time.perf_counter()
            return
        seconds = time.perf_counter() - self._started
        if info["generation"] == 2 and seconds > LONG_COLLECTION_SECONDS:
            gc.freeze()  # here, before a thread makes something that will soon be garbage


@functools.cache
def watch_for_long_collections() -> None:
    """Let a `LongCollectionWatch` follow the collections of this process from now on."""
    gc.callbacks.append(LongCollectionWatch())


def collect_all() -> None:
    """Collect also what was set aside and has become garbage since. Takes 0.1 s or more."""
    gc.unfreeze()
    gc.collect()
