"""Who reads a stream: each at its own pace, and none in the way of the video or of another.

Frames wait in a row of bounded length. A reader that is too slow loses the oldest, and is told how
many with the next.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self

from emotion_core.live.streams.frames import SharedFrame
from emotion_core.live.streams.messages import FrameMessage

#: Frames that wait for one reader at most: a second of video.
MOST_WAITING: Final = 30


@dataclass(frozen=True)
class Delivery:
    """A frame as one reader gets it.

    Attributes:
        frame: shared with the other readers.
        dropped: frames that this reader lost since its last one.
    """

    frame: SharedFrame
    dropped: int

    @property
    def message(self) -> FrameMessage:
        """What is told of the frame."""
        return replace(self.frame.message, dropped=self.dropped)

    @property
    def json(self) -> str:
        """The same as JSON, on one line."""
        return self.frame.json(self.dropped)


class Reader:
    """One reader's place in a stream; made by `LiveStream.read`, and closed by whoever asked.

    `next` waits in a thread; `AsyncReader` has the same for asyncio.

    Args:
        rate: frames a second at most; None for all.
        on_close: called once, when it is closed.
        most_waiting: frames that wait at most, 1 or more.
    """

    def __init__(
        self,
        rate: float | None,
        on_close: Callable[[Reader], None],
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._most_waiting = most_waiting
        self._step = 0.0 if rate is None else 1 / rate
        self._due: float | None = None
        self._on_close = on_close
        self._lock = threading.Lock()
        self._waiting: deque[SharedFrame] = deque()
        self._dropped = 0
        self._end: str | None = None
        self._closed = False
        self._news = threading.Event()

    @property
    def ended(self) -> str | None:
        """Why no frame comes any more, in a sentence; None while one may, or one still waits."""
        with self._lock:
            return None if self._waiting else self._end

    @property
    def over(self) -> str | None:
        """The same, but also while a frame still waits."""
        return self._end

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Read no more; may be called from any thread, and twice."""
        with self._lock:
            closed, self._closed = self._closed, True
            self._waiting.clear()
        if not closed:
            self._on_close(self)

    def next(self, timeout: float) -> Delivery | None:
        """Return the next frame; None when the stream has ended, or none came in time.

        Args:
            timeout: seconds to wait at most.
        """
        until = time.monotonic() + timeout
        while True:
            self._news.clear()
            if (found := self.take()) is not None or self.ended is not None:
                return found
            if not self._news.wait(max(0.0, until - time.monotonic())):
                return self.take()

    def take(self) -> Delivery | None:
        """Return the next frame if one waits; waits for none."""
        with self._lock:
            if not self._waiting:
                return None
            dropped, self._dropped = self._dropped, 0
            return Delivery(self._waiting.popleft(), dropped)

    def offer(self, frame: SharedFrame) -> None:
        """Let a frame wait for this reader; called by the one thread that hands frames out."""
        with self._lock:
            if self._closed or not self._is_due(frame.time):
                return
            if len(self._waiting) >= self._most_waiting:
                self._waiting.popleft()
                self._dropped += 1
            self._waiting.append(frame)
        self._wake()

    def end(self, reason: str) -> None:
        """Let the reader know, after the frames that wait, that no more come."""
        with self._lock:
            self._end = self._end or reason
        self._wake()

    def _is_due(self, now: float) -> bool:
        """Tell whether a frame of this time is one of those asked for, and count on from it."""
        if not self._step:
            return True
        if self._due is None:
            self._due = now
        if now < self._due:
            return False
        # On the average of the rate, however frames and rate lie to each other; but after a pause
        # nothing is made up for.
        due = self._due + self._step
        self._due = due if due > now else now + self._step
        return True

    def _wake(self) -> None:
        self._news.set()


class AsyncReader(Reader):
    """A reader in the running event loop; to be made there."""

    def __init__(
        self,
        rate: float | None,
        on_close: Callable[[Reader], None],
        most_waiting: int = MOST_WAITING,
    ) -> None:
        super().__init__(rate, on_close, most_waiting)
        self._loop = asyncio.get_running_loop()
        self._here = asyncio.Event()
        self._asked = False

    async def next_here(self, timeout: float) -> Delivery | None:
        """Return the next frame; None when the stream has ended, or none came in time.

        Args:
            timeout: seconds to wait at most.
        """
        self._here.clear()
        self._asked = True
        try:
            if (found := self.take()) is not None or self.ended is not None:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._here.wait()
            return self.take()
        finally:
            self._asked = False

    def _wake(self) -> None:
        # Nobody is woken who is busy, as one whose network is slow: they look by themselves.
        if self._asked:
            self._asked = False
            with suppress(RuntimeError):  # the server is ending, and its loop is closed
                self._loop.call_soon_threadsafe(self._here.set)
