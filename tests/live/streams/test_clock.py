from __future__ import annotations

import pytest

from emotion_core.errors import StreamError
from emotion_core.live.streams.clock import DRIFT, MOST_EXCHANGES, Exchange, offset_of


def exchange(there: float, back: float, *, offset: float = 500.0, at: float = 1000.0) -> Exchange:
    """Return an exchange at ``at`` of the app's clock; that of the caller is ``offset`` behind."""
    answered = at + 0.001
    return Exchange(at - there - offset, at, answered, answered + back - offset)


def test_ways_of_equal_length_leave_no_error() -> None:
    found = offset_of([exchange(0.03, 0.03)], now=1000.001)
    assert found.seconds == pytest.approx(500.0)
    assert found.uncertainty == pytest.approx(0.03)


@pytest.mark.parametrize(("there", "back"), [(0.02, 0.0), (0.0, 0.02), (0.004, 0.013)])
def test_the_error_is_within_the_uncertainty(there: float, back: float) -> None:
    found = offset_of([exchange(there, back)], now=1000.001)
    assert abs(found.seconds - 500.0) <= found.uncertainty + 1e-9
    assert found.uncertainty == pytest.approx((there + back) / 2)


def test_the_quickest_exchange_counts() -> None:
    slow, quick = exchange(0.2, 0.0), exchange(0.002, 0.003)
    found = offset_of([slow, quick, slow], now=1000.001)
    assert found.seconds == pytest.approx(500.0, abs=0.001)


def test_an_old_exchange_is_worth_less() -> None:
    old, new = exchange(0.001, 0.001), exchange(0.004, 0.004, at=1300.0, offset=500.01)
    assert offset_of([old, new], now=1300.0).seconds == pytest.approx(500.01)
    assert offset_of([old], now=1300.0).uncertainty == pytest.approx(0.001 + 300 * DRIFT, rel=0.01)


@pytest.mark.parametrize("count", [0, MOST_EXCHANGES + 1])
def test_too_few_and_too_many(count: int) -> None:
    with pytest.raises(
        StreamError,
        match=f"expected 1 to 64 exchanges of clocks, found {count}; ask GET /live/clock a few "
        "times and send the last ones",
    ):
        offset_of([exchange(0.01, 0.01)] * count, now=1000.0)


@pytest.mark.parametrize(
    "times", [(5.0, 1.0, 1.0, 4.0), (0.0, 1.0, 1.0, 60.0), (0.0, float("nan"), 1.0, 1.0)]
)
def test_what_is_no_exchange(times: tuple[float, ...]) -> None:
    with pytest.raises(StreamError, match=r"expected an exchange of clocks within 10 s, each time"):
        Exchange(*times)


def test_an_answer_before_its_question() -> None:
    with pytest.raises(
        StreamError,
        match=r"expected an exchange answered after it was received, found 8\.0 before 9\.0; send "
        "both as the app gave them",
    ):
        Exchange(0.0, 9.0, 8.0, 1.0)
