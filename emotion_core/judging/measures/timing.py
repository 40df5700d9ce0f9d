"""Times of calls that take turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping


def time_in_turn(runners: Mapping[str, Callable[[], object]], faces: int) -> dict[str, list[float]]:
    """Return the milliseconds of each call of each runner; they take turns."""
    times: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(faces):
        for name, run in runners.items():
            start = time.perf_counter()
            run()
            times[name].append(1000 * (time.perf_counter() - start))
    return times
