"""How much of this machine's processor there is, and how much of it is taken."""

from __future__ import annotations

import functools
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_STAT: Final = Path("/proc/stat")
_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")
# Columns of /proc/stat after its first word, proc(5). Idle time is no load, and what runs with a
# low priority, as trainings of this app do, gives way to video.
_NICE, _IDLE, _IO_WAIT, _STEAL = 1, 3, 4, 7


@dataclass(frozen=True)
class Load:
    """Time that the processor has spent, all in seconds since some moment in the past.

    Attributes:
        at: the time, on a clock that never goes back.
        process: of all cores together, for this process.
        machine: for all processes of at least usual priority, this one included; None where the
            system does not tell (it does on Linux).
    """

    at: float
    process: float
    machine: float | None


def read_load() -> Load:
    """Return what the processor has spent up to now."""
    return Load(time.monotonic(), time.process_time(), _machine_seconds())


def _machine_seconds() -> float | None:
    try:
        with _STAT.open("rb") as file:
            spent = [int(ticks) for ticks in file.readline().split()[1:]]
        taken = sum(spent[: _STEAL + 1]) - spent[_NICE] - spent[_IDLE] - spent[_IO_WAIT]
        return taken / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


@functools.cache
def usable_cores() -> float:
    """Return how many cores this process may use, which a container may limit to a part of one."""
    if hasattr(os, "sched_getaffinity"):
        cores = float(len(os.sched_getaffinity(0)))
    else:
        cores = float(os.cpu_count() or 1)
    try:
        quota, period = _QUOTA.read_text("ascii").split()
        return min(cores, int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):  # no such file, or "max"
        return cores
