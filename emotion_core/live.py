"""One live video stream: annotated frames out, one immutable picture of its state beside them.

The streaming library calls `LiveSession.on_frame` in a thread of its own; pages read
`LiveSession.snapshot` from theirs. Nothing else is shared.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import av
import numpy as np
import numpy.typing as npt

from emotion_core.analysis import FaceReading
from emotion_core.drawing import draw_faces

_LOGGER = logging.getLogger(__name__)

#: Rates and times describe the last few seconds: long enough to be steady, short enough to follow.
WINDOW_SECONDS = 3.0


class FrameDetector(Protocol):
    """What a live session needs of `emotion_core.analysis.EmotionDetector`."""

    def detect(self, image: npt.NDArray[np.uint8]) -> list[FaceReading]:
        """Return the faces in ``image`` (BGR uint8 ``[height, width, 3]``)."""


@dataclass(frozen=True)
class LiveSnapshot:
    """The state of a live stream after its newest frame; times are seconds of the session's clock.

    Attributes:
        faces: Readings of the newest frame, from left to right.
        width: Width of the newest frame in pixels, 0 before the first frame.
        height: Height of the newest frame in pixels, 0 before the first frame.
        frames: Frames seen since the session was made, over all its streams.
        frames_per_second: Rate at which the callback ran over the last seconds. Frames that the
            streaming library skipped because the callback was busy do not count.
        processing_ms_p50: Median time from receiving a frame to returning it, in milliseconds.
        processing_ms_p95: 95th percentile of the same.
        errors: Frames that could not be analysed and went back unchanged.
        last_error: What went wrong last, on one line; None when nothing did.
        last_error_time: When that was.
        last_frame_time: When the newest frame was finished; None while no stream runs.
    """

    faces: tuple[FaceReading, ...] = ()
    width: int = 0
    height: int = 0
    frames: int = 0
    frames_per_second: float = 0.0
    processing_ms_p50: float = 0.0
    processing_ms_p95: float = 0.0
    errors: int = 0
    last_error: str | None = None
    last_error_time: float | None = None
    last_frame_time: float | None = None


class LiveSession:
    """Finds and names the faces in every frame of one video stream.

    One session serves one viewer: its detector is used by the stream's thread alone. A session
    outlives the stream, so a viewer can stop and start again.

    Args:
        detector: Finds and names faces; must not be shared with another thread.
        clock: Seconds from any fixed point, never going back.
    """

    def __init__(
        self, detector: FrameDetector, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._detector = detector
        self._clock = clock
        self._timings: deque[tuple[float, float]] = deque()  # (finished at, seconds taken)
        self._logged_errors: set[type[Exception]] = set()
        self._lock = threading.Lock()
        self._snapshot = LiveSnapshot()

    @property
    def snapshot(self) -> LiveSnapshot:
        """The state after the newest frame; safe to read from any thread."""
        with self._lock:
            return self._snapshot

    def on_frame(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return ``frame`` with its faces drawn in, or unchanged when anything went wrong.

        Never raises: the streaming library ends the video at the first uncaught exception.

        Args:
            frame: A decoded frame of any size and pixel format; the size may change at any time.
        """
        started = self._clock()
        try:
            annotated, faces = self._annotate(frame)
        except Exception as error:  # noqa: BLE001 - see above
            self._swap(frame, (), started, error)
            return frame
        self._swap(frame, faces, started, None)
        return annotated

    def on_ended(self) -> None:
        """Forget the stream that ended; counts and the last error stay. May be called twice."""
        with self._lock:
            self._timings.clear()
            self._snapshot = LiveSnapshot(
                frames=self._snapshot.frames,
                errors=self._snapshot.errors,
                last_error=self._snapshot.last_error,
                last_error_time=self._snapshot.last_error_time,
            )

    def _annotate(self, frame: av.VideoFrame) -> tuple[av.VideoFrame, tuple[FaceReading, ...]]:
        image: npt.NDArray[Any] = frame.to_ndarray(format="bgr24")
        faces = sorted(self._detector.detect(image), key=lambda face: face.box.x)
        annotated = av.VideoFrame.from_ndarray(draw_faces(image, faces), format="bgr24")
        annotated.pts = frame.pts
        if frame.time_base is not None:
            annotated.time_base = frame.time_base
        return annotated, tuple(faces)

    def _swap(
        self,
        frame: av.VideoFrame,
        faces: tuple[FaceReading, ...],
        started: float,
        error: Exception | None,
    ) -> None:
        """Replace the snapshot by one that includes ``frame``."""
        finished = self._clock()
        with self._lock:
            self._timings.append((finished, finished - started))
            while self._timings[0][0] < finished - WINDOW_SECONDS:
                self._timings.popleft()
            milliseconds = sorted(1000 * seconds for _, seconds in self._timings)
            self._snapshot = replace(
                self._snapshot,
                faces=faces,
                width=frame.width,
                height=frame.height,
                frames=self._snapshot.frames + 1,
                frames_per_second=_rate([time for time, _ in self._timings]),
                processing_ms_p50=_percentile(milliseconds, 0.5),
                processing_ms_p95=_percentile(milliseconds, 0.95),
                last_frame_time=finished,
            )
            if error is not None:
                self._snapshot = replace(
                    self._snapshot,
                    errors=self._snapshot.errors + 1,
                    last_error=_one_line(error),
                    last_error_time=finished,
                )
        if error is not None:
            self._log_once(error)

    def _log_once(self, error: Exception) -> None:
        """Log the first error of its kind: at 30 frames a second, a log of all helps nobody."""
        if type(error) not in self._logged_errors:
            self._logged_errors.add(type(error))
            _LOGGER.error("A frame could not be analysed; the video goes on.", exc_info=error)


def _rate(times: Sequence[float]) -> float:
    """Return events per second from the times of at least two events, else 0."""
    if len(times) < 2 or times[-1] <= times[0]:
        return 0.0
    return (len(times) - 1) / (times[-1] - times[0])


def _percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value with ``share`` of the ``ordered`` values (at least one) up to it."""
    return ordered[round(share * (len(ordered) - 1))]


def _one_line(error: Exception) -> str:
    """Return the error's kind and message on one line of bounded length."""
    text = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    return text if len(text) <= 300 else text[:299] + "…"
