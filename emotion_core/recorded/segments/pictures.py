"""The frames of a video file with their times, decoded while the ones before are being read."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from emotion_core.video.apart import Decoder
from emotion_core.video.frames import gray_picture_of, pictures_of
from emotion_core.video.sources import FileFacts, VideoFile

# Pictures that wait to be read; as many again are on their way.
_AHEAD: Final = 4
# Frames whose times are this close to what is wanted are not early.
_ROUNDING: Final = 1e-6


@dataclass(frozen=True, eq=False)
class Picture:
    """One frame.

    Attributes:
        time: when it is shown, in seconds from the start of the video.
        gray: uint8 ``[height, width]``.
        frame: the same as it was decoded.
    """

    time: float
    gray: NDArray[np.uint8]
    frame: av.VideoFrame

    def coloured(self) -> NDArray[np.uint8]:
        """Return the picture in colour, BGR uint8 ``[height, width, 3]``."""
        return pictures_of(self.frame)[0]


class OpenedFile:
    """A video file that is being read; for one thread, which closes it.

    Args:
        decoder: the process that decodes it.
        source: the file.
        start: seconds after its start from which on frames are wanted.
        step: seconds between two frames, at least; those between are left out. It leaves out the
            same ones wherever it begins.

    Attributes:
        facts: what the file's header says.
        complaint: what was wrong with a video that was read to its end all the same, or "".

    Raises:
        SourceError: there is no video.
    """

    def __init__(
        self, decoder: Decoder, source: VideoFile, start: float = 0.0, step: float = 0.0
    ) -> None:
        self.complaint = ""
        self._start, self._step = start, step
        self._context = decoder.open(source, start)
        self._video = self._context.__enter__()
        self.facts: FileFacts = self._video.facts

    def close(self) -> None:
        """Let go of the file."""
        self._context.__exit__(None, None, None)

    def pictures(self) -> Generator[Picture]:
        """Yield the frames in the order of their times.

        Raises:
            SourceError: it cannot be read any further.
        """
        with closing(_Ahead(self._decoded())) as ahead:
            yield from ahead.items()

    def _decoded(self) -> Iterator[Picture]:
        last, tick = -math.inf, -math.inf
        for frame in self._video.frames():
            if frame is None:
                continue
            time = self._time_of(frame, last)
            if self._step:
                this_tick = math.floor(time / self._step + _ROUNDING)
                if this_tick == tick:
                    continue
                tick = this_tick
            last = time
            yield Picture(time, gray_picture_of(frame), frame)
        self.complaint = self._video.complaint

    def _time_of(self, frame: av.VideoFrame, last: float) -> float:
        """Return a frame's time; one that says none, or goes back, follows the one before."""
        if frame.pts is not None:
            return max(frame.time - self.facts.origin, last, self._start)
        return self._start if last < 0 else last + 1 / (self.facts.rate or 30)


class _Ahead:
    """Takes items from an iterator in a thread of its own, some ahead."""

    def __init__(self, iterator: Iterator[Picture]) -> None:
        self._iterator = iterator
        self._waiting: queue.Queue[Picture | BaseException | None] = queue.Queue(_AHEAD)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pictures", daemon=True)
        self._thread.start()

    def items(self) -> Iterator[Picture]:
        """Yield the items; raise what the iterator raised."""
        while (item := self._waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def close(self) -> None:
        """Take no more items, and wait until none is being taken."""
        self._closing.set()
        while self._thread.is_alive():
            try:
                self._waiting.get(timeout=0.05)
            except queue.Empty:
                continue

    def _run(self) -> None:
        last: BaseException | None = None
        try:
            for item in self._iterator:
                self._waiting.put(item)
                if self._closing.is_set():
                    break
        except BaseException as error:  # noqa: BLE001 - raised where the items are taken
            last = error
        self._waiting.put(last)
