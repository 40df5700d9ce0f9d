from __future__ import annotations

from emotion_core.access.rates import Rates


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_two_seconds_of_the_rate_at_once_and_then_the_rate() -> None:
    clock = Clock()
    rates = Rates(clock)
    assert [rates.wait("a", 5.0) for _ in range(10)] == [0.0] * 10
    assert rates.wait("a", 5.0) == 0.2
    clock.now = 0.19
    assert 0 < rates.wait("a", 5.0) < 0.02
    clock.now = 0.2
    assert rates.wait("a", 5.0) == 0.0
    assert rates.wait("a", 5.0) > 0
    clock.now = 1_000.0  # what was not used is not saved up
    assert [rates.wait("a", 5.0) for _ in range(10)] == [0.0] * 10
    assert rates.wait("a", 5.0) > 0


def test_each_has_its_own() -> None:
    rates = Rates(Clock())
    assert rates.wait("a", 0.5) == 0.0
    assert rates.wait("a", 0.5) == 2.0
    assert rates.wait("b", 0.5) == 0.0


def test_nothing_grows_with_the_number_of_tokens() -> None:
    rates = Rates(Clock())
    for number in range(1_500):
        rates.wait(str(number), 1.0)
    assert len(rates._buckets) == 1_000
    assert rates.wait("1499", 0.5) == 0.0  # of 2 requests one is left
