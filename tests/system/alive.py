"""Whether a process is there."""

from __future__ import annotations

import os
import time


def is_alive(pid: int) -> bool:
    """Whether there is such a process, or what is left of one that nobody took note of."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 30
    while is_alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)
