"""What a process takes of the machine, told by itself."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_MEGABYTE = 1 << 20


class Usage:
    """Measures this process: processor time since the last look, and memory now."""

    def __init__(self) -> None:
        self._wall = time.monotonic()
        self._processor = time.process_time()

    def cpu_percent(self) -> float:
        """Return the share of one core since the last call, in percent; two full cores are 200."""
        wall, processor = time.monotonic(), time.process_time()
        share = (processor - self._processor) / max(wall - self._wall, 1e-6)
        self._wall, self._processor = wall, processor
        return 100 * share


def memory_mb() -> float:
    """Return this process's resident memory in MB; its peak where only that is known, else 0."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE
    except (OSError, ValueError, AttributeError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _MEGABYTE if sys.platform == "darwin" else peak / 1024
