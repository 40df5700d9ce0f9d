"""What one viewer costs: tried out before the first, measured as soon as there is one."""

from __future__ import annotations

import statistics
import time
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
import numpy as np

from emotion_core.live.parts import FrameReader
from emotion_core.live.places.load import Load
from emotion_core.live.settings import LiveSettings
from emotion_core.video.frames import frame_of, pictures_of

#: Frames a second that a camera is asked for, and that are reckoned with until one was measured.
USUAL_RATE: Final = 30.0

_SIZE: Final = (640, 480)
_TRIED: Final = 8
# The first ones load what the others find loaded.
_LEFT_OUT: Final = 2

# Measured over so many seconds each time, and the middle one of so many counts: an hour ago the
# machine may have been another one.
_WINDOW_SECONDS: Final = 5.0
_WINDOWS: Final = 60
# Others' load changes by its last half minute, not with every click.
_NEWEST: Final = 0.15


@dataclass(frozen=True)
class Seen:
    """What all streams together have come to; a stream that has ended is in none of it.

    Attributes:
        viewers: streams that run.
        frames: frames that they have processed since each began.
        skipped: frames of their cameras that were not.
    """

    viewers: int
    frames: int
    skipped: int


def try_out(reader: FrameReader) -> float:
    """Return the processor's seconds for one frame: decoded, read, encoded.

    Nobody is in the picture, so it is the least that a frame costs.

    Args:
        reader: a viewer's, before its first frame; reset afterwards.
    """
    settings = LiveSettings()
    width, height = _SIZE
    encoder, decoder = _encoder(), av.CodecContext.create("libvpx", "r")
    random = np.random.default_rng(0)
    coarse = random.integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    still = coarse.repeat(8, axis=0).repeat(8, axis=1)
    spent = []
    for number in range(_TRIED):
        frame = av.VideoFrame.from_ndarray(np.roll(still, 3 * number, axis=1), format="bgr24")
        frame = frame.reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, round(USUAL_RATE))
        began = time.thread_time()
        for packet in encoder.encode(frame):
            decoder.decode(packet)
        image, gray = pictures_of(frame)
        now = number / USUAL_RATE
        reader.read(gray, now, settings.smoothing_seconds, settings.smallest_face, image)
        frame_of(image, frame)
        spent.append(time.thread_time() - began)
    reader.reset()
    return statistics.mean(spent[_LEFT_OUT:])


def _encoder() -> av.VideoCodecContext:
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height = _SIZE
    codec.pix_fmt, codec.bit_rate, codec.thread_count = "yuv420p", 1_000_000, 1
    codec.time_base = Fraction(1, round(USUAL_RATE))
    codec.options = {"deadline": "realtime", "cpu-used": "-12", "lag-in-frames": "0"}
    return codec


class ViewerCost:
    """Measures what a viewer costs, from what the process spends while some are there.

    All else that the process does at that time counts as well; it is not thread-safe.
    """

    def __init__(self) -> None:
        self._tried: float | None = None
        self._measured: deque[float] = deque(maxlen=_WINDOWS)
        self._last: tuple[Load, Seen] | None = None
        self._others: float | None = None

    @property
    def cores(self) -> float | None:
        """Cores that one viewer takes; None before anything is known."""
        if self._measured:
            return statistics.median(self._measured)
        return None if self._tried is None else self._tried * USUAL_RATE

    @property
    def is_measured(self) -> bool:
        """Whether it was measured with viewers, and not tried out."""
        return bool(self._measured)

    @property
    def others(self) -> float:
        """Cores that other processes of this machine take, of late."""
        return self._others or 0.0

    def note_trial(self, seconds_a_frame: float) -> None:
        """Take what a frame cost, see `try_out`, for as long as nothing was measured."""
        self._tried = seconds_a_frame

    def note(self, load: Load, seen: Seen) -> None:
        """Take in how things are; to be called every second or so."""
        if self._last is None:
            self._last = load, seen
            return
        before, was = self._last
        seconds = load.at - before.at
        if seconds < _WINDOW_SECONDS:
            return
        self._last = load, seen
        process = (load.process - before.process) / seconds
        if load.machine is not None and before.machine is not None:
            others = max(0.0, (load.machine - before.machine) / seconds - process)
            smooth = others if self._others is None else self._others
            self._others = smooth + _NEWEST * (others - smooth)
        if seen.viewers != was.viewers or not seen.viewers or seconds > 3 * _WINDOW_SECONDS:
            return
        frames, skipped = seen.frames - was.frames, seen.skipped - was.skipped
        if frames <= 0 or skipped < 0:  # one has left as another came
            return
        # Frames that were skipped cost nothing, and would if there were room.
        share_read = frames / (frames + skipped)
        self._measured.append(process / seen.viewers / share_read)
