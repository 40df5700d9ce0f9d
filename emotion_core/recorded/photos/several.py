"""Several photos at a time: what reads them keeps to one core each."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

# More would hold more large pictures in memory.
_MOST: Final = 4

_Item = TypeVar("_Item")
_Read = TypeVar("_Read")


def several(
    items: Iterable[_Item], read: Callable[[_Item], _Read], threads: int | None = None
) -> Generator[tuple[_Item, Callable[[], _Read]]]:
    """Yield all items in their order, each with what returns, or raises, what reading it came to.

    No more are read ahead than there are threads. Who takes no more, and closes this, waits for
    those that are being read.

    Args:
        items: whatever is to be read.
        read: reads one, in one of several threads.
        threads: how many; one a core when left out, but at most four.
    """
    threads = threads or min(_MOST, os.cpu_count() or 1)
    waiting: deque[tuple[_Item, Future[_Read]]] = deque()
    pool = ThreadPoolExecutor(threads, "photos")
    try:
        for item in items:
            waiting.append((item, pool.submit(read, item)))
            if len(waiting) > threads:
                first, future = waiting.popleft()
                yield first, future.result
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result
    finally:
        pool.shutdown(cancel_futures=True)
