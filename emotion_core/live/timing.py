"""How a live stream keeps up: its rate, what a frame costs, what was skipped, how late it is."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: Rates and times describe the last few seconds: long enough to be steady, short enough to follow.
WINDOW_SECONDS: Final = 3.0

# The quickest frame of so many seconds is what the others' delay is measured from. Clocks of camera
# and computer drift apart by some milliseconds in that time, not more.
_BASELINE_SECONDS: Final = 60.0
# A frame that is later than the quickest by so many seconds is late.
_LATE_SECONDS: Final = 0.1
# The processor is short where the work on a frame takes so many times as long as its own time, of
# which the newest frame's has this weight.
_STRETCHED: Final = 1.5
_NEWEST: Final = 0.1
# Seconds after which a frame is read however late it is: two and a half of a slow camera's.
_READ_AGAIN_AFTER: Final = 0.17
# A longer gap between two frames is a pause of the camera and no row of skipped frames.
_PAUSE_SECONDS: Final = 2.0


@dataclass(frozen=True)
class StreamFigures:
    """What the page shows of a stream.

    Attributes:
        frames_per_second: frames that were processed, a second.
        processing_ms_p50: median time from taking a frame to returning it, in milliseconds.
        processing_ms_p95: 95th percentile of the same.
        skipped: frames of the camera, since the stream began, that were not processed because a
            newer one was there or because they got lost on the way.
        delay_ms: median of how much later frames were ready than the quickest one of the last
            minute was taken, in milliseconds: what waiting and processing in this process add to
            the delay. It grows when frames queue up.
    """

    frames_per_second: float = 0.0
    processing_ms_p50: float = 0.0
    processing_ms_p95: float = 0.0
    skipped: int = 0
    delay_ms: float = 0.0


@dataclass(frozen=True)
class _Frame:
    taken: float
    ready: float
    lag: float  # on an unknown scale: how long after the camera's own time the frame was taken


class StreamTiming:
    """Measures one stream from the times of its frames; not thread-safe."""

    def __init__(self) -> None:
        self._frames: deque[_Frame] = deque()
        self._steps: deque[float] = deque(maxlen=30)
        self._quickest: deque[tuple[float, float]] = deque()  # (taken, lag), lags increasing
        self._last: float | None = None
        self._skipped = 0

    def note(self, camera: float | None, taken: float, ready: float) -> None:
        """Take in one frame.

        Args:
            camera: the frame's own time in seconds on a clock of its own; None when it has none.
            taken: when processing began, in seconds.
            ready: when it ended.
        """
        lag = 0.0 if camera is None else taken - camera
        if camera is not None:
            self._count_skipped(camera)
        self._frames.append(_Frame(taken, ready, lag))
        while self._frames[0].ready < ready - WINDOW_SECONDS:
            self._frames.popleft()
        while self._quickest and self._quickest[-1][1] >= lag:
            self._quickest.pop()
        self._quickest.append((taken, lag))
        while self._quickest[0][0] < taken - _BASELINE_SECONDS:
            self._quickest.popleft()

    def late(self, camera: float | None, taken: float) -> float:
        """Return how many seconds later than the quickest of the last minute a frame was taken."""
        if camera is None or not self._quickest:
            return 0.0
        return max(0.0, taken - camera - self._quickest[0][1])

    def _count_skipped(self, camera: float) -> None:
        step = camera - self._last if self._last is not None else 0.0
        self._last = camera
        if not 0 < step < _PAUSE_SECONDS:
            return
        self._steps.append(step)
        # The shortest steps are those of the camera; the longer ones have frames missing.
        usual = statistics.quantiles(self._steps, n=10)[0] if len(self._steps) > 4 else step
        self._skipped += max(0, round(step / usual) - 1)

    def figures(self) -> StreamFigures:
        """Return the figures after the newest frame."""
        if not self._frames:
            return StreamFigures()
        spent = sorted(1000 * (frame.ready - frame.taken) for frame in self._frames)
        baseline = self._quickest[0][1]
        delays = sorted(
            1000 * (frame.lag - baseline + frame.ready - frame.taken) for frame in self._frames
        )
        return StreamFigures(
            frames_per_second=_rate([frame.ready for frame in self._frames]),
            processing_ms_p50=_percentile(spent, 0.5),
            processing_ms_p95=_percentile(spent, 0.95),
            skipped=self._skipped,
            delay_ms=_percentile(delays, 0.5),
        )


class ReadingPace:
    """Says which frames are read: all, or fewer while the processor cannot keep up.

    What is late because of the network would not come sooner. So it also counts whether the work on
    a frame takes longer than the processor's own time for it; not thread-safe.
    """

    def __init__(self) -> None:
        self._stretch = 1.0
        self._read_at: float | None = None

    def note(self, seconds: float, processor_seconds: float) -> None:
        """Take in how long the work on a frame took, and the processor's share of that."""
        if processor_seconds > 0:
            self._stretch += _NEWEST * (seconds / processor_seconds - self._stretch)

    def reads(self, now: float, late: float) -> bool:
        """Tell whether to read the frame at ``now`` that is ``late`` by so many seconds."""
        behind = late > _LATE_SECONDS and self._stretch > _STRETCHED
        newly_read = self._read_at is not None and now - self._read_at < _READ_AGAIN_AFTER
        if behind and newly_read:
            return False
        self._read_at = now
        return True


def _rate(times: Sequence[float]) -> float:
    """Return events per second from the times of at least two events, else 0."""
    if len(times) < 2 or times[-1] <= times[0]:
        return 0.0
    return (len(times) - 1) / (times[-1] - times[0])


def _percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value with ``share`` of the ``ordered`` values (at least one) up to it."""
    return ordered[round(share * (len(ordered) - 1))]
