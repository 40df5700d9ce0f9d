"""From a stream's thread to its readers.

The stream's thread puts a reference into a queue, which costs it a microsecond however many read.
A thread of the feed's own takes it from there to the readers; it lives as long as anybody reads.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TypeVar

from emotion_core.live.streams.frames import SharedFrame
from emotion_core.live.streams.readers import Reader

R = TypeVar("R", bound=Reader)


class FrameFeed:
    """Hands frames to readers; all of it may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handing_out: _HandingOut | None = None

    @property
    def readers(self) -> int:
        """How many read."""
        handing_out = self._handing_out
        return 0 if handing_out is None else len(handing_out.readers)

    @property
    def wanted(self) -> bool:
        """Whether anybody reads."""
        return self._handing_out is not None

    def put(self, frame: SharedFrame) -> None:
        """Take a frame; never waits."""
        if (handing_out := self._handing_out) is not None:
            handing_out.queue.put(frame)

    def join(self, reader: R) -> R:
        """Let ``reader`` have every frame from now on, and return it."""
        with self._lock:
            if self._handing_out is None:
                self._handing_out = _HandingOut()
            self._handing_out.readers = (*self._handing_out.readers, reader)
        return reader

    def leave(self, reader: Reader) -> None:
        """Let ``reader`` have no more frames."""
        with self._lock:
            if (handing_out := self._handing_out) is None:
                return
            handing_out.readers = tuple(each for each in handing_out.readers if each is not reader)
            if not handing_out.readers:
                self._handing_out = None
                handing_out.queue.put(None)

    def end(self, reason: str) -> None:
        """Tell all readers, after the frames that are on their way, that no more come."""
        with self._lock:
            handing_out, self._handing_out = self._handing_out, None
        if handing_out is not None:
            handing_out.queue.put(reason)


class _HandingOut:
    """The thread from a first reader to the last one."""

    def __init__(self) -> None:
        # Exchanged as a whole, so that the thread goes through them without a lock.
        self.readers: tuple[Reader, ...] = ()
        self.queue: SimpleQueue[SharedFrame | str | None] = SimpleQueue()
        threading.Thread(target=self._run, name="live-stream-feed", daemon=True).start()

    def _run(self) -> None:
        while isinstance(news := self.queue.get(), SharedFrame):
            for reader in self.readers:
                reader.offer(news)
        if news is not None:
            for reader in self.readers:
                reader.end(news)
