from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from emotion_core.quantities import (
    byte_size,
    counted,
    day,
    decimal,
    duration,
    exact_position,
    milliseconds,
    moment,
    percent,
    position,
)


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [(0.416, 0, "42%"), (0.7177, 1, "71.8%"), (0.0, 0, "0%"), (1.0, 1, "100.0%")],
)
def test_percent(share: float, digits: int, text: str) -> None:
    assert percent(share, digits) == text


def test_counted() -> None:
    assert counted(0, "image") == "0 images"
    assert counted(1, "image") == "1 image"
    assert counted(28_709, "image") == "28,709 images"
    assert counted(2, "class", "classes") == "2 classes"


def test_decimal() -> None:
    assert [decimal(value) for value in (16.67, 25.4, 30, 1234.56)] == [
        "16.7",
        "25.4",
        "30.0",
        "1,234.6",
    ]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (512, "512 bytes"),
        (1_000, "1 kB"),
        (9_960, "10 kB"),
        (999_400, "999 kB"),
        (999_600, "1 MB"),
        (1_320_000, "1.3 MB"),
        (50_000_000, "50 MB"),
        (2_000_000_000, "2 GB"),
        (1_234_000_000_000, "1,234 GB"),
    ],
)
def test_byte_size(count: int, text: str) -> None:
    assert byte_size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (75.2, "1 min 15 s"),
        (7_260, "2 h 01 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_milliseconds() -> None:
    assert [milliseconds(seconds) for seconds in (0.0014, 0.03, 0.00001)] == [
        "1.4 ms",
        "30.0 ms",
        "under 0.1 ms",
    ]


def test_position() -> None:
    assert [position(seconds) for seconds in (0, 75.9, 3_725)] == ["0:00", "1:15", "1:02:05"]
    exact = [exact_position(seconds) for seconds in (0, 75.94, 2.3)]
    assert exact == ["0:00.0", "1:15.9", "0:02.3"]


def test_days_are_told_in_words_and_in_the_zone_of_whoever_reads_them() -> None:
    assert day(1_796_342_399.0, UTC) == "3 December 2026"
    assert day(1_796_342_399.0, ZoneInfo("Asia/Tokyo")) == "4 December 2026"


def test_moments_are_told_in_the_zone_of_whoever_reads_them() -> None:
    time = "2026-11-28T14:05:59.123Z"
    assert moment(time, UTC) == "2026-11-28 14:05"
    assert moment(time, ZoneInfo("Asia/Tokyo")) == "2026-11-28 23:05"


@pytest.mark.parametrize("time", ["", "yesterday", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_is_shown_as_it_is(time: str) -> None:
    assert moment(time, ZoneInfo("America/New_York")) == time
