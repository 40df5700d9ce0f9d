"""How many viewers this process serves, from what one costs and what the processor has left.

The figure is measured, on the machine that the app runs on and while it runs:

- what one viewer costs, by what this process spends while some are there (`cost`);
- what other processes leave it;
- whether those who are served are served in time. If not, nobody else gets a place, whatever the
  first two say.

Whoever runs the app may set another figure (`limit`), which is then the one that counts.
"""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from emotion_core.live.places.cost import Seen, ViewerCost
from emotion_core.live.places.line import Line, Turn
from emotion_core.live.places.load import Load, read_load, usable_cores
from emotion_core.live.session import LiveSession

#: The share of the cores that viewers may take: with more, waiting grows out of proportion.
USABLE_SHARE: Final = 0.85
#: Frames that are this much later than the quickest, in milliseconds, are not in time.
LATE_MS: Final = 250.0


@dataclass(frozen=True)
class LiveCapacity:
    """How many viewers this process serves, and how many there are.

    Attributes:
        viewers: who streams, or is about to start.
        waiting: who waits for a place.
        limit: how many may stream at a time, as things are.
        measured: how many the machine can serve, by what was measured; None before anything was.
        set_to: the limit that whoever runs the app has set; None where they have not.
        cores: that this process may use.
        others: cores that other processes take.
        cores_a_viewer: what one viewer costs; None before anything was measured.
        with_viewers: whether that was measured with viewers; before the first, one frame is tried.
        late: whether those who are there do not get their frames in time.
        mean_stay: how long viewers stay, in seconds; None before one has left.
    """

    viewers: int
    waiting: int
    limit: int
    measured: int | None
    set_to: int | None
    cores: float
    others: float
    cores_a_viewer: float | None
    with_viewers: bool
    late: bool
    mean_stay: float | None


class Places:
    """The places of this process; may be used from any thread.

    Args:
        line: who has one and who waits.
        load: tells what the processor has spent.
        cores: that may be used.
    """

    def __init__(
        self,
        line: Line | None = None,
        load: Callable[[], Load] = read_load,
        cores: Callable[[], float] = usable_cores,
    ) -> None:
        self.line = line or Line()
        #: What whoever runs the app has set; None where they have not.
        self.set_to: int | None = None
        self._load = load
        self._cores = cores
        self._cost = ViewerCost()
        self._late = False
        self._lock = threading.Lock()

    @property
    def tried_out(self) -> bool:
        """Whether anything is known of what a viewer costs."""
        return self._cost.cores is not None

    def note_trial(self, seconds_a_frame: float) -> None:
        """Take what one frame cost; see `emotion_core.live.places.cost.try_out`."""
        with self._lock:
            self._cost.note_trial(seconds_a_frame)

    def look(self, session: LiveSession) -> Turn:
        """Return how a viewer stands; see `Line.look`."""
        return self.line.look(session, self.capacity().limit)

    def ask(self, session: LiveSession) -> Turn:
        """Give a viewer a place, or let them wait; see `Line.ask`."""
        return self.line.ask(session, self.capacity().limit)

    def capacity(self) -> LiveCapacity:
        """Return how many viewers are served, and can be."""
        self._measure()
        taken, cost, cores = self.line.taken, self._cost.cores, self._cores()
        measured = None
        if cost is not None:
            left = USABLE_SHARE * (cores - self._cost.others)
            measured = max(1, int(left / cost) if cost > 0 else 1)
            if self._late:
                measured = max(1, min(measured, taken))
        limit = self.set_to or measured or max(1, taken)
        return LiveCapacity(
            viewers=taken,
            waiting=self.line.waiting,
            limit=limit,
            measured=measured,
            set_to=self.set_to,
            cores=cores,
            others=self._cost.others,
            cores_a_viewer=cost,
            with_viewers=self._cost.is_measured,
            late=self._late,
            mean_stay=self.line.mean_stay,
        )

    def _measure(self) -> None:
        sessions = [each for each in self.line.streaming() if isinstance(each, LiveSession)]
        snapshots = [session.snapshot for session in sessions]
        seen = Seen(
            len(snapshots),
            sum(snapshot.frames for snapshot in snapshots),
            sum(snapshot.stream.skipped for snapshot in snapshots),
        )
        delays = [snapshot.stream.delay_ms for snapshot in snapshots]
        with self._lock:
            self._late = bool(delays) and statistics.median(delays) > LATE_MS
            self._cost.note(self._load(), seen)


#: Those of this process.
PLACES: Final = Places()


def live_capacity() -> LiveCapacity:
    """Return how many live viewers this process serves, and how many there are and wait."""
    return PLACES.capacity()
