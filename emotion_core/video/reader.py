"""Plays a video source in a thread of its own and keeps its newest frame at hand."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, Self

import av

from emotion_core.errors import SourceError, SourceLostError
from emotion_core.video.apart import Decoder
from emotion_core.video.opening import OpenVideo, open_source
from emotion_core.video.sources import VideoSource

_LOGGER = logging.getLogger(__name__)

#: Seconds to wait before a lost camera is tried again; each wait is twice the one before.
FIRST_WAIT: Final = 1.0
#: The longest such wait.
LONGEST_WAIT: Final = 30.0

# A face is read 30 times a second at most. Below this, every second frame of a video with 60 frames
# a second is left out, and none of a camera that sends its 30 a little unevenly.
_SHORTEST_STEP: Final = 1 / 45
# A video that is further ahead or behind has jumped, or this machine cannot keep up with it.
_MOST_AHEAD: Final = 10.0
_MOST_BEHIND: Final = 1.0
# What WebRTC counts video in.
_TIME_BASE: Final = Fraction(1, 90_000)

Phase = Literal["opening", "playing", "lost", "ended", "failed"]


@dataclass(frozen=True)
class SourceState:
    """How a source is doing.

    Attributes:
        phase: ``lost`` is tried again; ``ended`` and ``failed`` are not.
        problem: What went wrong, on one line; after ``ended``, what was wrong with the video.
        next_try: When a lost camera is tried again, in seconds of the reader's clock.
    """

    phase: Phase = "opening"
    problem: str = ""
    next_try: float | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.phase in ("ended", "failed")


class SourceReader:
    """Reads one source from `start` to `request_stop`; cameras that are lost are tried again.

    Only the newest frame is kept: who takes frames too slowly misses some. Files play as fast as
    they were filmed.

    Args:
        source: What to play.
        loop: Whether a video starts again at its end; may be changed at any time from any thread.
        notify: Called in the reader's thread when there is a new frame, and when it is all over.
        clock: Seconds from any fixed point, never going back.
        opener: Opens the source.
    """

    def __init__(
        self,
        source: VideoSource,
        *,
        loop: bool = False,
        notify: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        opener: Callable[[VideoSource, Decoder], AbstractContextManager[OpenVideo]] = open_source,
    ) -> None:
        self.loop = loop
        self.notify = notify
        self._clock = clock
        self._open = opener
        self._lock = threading.Lock()
        self._newest: av.VideoFrame | None = None
        self._state = SourceState()
        self._started = clock()
        self._played_since_opening = False
        self._stopping = threading.Event()
        # The thread alone holds the source: an uploaded video goes when it has been played.
        self._thread = threading.Thread(
            target=self._run, args=(source,), name="video-source", daemon=True
        )

    @property
    def state(self) -> SourceState:
        """How the source is doing; safe to read from any thread."""
        return self._state

    def start(self) -> None:
        """Begin to read; may be called again, and does nothing once a stop was asked for."""
        if not self._stopping.is_set() and self._thread.ident is None:
            self._thread.start()

    def take(self) -> av.VideoFrame | None:
        """Return the newest frame, or None when it was taken already.

        Its time stamp says when it was due, in 1/90000 s since the reader was made.
        """
        with self._lock:
            frame, self._newest = self._newest, None
        return frame

    def request_stop(self) -> None:
        """Let the thread close the source and end; does not wait for it."""
        self._stopping.set()

    def stop(self) -> None:
        """Close the source and wait until the thread has ended.

        A camera of this machine that does not answer can hold this up for some seconds.
        """
        self.request_stop()
        if self._thread.ident is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, source: VideoSource) -> None:
        try:
            with Decoder(self._heed) as decoder:
                self._play_until_over(source, decoder)
        except _StoppedError:
            pass
        except SourceError as error:
            self._state = SourceState("failed", str(error))
        except Exception as error:
            _LOGGER.error("A video source failed.", exc_info=error)
            self._state = SourceState("failed", f"{type(error).__name__}; the log has more of it")
        self.notify()

    def _heed(self) -> None:
        if self._stopping.is_set():
            raise _StoppedError

    def _play_until_over(self, source: VideoSource, decoder: Decoder) -> None:
        wait = FIRST_WAIT
        while not self._stopping.is_set():
            self._played_since_opening = False
            try:
                complaint = self._play(source, decoder)
            except SourceLostError as lost:
                if self._played_since_opening:
                    wait = FIRST_WAIT
                self._state = SourceState("lost", str(lost), self._clock() + wait)
                self._stopping.wait(wait)
                wait = min(2 * wait, LONGEST_WAIT)
            else:
                if not self.loop and not self._stopping.is_set():
                    self._state = SourceState("ended", complaint)
                    return
                self._stopping.wait(_SHORTEST_STEP)  # the last frame is to be seen, too

    def _play(self, source: VideoSource, decoder: Decoder) -> str:
        """Play the source until it ends, is lost or a stop is asked for; return the complaint."""
        with self._open(source, decoder) as video:
            pace = _Pace(self._clock)
            for frame in video.frames():
                if self._stopping.is_set():
                    break
                if frame is not None:
                    self._show(frame, pace.due(frame.time if video.paced else None))
            return video.complaint

    def _show(self, frame: av.VideoFrame, due: float | None) -> None:
        """Make ``frame`` the newest one when it is due; None is a frame to leave out."""
        if due is None or self._stopping.wait(max(0.0, due - self._clock())):
            return
        frame.pts = round((due - self._started) / _TIME_BASE)
        frame.time_base = _TIME_BASE
        with self._lock:
            self._newest = frame
        self._played_since_opening = True
        if self._state.phase != "playing":
            self._state = SourceState("playing")
        self.notify()


class _StoppedError(Exception):
    """Nobody waits for the source any more."""


class _Pace:
    """Tells when frames are due, from their own times or from when they came."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._offset: float | None = None
        self._last = -1.0

    def due(self, seconds: float | None) -> float | None:
        """Return when to show the frame, on the clock; None when it is too soon after the last one.

        Args:
            seconds: the frame's own time; None when it is due as it comes.
        """
        now = due = self._clock()
        if seconds is not None:
            if self._offset is None or not (
                -_MOST_BEHIND < seconds + self._offset - now < _MOST_AHEAD
            ):
                self._offset = now - seconds
            due = seconds + self._offset
        if due - self._last < _SHORTEST_STEP:
            return None
        self._last = due
        return due
