"""Lets a camera's video go on at once after packets were lost; aiortc's would lag or stand still.

aiortc asks for a packet when it misses it, and once more when it misses the next. If the answers
are lost as well, and nothing more is, the picture stands until 512 packets came: a quarter of a
minute at a low bit rate. What waited is then decoded one frame for each packet that comes, so that
the video stays as late as it was for good where a frame is one packet. Here

- a missing packet is asked for again and again, a little later each time (RFC 4585, 6.2);
- all frames that are complete are decoded at once, the last one without waiting for the next;
- when nothing came of it for a while, the browser is asked for a whole picture (PLI, 6.3.1), and
  the video goes on with that whatever is missing before it.
"""

from __future__ import annotations

import inspect
import queue
import time
from collections.abc import Callable
from typing import Any, Final

from aiortc import RTCRtpReceiver
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import RtpPacket
from aiortc.utils import uint16_add, uint16_gt

from pages.mending.newest_frames import warn_once

#: Packets that are waited for or kept at a time.
CAPACITY: Final = 512
#: Seconds until a packet is asked for again, doubled each time, and how often it is.
FIRST_REPEAT: Final = 0.05
MOST_REPEATS: Final = 6
#: Seconds without a frame after which a whole picture is asked for, and after which once more.
PATIENCE: Final = 0.3
BETWEEN_PICTURES: Final = 1.0

_BUFFER: Final = "_RTCRtpReceiver__jitter_buffer"
_NACKS: Final = "_RTCRtpReceiver__nack_generator"
_QUEUE: Final = "_RTCRtpReceiver__decoder_queue"
_NOT_MENDED: Final = (
    "aiortc is not the version in requirements.txt: after lost packets the video may stand still"
)

Clock = Callable[[], float]


def go_on_after_losses() -> bool:
    """Make every video that is received from now on do so; may be called again.

    Returns:
        Whether it does; where aiortc is not the known version, the log says so.
    """
    made = RTCRtpReceiver.__init__
    if getattr(made, "goes_on", False):
        return True
    source = inspect.getsource(RTCRtpReceiver)
    if not all(
        name.removeprefix("_RTCRtpReceiver") in source for name in (_BUFFER, _NACKS, _QUEUE)
    ):
        warn_once(_NOT_MENDED)
        return False

    def make(self: RTCRtpReceiver, kind: str, transport: Any) -> None:
        made(self, kind, transport)
        if kind == "video":
            buffer = FrameBuffer()
            setattr(self, _BUFFER, buffer)
            setattr(self, _NACKS, MissingPackets(buffer))
            setattr(self, _QUEUE, _AllAtOnce())

    make.goes_on = True  # type: ignore[attr-defined]
    RTCRtpReceiver.__init__ = make  # type: ignore[method-assign]
    return True


class Frames(JitterFrame):
    """A complete frame, and those that were complete with it.

    Attributes:
        sent: the RTP timestamp, before anybody changes ``timestamp``.
        more: the following ones, oldest first.
    """

    def __init__(self, data: bytes, timestamp: int) -> None:
        super().__init__(data, timestamp)
        self.sent = timestamp
        self.more: list[Frames] = []


class _AllAtOnce(queue.Queue[Any]):
    """Takes the frames that a frame brings along as well."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        super().put(item, block, timeout)
        if item is None:
            return
        codec, frame = item
        for each in getattr(frame, "more", []):
            each.timestamp = frame.timestamp + ((each.sent - frame.sent) & 0xFFFFFFFF)
            super().put((codec, each), block, timeout)


class FrameBuffer:
    """Puts packets in order and frames together; stands in for aiortc's `JitterBuffer`.

    Args:
        clock: seconds, ever growing.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._packets: dict[int, RtpPacket] = {}
        self._next: int | None = None
        self._waits_since: float | None = None
        self._asked = float("-inf")

    @property
    def next(self) -> int | None:
        """Number of the first packet that is not decoded yet; None before the first."""
        return self._next

    def add(self, packet: RtpPacket) -> tuple[bool, Frames | None]:
        """Take a packet, with its ``_data``.

        Returns:
            Whether to ask for a whole picture, and what can be decoded now.
        """
        number = packet.sequence_number
        ask = False
        if self._next is None:
            self._next = number
        if _ahead(number, self._next) >= 1 << 15:  # late: what it belongs to is over
            if _ahead(self._next, number) <= CAPACITY:
                return False, None
            self._begin_anew(number)  # the browser counts from somewhere else
            ask = True
        elif _ahead(number, self._next) >= CAPACITY:
            self._begin_anew(number)
            ask = True
        self._packets[number] = packet
        frames = self._complete()
        now = self._clock()
        if not frames and self._waits_since is not None and now - self._waits_since >= PATIENCE:
            frames = self._from_whole_picture()
        if not self._packets:
            self._waits_since = None
        elif frames or self._waits_since is None:
            self._waits_since = now
        first = None
        if frames:
            first, *first.more = frames
        waited = 0.0 if self._waits_since is None else now - self._waits_since
        if ask or (waited >= PATIENCE and now - self._asked >= BETWEEN_PICTURES):
            ask = True
            self._asked = now
        return ask, first

    def _begin_anew(self, number: int) -> None:
        self._packets.clear()
        self._next = number
        self._waits_since = None

    def _complete(self) -> list[Frames]:
        """Take out the frames whose packets are all there."""
        found: list[Frames] = []
        assert self._next is not None
        number, parts = self._next, list[RtpPacket]()
        while (packet := self._packets.get(number)) is not None:
            if parts and packet.timestamp != parts[0].timestamp:
                found += self._take(parts, number)
                parts = []
            parts.append(packet)
            number = uint16_add(number, 1)
            if packet.marker:  # the last one of its frame
                found += self._take(parts, number)
                parts = []
        return found

    def _take(self, parts: list[RtpPacket], after: int) -> list[Frames]:
        for part in parts:
            del self._packets[part.sequence_number]
        self._next = after
        data = b"".join(part._data for part in parts)  # type: ignore[misc]
        # Packets without content fill up what a browser may send.
        return [Frames(data, parts[0].timestamp)] if data else []

    def _from_whole_picture(self) -> list[Frames]:
        """Go on with the newest whole picture that is complete, if there is one."""
        assert self._next is not None
        before = self._next
        numbers = sorted(self._packets, key=lambda number: _ahead(number, before), reverse=True)
        for number in numbers:
            if begins_whole_picture(self._packets[number]):
                self._next = number
                kept = dict(self._packets)
                for old in numbers:
                    if _ahead(old, before) < _ahead(number, before):
                        del self._packets[old]
                if frames := self._complete():
                    return frames
                self._next, self._packets = before, kept
        return []


class MissingPackets:
    """Says which packets to ask for; stands in for aiortc's `NackGenerator`.

    Args:
        buffer: what is over there is not asked for any more.
        clock: seconds, ever growing.

    Attributes:
        missing: what is to be asked for now.
    """

    def __init__(self, buffer: FrameBuffer, clock: Clock = time.monotonic) -> None:
        self._buffer = buffer
        self._clock = clock
        self._newest: int | None = None
        #: How often each was asked for, and when it is to be asked for again.
        self._lost: dict[int, tuple[int, float]] = {}
        self.missing: list[int] = []

    def add(self, packet: RtpPacket) -> bool:
        """Note a packet that came, also one that was sent again.

        Returns:
            Whether something is to be asked for.
        """
        number, now = packet.sequence_number, self._clock()
        if self._newest is None or _ahead(number, self._newest) in range(CAPACITY, 1 << 15):
            self._newest = number
            self._lost.clear()
        if uint16_gt(number, self._newest):
            for step in range(1, _ahead(number, self._newest)):
                self._lost[uint16_add(self._newest, step)] = 0, now
            self._newest = number
        else:
            self._lost.pop(number, None)
        if (over := self._buffer.next) is not None:
            for lost in [each for each in self._lost if uint16_gt(over, each)]:
                del self._lost[lost]
        self.missing = []
        for lost, (asked, when) in list(self._lost.items()):
            if now >= when:
                self.missing.append(lost)
                if asked == MOST_REPEATS:
                    del self._lost[lost]
                else:
                    self._lost[lost] = asked + 1, now + FIRST_REPEAT * 2**asked
        return bool(self.missing)


def begins_whole_picture(packet: RtpPacket) -> bool:
    """Tell whether a frame that needs no other one begins with this packet, of VP8 or H.264."""
    data: bytes = packet._data  # type: ignore[attr-defined]
    if not packet.payload or not data:
        return False
    kind = packet.payload[0] & 0x1F
    if kind == 0x10:  # RFC 7741, 4.2: the beginning of the first partition; its header: not P
        return data[0] & 1 == 0
    # RFC 6184, 5.4: alone or in an aggregate; what follows the start code is a description of all.
    return kind in (7, 24) and len(data) > 4 and data[4] & 0x1F == 7


def _ahead(number: int, of: int) -> int:
    """Return by how many packets ``number`` comes after ``of``, 0 to 65535."""
    return (number - of) & 0xFFFF
