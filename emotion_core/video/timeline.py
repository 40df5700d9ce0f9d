"""When each frame of a video file is shown: by the file's own clock, and never backwards."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import Any, Final

import av
from av.video.stream import VideoStream

# An AVI counts its frames in the order in which they are stored. With frames that are predicted
# from later ones (B-frames) they are shown in another, and FFmpeg's times go to and fro.
_COUNTED: Final = "avi"
# Seconds. A damaged stream may give a frame too late; a clock that begins anew goes back further.
_LATE: Final = 1
# Of a file that says nothing about it.
_USUAL_STEP: Final = Fraction(1, 25)


class Timeline:
    """Gives the frames of one stream times that rise.

    Some files tell no time for a frame: it is shown after the one before it. In others the clock
    jumps back, as where recordings were joined: what follows is put behind what there is.

    Args:
        stream: whose frames are placed.

    Attributes:
        jumps: How often the clock has jumped back so far.
    """

    def __init__(self, stream: VideoStream) -> None:
        self.jumps = 0
        rate = stream.average_rate or stream.guessed_rate
        self._step = 1 / rate if rate else _USUAL_STEP
        in_avi = stream.container.format.name == _COUNTED
        reordered = in_avi and stream.codec_context.has_b_frames
        # Of MPEG-4, FFmpeg tells the times in their order, but each a frame too late.
        known = stream.codec_context.name == "mpeg4"
        self._counted = reordered and not known
        self._stored: deque[int] = deque()
        self._last: int | None = None
        self._shift = -1 if reordered and known else 0

    def expect(self, packet: av.Packet[Any]) -> None:
        """Take note of what is decoded next; call it for each packet with a frame in it."""
        if self._counted and packet.dts is not None:
            self._stored.append(packet.dts)

    def give_up(self) -> None:
        """Expect one frame fewer: what was to be decoded cannot be."""
        if self._stored:
            self._stored.pop()

    def place(self, frame: av.VideoFrame) -> bool:
        """Give a frame the time at which it is shown, in the stream's unit.

        Args:
            frame: the next one, as it was decoded.

        Returns:
            False for a frame that comes too late to be shown.
        """
        unit = frame.time_base or Fraction(1, 1000)
        step = max(1, frame.duration or round(self._step / unit))
        place = self._stored.popleft() if self._stored else frame.pts
        if place is None:
            place = 0 if self._last is None else self._last + step
        else:
            place += self._shift
        late = 0 if self._last is None else self._last - place
        if step <= late <= _LATE / unit:
            return False
        if self._last is not None and late > _LATE / unit:
            self.jumps += 1
            self._shift += late + step
            place = self._last + step
        elif self._last is not None:
            place = max(place, self._last + 1)  # two frames in one tick of a coarse clock
        frame.pts, frame.time_base = place, unit
        self._last = place
        return True
