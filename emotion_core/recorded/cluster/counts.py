"""How Ray counts the work: the figures of its dashboard, for our line about the progress."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from emotion_core.quantities import counted

_LOGGER = logging.getLogger(__name__)

#: Ray's name of the actor's method that reads a segment: a row of its dashboard.
READING: Final = "Reader.read"

# Seconds between two questions, and for an answer; how many parts Ray tells of.
_ASK_EVERY: Final = 10.0
_PATIENCE: Final = 10
_MOST: Final = 10_000


@dataclass(frozen=True)
class Counted:
    """What Ray knew when it was asked last.

    Attributes:
        nodes: machines that are there.
        read: segments that are read.
        reading: segments that are being read.
    """

    nodes: int
    read: int
    reading: int

    def __str__(self) -> str:
        read = f"{counted(self.read, 'segment')} read, {self.reading} being read"
        return f"{counted(self.nodes, 'node')}, {read}"


class Counts:
    """Asks the cluster how far the work is, in a thread of its own.

    Ray's state API tells of 10,000 parts at most, and of none where the dashboard is off: there is
    no count then.

    Args:
        ray: the module, connected.
    """

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._counted: Counted | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="ray-counts", daemon=True)
        self._thread.start()

    def told(self) -> str:
        """Return the counts in words; "" while there are none."""
        return "" if self._counted is None else str(self._counted)

    def close(self) -> None:
        """Ask no more."""
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        try:
            while not self._ended.wait(_ASK_EVERY if self._counted else 1.0):
                self._counted = count(self._ray)
        except Exception as error:
            _LOGGER.warning("Ray no longer tells how far it is.", exc_info=error)
            self._counted = None


def count(ray: Any) -> Counted:
    """Return how far the work of this driver is, by Ray's state API.

    Args:
        ray: the module, connected.

    Raises:
        Exception: there is no dashboard, it does not answer, or there is more than it tells.
    """
    from ray.util.state import list_tasks

    nodes = sum(node["Alive"] for node in ray.nodes())
    context = ray.get_runtime_context()
    tasks = list_tasks(
        context.gcs_address,
        filters=[("job_id", "=", context.get_job_id()), ("func_or_class_name", "=", READING)],
        limit=_MOST,
        timeout=_PATIENCE,
        raise_on_missing_output=True,
    )
    states = Counter(task["state"] for task in tasks)
    return Counted(nodes, states["FINISHED"], states["RUNNING"])
