"""Several at a time, in their order, and never far ahead."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from emotion_core.recorded.photos.several import several


def test_as_many_are_read_at_a_time_as_there_are_threads():
    together = threading.Barrier(3, timeout=30)  # one that reads alone waits in vain

    def read(number: int) -> int:
        together.wait()
        return 10 * number

    outcomes = [(item, outcome()) for item, outcome in several(range(6), read, threads=3)]
    assert outcomes == [(number, 10 * number) for number in range(6)]


def test_what_goes_wrong_comes_in_its_place():
    def read(number: int) -> int:
        return 10 // number

    found = several([5, 0, 2], read, threads=2)
    assert next(found)[1]() == 2
    _, outcome = next(found)
    with pytest.raises(ZeroDivisionError):
        outcome()
    assert [each() for _, each in found] == [5]


def test_no_more_are_begun_than_are_in_hand():
    taken: list[int] = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    with closing(several(items(), lambda number: number, threads=2)) as found:
        for count in (1, 2, 3):
            next(found)
            assert len(taken) == count + 2
    assert len(taken) == 5
    assert not [each for each in threading.enumerate() if each.name.startswith("photos")]


def test_nothing_comes_of_nothing():
    assert [*several([], str)] == []
