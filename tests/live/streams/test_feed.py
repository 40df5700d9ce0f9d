from __future__ import annotations

import threading

from emotion_core.live.streams.feed import FrameFeed
from emotion_core.live.streams.readers import Reader
from tests.live.streams.made import frame, wait_until


def threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name == "live-stream-feed"]


def join(feed: FrameFeed, rate: float | None = None) -> Reader:
    return feed.join(Reader(rate, feed.leave))


def test_every_reader_gets_the_very_frame() -> None:
    feed = FrameFeed()
    with join(feed) as first, join(feed) as second:
        assert feed.readers == 2
        sent = frame()
        feed.put(sent)
        got = first.next(30), second.next(30)
        assert all(each is not None and each.frame is sent for each in got)


def test_nothing_is_kept_for_those_who_come_later() -> None:
    feed = FrameFeed()
    feed.put(frame(1))
    with join(feed) as reader:
        feed.put(frame(2))
        delivery = reader.next(30)
        assert delivery is not None
        assert delivery.message.frame == 2


def test_a_dead_reader_costs_the_others_nothing() -> None:
    feed = FrameFeed()
    with join(feed), join(feed) as quick:
        for number in range(1, 200):
            feed.put(frame(number))
            delivery = quick.next(30)
            assert delivery is not None
            assert (delivery.message.frame, delivery.dropped) == (number, 0)


def test_the_thread_is_there_as_long_as_somebody_reads() -> None:
    feed = FrameFeed()
    wait_until(lambda: threads() == [])
    first, second = join(feed), join(feed)
    assert len(threads()) == 1
    first.close()
    assert feed.wanted
    assert len(threads()) == 1
    second.close()
    assert not feed.wanted
    wait_until(lambda: threads() == [])
    with join(feed) as again:
        feed.put(frame(5))
        assert again.next(30) is not None
    wait_until(lambda: threads() == [])


def test_the_end_comes_after_the_last_frame_and_ends_the_thread() -> None:
    feed = FrameFeed()
    with join(feed) as reader:
        feed.put(frame(1))
        feed.end("over")
        feed.end("over again")
        assert reader.next(30) is not None
        assert reader.next(30) is None
        assert reader.ended == "over"
        wait_until(lambda: threads() == [])
        assert feed.readers == 0
        with join(feed) as later:  # of the stream's next part
            reader.close()
            feed.put(frame(2))
            assert later.next(30) is not None
