"""Marks from a CSV file: the time, the label and, where there is one, the duration."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

from emotion_core.errors import SessionError
from emotion_core.quantities import byte_size, seconds_of
from emotion_core.sessions.edits.kinds import LONGEST_LABEL
from emotion_core.sessions.edits.marks import NewMark
from emotion_core.system.storage.files import FileTooLargeError, read_regular

#: Largest file of marks, in bytes, and most marks in one.
LARGEST_LIST: Final = 10_000_000
MOST_MARKS: Final = 20_000

#: What the columns may be called, in lower case; those of BIDS ``events.tsv`` among them.
_TIME: Final = ("time", "start", "onset", "seconds", "wall_clock", "timestamp")
_LABEL: Final = ("label", "name", "trial_type", "event", "marker", "mark")
_DURATION: Final = ("duration", "length")
# What stands for nothing in such files.
_NOTHING: Final = ("", "n/a", "na", "nan")
# Clocks of two machines, and how times are rounded.
_SLACK: Final = 1.0


@dataclass(frozen=True)
class MarkList:
    """What a file of marks says.

    Attributes:
        marks: in the order of the file.
        problems: one line for each row that is none: what was expected, and what was found.
    """

    marks: tuple[NewMark, ...]
    problems: tuple[str, ...]


def read_mark_list(
    path: Path, started: datetime, seconds: float, zone: tzinfo | None = None
) -> MarkList:
    """Return the marks in a file; see `parse_mark_list`.

    Raises:
        SessionError: it cannot be read, or is no list of marks.
    """
    try:
        content = read_regular(path, LARGEST_LIST)
    except FileTooLargeError as error:
        raise SessionError(
            f"{path}: expected marks in up to {byte_size(LARGEST_LIST)}, found "
            f"{byte_size(error.size)}; split the file"
        ) from error
    except OSError as error:
        raise SessionError(
            f"{path}: expected a CSV file of marks, but it cannot be read "
            f"({error.strerror or error}); check whether the path is right"
        ) from error
    return parse_mark_list(content, path.name, started, seconds, zone)


def parse_mark_list(
    content: bytes, name: str, started: datetime, seconds: float, zone: tzinfo | None = None
) -> MarkList:
    """Return the marks in the content of a file.

    Its columns are separated by commas, semicolons or tabs. Where the first row names them, they
    may stand in any order and among others; else they are time, label and, if there is a third one,
    duration. A time is seconds since the start of the session, such as 12.5 or 1:30, or a time of
    the clock in ISO 8601.

    Args:
        content: in UTF-8.
        name: of the file, for messages.
        started: when the session started.
        seconds: how long it is: a mark outside it is a problem.
        zone: of clock times that state none; None is that of this machine.

    Raises:
        SessionError: it is no list of marks.
    """
    rows = _rows(content, name)
    header = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    columns = _columns(header)
    if columns is None:
        columns = _Columns(0, 1, 2)
    else:
        rows = rows[1:]
    if not rows:
        raise SessionError(
            f"{name}: expected rows of time, label and, if need be, duration, found none"
        )
    if len(rows) > MOST_MARKS:
        raise SessionError(
            f"{name}: expected up to {MOST_MARKS:,} marks, found {len(rows):,}; split the file"
        )
    marks, problems = [], []
    for line, cells in rows:
        try:
            marks.append(_mark(cells, columns, started, seconds, zone))
        except (ValueError, OverflowError) as error:
            problems.append(f"line {line}: {error}")
    return MarkList(tuple(marks), tuple(problems))


@dataclass(frozen=True)
class _Columns:
    """Where a row has what."""

    time: int
    label: int
    duration: int | None


def _columns(header: Sequence[str]) -> _Columns | None:
    """Return where the columns are that a first row names; None where it names none."""

    def place(names: Sequence[str]) -> int | None:
        return next((header.index(name) for name in names if name in header), None)

    time, label = place(_TIME), place(_LABEL)
    if time is None or label is None:
        return None
    return _Columns(time, label, place(_DURATION))


def _rows(content: bytes, name: str) -> list[tuple[int, list[str]]]:
    """Return the rows that hold anything, each with the number of its line."""
    try:
        text = content.decode("utf-8-sig")
        first = text.partition("\n")[0]
        delimiter = max("\t;,", key=first.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SessionError(
            f"{name}: expected a CSV file in UTF-8 with time, label and duration, found something "
            f"else ({error}); save it as CSV (UTF-8)"
        ) from error
    if delimiter == ";":  # where numbers are written with a comma
        rows = [(line, [_with_point(cell) for cell in row]) for line, row in rows]
    return rows


def _with_point(cell: str) -> str:
    changed = cell.strip().replace(",", ".")
    return changed if _number(changed) is not None else cell


def _mark(
    cells: Sequence[str],
    columns: _Columns,
    started: datetime,
    seconds: float,
    zone: tzinfo | None,
) -> NewMark:
    """Return the mark in one row.

    Raises:
        ValueError: there is none; says what was expected and found.
    """
    start = _start(_cell(cells, columns.time), started, zone)
    if not -_SLACK <= start <= seconds + _SLACK:
        where = "before" if start < 0 else "after"
        raise ValueError(
            f"expected a time within the {seconds:.1f} s of the session, found "
            f"{_cell(cells, columns.time)!r}, which is {where} it"
        )
    label = " ".join(_cell(cells, columns.label).split())
    if not 0 < len(label) <= LONGEST_LABEL or not label.isprintable():
        raise ValueError(f"expected a label of 1 to {LONGEST_LABEL} letters, found {label[:80]!r}")
    text = "" if columns.duration is None else _cell(cells, columns.duration)
    duration = 0.0
    if text.lower() not in _NOTHING:
        found = _number(text)
        if found is None or found < 0:
            raise ValueError(f"expected a duration in seconds, found {text[:80]!r}")
        duration = found
    return NewMark(max(0.0, start), label, duration)


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _start(text: str, started: datetime, zone: tzinfo | None) -> float:
    """Return a time of the file in seconds since the start."""
    number = _number(text)
    if number is not None:
        return number
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone) if zone is not None else moment.astimezone()
        return (moment.astimezone(UTC) - started).total_seconds()
    try:
        return seconds_of(text)
    except ValueError:
        raise ValueError(
            "expected a time in seconds, such as 12.5 or 1:30, or of the clock, such as "
            f"2026-05-22T10:15:00, found {text[:80]!r}"
        ) from None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
