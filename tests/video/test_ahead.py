from __future__ import annotations

import threading
from collections.abc import Iterator

import av
import pytest

from emotion_core.errors import SourceLostError
from emotion_core.video.ahead import AHEAD, ReadAhead

LONG = 30.0


class Film:
    """Stands in for a video; tells how far it was read, and goes on when it may."""

    complaint = "damaged"

    def __init__(self, count: int, *, paced: bool, end: Exception | None = None) -> None:
        self.paced = paced
        self.count = count
        self.end = end
        self.read = 0
        self.read_all = threading.Event()
        self.closed = False

    def frames(self) -> Iterator[av.VideoFrame | None]:
        yield None
        for number in range(self.count):
            frame = av.VideoFrame(16, 16, "yuv420p")
            frame.pts = number
            self.read += 1
            yield frame
        self.read_all.set()
        if self.end is not None:
            raise self.end

    def close(self) -> None:
        self.closed = True


def taken(ahead: ReadAhead) -> list[int]:
    numbers = []
    while (frame := ahead.take(LONG)) is not None:
        numbers.append(frame.pts)
    return numbers


def test_every_picture_of_a_file_comes_and_none_is_read_far_ahead():
    film = Film(20, paced=True)
    ahead = ReadAhead(film)
    for number in range(20):
        assert ahead.take(LONG).pts == number
        # One more is in the thread's hands.
        assert film.read <= number + 1 + AHEAD + 1
    assert ahead.take(LONG) is None
    assert ahead.over
    assert ahead.complaint == "damaged"
    ahead.close()
    assert film.closed


def test_a_file_that_nobody_takes_from_is_not_read_on():
    film = Film(1000, paced=True)
    ahead = ReadAhead(film)
    assert not film.read_all.wait(0.2)
    assert film.read <= AHEAD + 1
    ahead.close()
    assert film.closed


def test_of_a_camera_the_newest_comes():
    film = Film(20, paced=False, end=SourceLostError("gone"))
    ahead = ReadAhead(film)
    assert film.read_all.wait(LONG)
    assert ahead.take(LONG).pts == 19
    with pytest.raises(SourceLostError, match="gone"):
        ahead.take(LONG)


def test_what_came_before_a_problem_comes_first():
    ahead = ReadAhead(Film(2, paced=True, end=SourceLostError("gone")))
    assert [ahead.take(LONG).pts for _ in range(2)] == [0, 1]
    with pytest.raises(SourceLostError, match="gone"):
        taken(ahead)


def test_nothing_comes_in_time():
    film = Film(0, paced=True)
    waits = threading.Event()
    film.frames = lambda: (waits.wait(LONG) and None for _ in range(1))
    ahead = ReadAhead(film)
    assert ahead.take(0.01) is None
    assert not ahead.over
    waits.set()
    assert ahead.take(LONG) is None
    assert ahead.over
