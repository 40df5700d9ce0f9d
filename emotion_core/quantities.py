"""How numbers, sizes, durations and times are written, on pages and in a terminal alike.

Figures have as many digits as somebody reads off them; "%" follows its number, other units follow
after a space; thousands have a comma; sizes are decimal, 1 MB being 1,000,000 bytes.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, tzinfo
from typing import Final

_UNITS: Final = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE: Final = re.compile(r"(?P<number>\d+(\.\d+)?) ?(?P<unit>[kmgt]b)?", re.IGNORECASE)
# Whatever language the system speaks.
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def percent(share: float, digits: int = 0) -> str:
    """Return 0.416 as "42%", with one digit more as "41.6%"."""
    return f"{100 * share:.{digits}f}%"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 image" or "1,234 images"; ``plural`` where it is not the noun and an s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def decimal(value: float) -> str:
    """Return a measured value such as frames a second or milliseconds: 16.67 as "16.7"."""
    return f"{value:,.1f}"


def milliseconds(seconds: float) -> str:
    """Return a short time such as that of one face: 0.0014 as "1.4 ms"."""
    return f"{decimal(1000 * seconds)} ms" if seconds >= 5e-5 else "under 0.1 ms"


def byte_size(byte_count: float) -> str:
    """Return 50,000,000 bytes as "50 MB" and 1,320,000,000 as "1.3 GB"."""
    if byte_count < 1000:
        return counted(int(byte_count), "byte")
    value = byte_count / 1e3
    for unit in ("kB", "MB"):
        if float(f"{value:.3g}") < 1000:
            return f"{_short(value)} {unit}"
        value /= 1000
    return f"{_short(value)} GB"


def _short(value: float) -> str:
    text = f"{value:.1f}"
    return f"{value:,.0f}" if value >= 9.95 else text.removesuffix(".0")


def bytes_of(text: str) -> int:
    """Return the bytes of a size as somebody writes it: "5 GB", "500 MB" or "800000".

    Raises:
        ValueError: it is no size.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return int(float(found["number"]) * _UNITS[(found["unit"] or "").upper()])


def duration(seconds: float) -> str:
    """Return 75.2 as "1 min 15 s", in the two largest units that are not 0."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def position(seconds: float) -> str:
    """Return how far a recording is, as a player's clock shows it: 75.9 as "1:15"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def exact_position(seconds: float) -> str:
    """Return a place in a recording with its tenths of a second: 75.94 as "1:15.9"."""
    tenths = int(round(10 * seconds, 6))
    return f"{position(tenths // 10)}.{tenths % 10}"


def seconds_of(text: str) -> float:
    """Return the seconds of a place as somebody types it: 90, "1:30" or "1:02:03.5".

    Raises:
        ValueError: it is no place.
    """
    parts = text.strip().split(":")
    seconds = 0.0
    for part in parts:
        seconds = 60 * seconds + float(part)
    if len(parts) > 3 or not 0 <= seconds < math.inf or "-" in text:
        raise ValueError(text)
    return seconds


def day(time: float, zone: tzinfo | None = None) -> str:
    """Return the day of a time of the clock as "3 December 2026".

    Args:
        time: seconds since 1970.
        zone: of whoever reads it; None is that of this machine.
    """
    found = datetime.fromtimestamp(time, UTC).astimezone(zone)
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def moment(time: str, zone: tzinfo | None = None) -> str:
    """Return a time of the clock as "2026-11-28 14:05".

    Args:
        time: ISO 8601 with its offset, as files have it.
        zone: of whoever reads it; None is that of this machine.

    Returns:
        ``time`` itself where it is none: files of others say anything.
    """
    try:
        return f"{datetime.fromisoformat(time).astimezone(zone):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return time
