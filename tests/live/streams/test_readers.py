from __future__ import annotations

import asyncio
import itertools
import threading

import pytest

from emotion_core.live.streams.readers import MOST_WAITING, AsyncReader, Reader
from tests.live.streams.made import frame


def nothing(_: Reader) -> None:
    pass


def test_a_slow_reader_loses_the_oldest_and_is_told_how_many() -> None:
    reader = Reader(None, nothing)
    for number in range(1, MOST_WAITING + 6):
        reader.offer(frame(number))
    got = [reader.take() for _ in range(MOST_WAITING)]
    assert [(each.message.frame, each.dropped) for each in got if each] == [
        (6, 5),
        *((number, 0) for number in range(7, MOST_WAITING + 6)),
    ]
    assert '"dropped":5' in got[0].json
    assert reader.take() is None


def test_frames_left_out_by_the_rate_are_not_lost() -> None:
    reader = Reader(10, nothing)
    for number in range(90):  # three seconds of 30 a second, not quite punctual
        reader.offer(frame(number, time=100 + number / 30 + 0.004 * (number % 3)))
    got = []
    while (delivery := reader.take()) is not None:
        got.append(delivery)
    assert len(got) == 30
    assert {each.dropped for each in got} == {0}
    steps = [b.frame.time - a.frame.time for a, b in itertools.pairwise(got)]
    assert 0.06 < min(steps) <= max(steps) < 0.14


def test_after_a_pause_a_rate_makes_up_for_nothing() -> None:
    reader = Reader(2, nothing)
    times = [0.0, 0.5, 10.0, 10.1, 10.2, 10.4, 10.5]
    for number, time in enumerate(times):
        reader.offer(frame(number, time=time))
    got = []
    while (delivery := reader.take()) is not None:
        got.append(delivery.frame.time)
    assert got == [0.0, 0.5, 10.0, 10.5]


def test_a_higher_rate_than_the_streams_gives_all() -> None:
    reader = Reader(500, nothing)
    for number in range(20):
        reader.offer(frame(number, time=number / 30))
    assert sum(1 for _ in iter(reader.take, None)) == 20


def test_the_end_is_told_after_the_frames_that_wait() -> None:
    reader = Reader(None, nothing)
    reader.offer(frame(1))
    reader.end("over")
    reader.end("another reason")
    assert reader.ended is None
    assert reader.next(0) is not None
    assert reader.ended == "over"
    assert reader.next(60) is None  # at once


def test_a_thread_waits_for_a_frame() -> None:
    reader = Reader(None, nothing)
    assert reader.next(0.01) is None
    threading.Timer(0.05, reader.offer, [frame(3)]).start()
    delivery = reader.next(30)
    assert delivery is not None
    assert delivery.message.frame == 3


def test_a_closed_reader_takes_nothing_and_is_closed_once() -> None:
    closed: list[Reader] = []
    with Reader(None, closed.append) as reader:
        reader.offer(frame())
        reader.close()
        reader.offer(frame())
        assert reader.take() is None
    assert closed == [reader]


def test_an_event_loop_waits_for_a_frame_of_another_thread() -> None:
    async def read() -> list[int]:
        reader = AsyncReader(None, nothing)
        assert await reader.next_here(0.01) is None
        got = []
        for number in range(1, 4):
            threading.Timer(0.03, reader.offer, [frame(number)]).start()
            while (delivery := await reader.next_here(30)) is None:
                pass
            got.append(delivery.message.frame)
        threading.Timer(0.03, reader.end, ["over"]).start()
        assert await reader.next_here(30) is None
        assert reader.ended == "over"
        return got

    assert asyncio.run(read()) == [1, 2, 3]


def test_a_reader_whose_loop_is_gone_does_no_harm() -> None:
    readers: list[AsyncReader] = []

    async def leave_waiting() -> None:
        readers.append(AsyncReader(None, nothing))
        waiting = asyncio.create_task(readers[0].next_here(30))
        await asyncio.sleep(0.01)
        readers[0]._asked = True
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        readers[0]._asked = True

    asyncio.run(leave_waiting())
    readers[0].offer(frame())
    assert readers[0].take() is not None
