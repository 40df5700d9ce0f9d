"""What becomes of a camera's video whose packets are lost, late, or come twice."""

from __future__ import annotations

import asyncio

import pytest
from aiortc import RTCPeerConnection
from aiortc.codecs.vpx import vp8_depayload
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RtpPacket

from pages.mending.lost_packets import (
    CAPACITY,
    FrameBuffer,
    Frames,
    MissingPackets,
    _AllAtOnce,
    begins_whole_picture,
    go_on_after_losses,
)

WHOLE, CHANGES = b"\x10\x00", b"\x10\x01"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def buffer(clock) -> FrameBuffer:
    return FrameBuffer(clock)


def packet(number: int, frame: int, *, last: bool = True, payload: bytes = CHANGES) -> RtpPacket:
    """Return one packet of VP8; its content tells its number."""
    made = RtpPacket(sequence_number=number & 0xFFFF, timestamp=(3000 * frame) & 0xFFFFFFFF)
    made.marker = int(last)
    made.payload = payload + bytes([number & 0xFF]) if payload else b""
    made._data = vp8_depayload(made.payload) if payload else b""
    return made


def shown(frames: Frames | None) -> list[int]:
    """Return the frames that can be decoded, by the last number in each."""
    return [] if frames is None else [each.data[-1] for each in (frames, *frames.more)]


class TestFrames:
    def test_a_frame_is_complete_with_its_last_packet(self, buffer):
        assert buffer.add(packet(1, 0, last=False)) == (False, None)
        ask, frames = buffer.add(packet(2, 0))
        assert (ask, shown(frames)) == (False, [2])
        assert frames.data == b"\x01\x01\x01\x02"
        # aiortc waits for the first packet of the next frame: 33 ms.
        theirs = JitterBuffer(capacity=512, is_video=True)
        assert theirs.add(packet(1, 0)) == (False, None)
        assert theirs.add(packet(2, 1))[1] is not None

    def test_without_a_mark_it_is_complete_when_the_next_begins(self, buffer):
        assert shown(buffer.add(packet(1, 0, last=False))[1]) == []
        assert shown(buffer.add(packet(2, 1))[1]) == [1, 2]

    def test_packets_overtake_each_other(self, buffer):
        arrived = [packet(1, 0), packet(3, 1), packet(4, 2, last=False), packet(2, 1, last=False)]
        found = [shown(buffer.add(each)[1]) for each in arrived]
        assert found == [[1], [], [], [3]]

    def test_all_that_waited_for_one_packet_is_decoded_at_once(self, buffer):
        theirs = JitterBuffer(capacity=512, is_video=True)
        for each in (packet(1, 0), packet(3, 2), packet(4, 3), packet(5, 4)):
            buffer.add(each)
            theirs.add(each)
        assert shown(buffer.add(packet(2, 1))[1]) == [2, 3, 4, 5]
        # aiortc gives one frame for each packet: late by as many for good.
        assert theirs.add(packet(2, 1))[1].data[-1] == 1
        assert theirs.add(packet(6, 5))[1].data[-1] == 2

    def test_a_packet_that_comes_twice_or_too_late_changes_nothing(self, buffer):
        assert shown(buffer.add(packet(1, 0))[1]) == [1]
        assert buffer.add(packet(1, 0)) == (False, None)
        assert shown(buffer.add(packet(2, 1))[1]) == [2]

    def test_packets_that_only_fill_up_are_no_frames(self, buffer):
        buffer.add(packet(1, 0))
        assert buffer.add(packet(2, 0, last=False, payload=b"")) == (False, None)
        assert shown(buffer.add(packet(3, 1))[1]) == [3]

    def test_numbers_and_times_begin_anew(self, buffer):
        numbers = range(65533, 65540)
        found = [buffer.add(packet(each, each)) for each in numbers]
        assert [shown(frames) for _, frames in found] == [[each & 0xFF] for each in numbers]


class TestWholePictures:
    def test_one_is_asked_for_when_nothing_came_of_waiting(self, buffer, clock):
        buffer.add(packet(1, 0))
        asked = []
        for step in range(36):  # 2 is lost for good
            clock.now += 0.0625
            asked.append(buffer.add(packet(3 + step, 2 + step))[0])
        assert [step for step, ask in enumerate(asked) if ask] == [5, 21]

    def test_the_video_goes_on_with_it(self, buffer, clock):
        buffer.add(packet(1, 0))
        for number in (3, 4, 5):
            buffer.add(packet(number, number))
        clock.now += 0.5
        assert shown(buffer.add(packet(6, 6, last=False, payload=WHOLE))[1]) == []
        _, frames = buffer.add(packet(7, 6, payload=b"\x00\x01"))
        assert shown(frames) == [7]
        assert frames.timestamp == 3000 * 6
        assert shown(buffer.add(packet(8, 7))[1]) == [8]
        assert buffer.add(packet(2, 2)) == (False, None)

    def test_it_is_not_taken_before_that(self, buffer, clock):
        buffer.add(packet(1, 0))
        clock.now += 0.1
        assert buffer.add(packet(3, 2, payload=WHOLE)) == (False, None)
        assert shown(buffer.add(packet(2, 1))[1]) == [2, 3]

    def test_after_a_long_gap_one_is_asked_for_at_once(self, buffer):
        buffer.add(packet(1, 0))
        assert buffer.add(packet(1 + CAPACITY + 1, 90))[0]

    def test_counting_from_somewhere_else_as_well(self, buffer):
        buffer.add(packet(30_000, 0))
        assert buffer.add(packet(5, 1, last=False)) == (True, None)

    @pytest.mark.parametrize(
        ("payload", "data", "whole"),
        [
            (b"\x10", b"\x00", True),
            (b"\x90\x80\x01", b"\x10", True),
            (b"\x10", b"\x01", False),
            (b"\x00", b"\x00", False),  # no beginning
            (b"\x11", b"\x00", False),  # of another partition
            (b"\x78", b"\0\0\0\1\x67", True),
            (b"\x67", b"\0\0\0\1\x67", True),
            (b"\x61", b"\0\0\0\1\x61", False),
            (b"\x78", b"\0\0\0\1\x06", False),
            (b"", b"", False),
        ],
    )
    def test_how_it_looks(self, payload, data, whole):
        made = RtpPacket()
        made.payload, made._data = payload, data
        assert begins_whole_picture(made) is whole


class TestMissing:
    def test_it_is_asked_for_again_a_little_later_each_time(self, buffer, clock):
        missing = MissingPackets(buffer, clock)
        theirs = NackGenerator()
        assert not missing.add(packet(1, 0))
        theirs.add(packet(1, 0))
        assert missing.add(packet(3, 2))
        assert missing.missing == [2]
        assert theirs.add(packet(3, 2))
        asked = []
        for step in range(1, 100):
            clock.now += 0.03125
            if missing.add(packet(3 + step, 2 + step)):
                assert missing.missing == [2]
                asked.append(step)
            # aiortc does so once.
            assert not theirs.add(packet(3 + step, 2 + step))
        assert asked == [2, 6, 13, 26, 52]

    def test_it_is_not_once_it_came(self, buffer, clock):
        missing = MissingPackets(buffer, clock)
        for number in (1, 4):
            missing.add(packet(number, number))
        assert missing.missing == [2, 3]
        clock.now += 1
        assert missing.add(packet(2, 2))
        assert missing.missing == [3]
        clock.now += 1
        assert not missing.add(packet(3, 3))

    def test_it_is_not_once_the_video_went_on_without_it(self, buffer, clock):
        missing = MissingPackets(buffer, clock)
        for number in (1, 3, 4):
            missing.add(packet(number, number))
            buffer.add(packet(number, number))
        clock.now += 1
        whole = packet(5, 5, payload=WHOLE)
        assert missing.add(whole)
        assert shown(buffer.add(whole)[1]) == [5]
        clock.now += 1
        assert not missing.add(packet(6, 6))

    def test_of_a_long_gap_nothing_is(self, buffer, clock):
        missing = MissingPackets(buffer, clock)
        missing.add(packet(1, 0))
        assert not missing.add(packet(1 + CAPACITY + 1, 1))


def test_frames_keep_their_distances_in_time():
    waiting = _AllAtOnce()
    first, second = Frames(b"a", 0xFFFFFFFF - 999), Frames(b"b", 2000)
    first.more = [second]
    first.timestamp = 90_000  # as aiortc counts
    waiting.put(("VP8", first))
    waiting.put(None)
    assert waiting.get() == ("VP8", first)
    assert waiting.get() == ("VP8", second)
    assert second.timestamp == 93_000
    assert waiting.get() is None


def test_every_video_that_is_received_does_so():
    assert go_on_after_losses()
    assert go_on_after_losses()  # a page does with each run

    async def kinds() -> list[str]:
        connection = RTCPeerConnection()
        receivers = [connection.addTransceiver(kind).receiver for kind in ("video", "audio")]
        await connection.close()
        return [type(each._RTCRtpReceiver__jitter_buffer).__name__ for each in receivers]

    assert asyncio.run(kinds()) == ["FrameBuffer", "JitterBuffer"]
