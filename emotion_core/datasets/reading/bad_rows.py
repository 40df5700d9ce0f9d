"""One error for any number of bad rows: where they are, how many, and what is wrong."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from typing import Final

from emotion_core.errors import DatasetError

#: How many places of bad rows a message names; it counts the rest.
NAMED_PLACES: Final = 5


class RowError(ValueError):
    """One row does not hold what it should; the message says what was expected and found."""


@dataclass(frozen=True, order=True)
class BadRow:
    """A row that cannot be used.

    Attributes:
        place: where it is, such as ``7`` (the line a text editor shows) or a picture's path.
        reason: what was expected and what was found.
    """

    place: str
    reason: str


class BadRows:
    """All bad rows of a dataset; of millions, the first few are told."""

    def __init__(self) -> None:
        self._count = 0
        self._first: list[tuple[int, BadRow]] = []

    def __len__(self) -> int:
        return self._count

    def add(self, rank: int, row: BadRow) -> None:
        """Take note of a row; ``rank`` tells where it stands among the others."""
        self._count += 1
        insort(self._first, (rank, row))
        del self._first[NAMED_PLACES:]

    @property
    def first(self) -> list[BadRow]:
        """The first ``NAMED_PLACES`` of them, in order."""
        return [row for _, row in self._first]


def bad_rows_error(
    name: str,
    bad_rows: BadRows,
    unit: str,
    advice: str = "fix the file, or skip bad rows (--skip-bad-rows)",
) -> DatasetError:
    """Return the error about ``bad_rows`` (at least one) of the file or folder ``name``.

    Args:
        name: the file or folder.
        bad_rows: at least one.
        unit: what a row is called, in the singular: ``line`` or ``picture``.
        advice: what to do about it.
    """
    first, *_ = bad_rows.first
    places = ", ".join(row.place for row in bad_rows.first)
    if len(bad_rows) > NAMED_PLACES:
        places += ", …"
    units = unit if len(bad_rows) == 1 else f"{unit}s"
    which = "" if len(bad_rows) == 1 else f" in {unit} {first.place}"
    return DatasetError(
        f"{name}: {len(bad_rows)} bad {units} ({places}): {first.reason}{which}; {advice}"
    )


def no_rows_left_error(name: str, bad_rows: BadRows, unit: str) -> DatasetError:
    """Return the error that nothing is left of ``name``, with what is wrong with its first row."""
    if not bad_rows:
        return DatasetError(f"{name}: expected at least one {unit} with a face, found none")
    first, *_ = bad_rows.first
    return DatasetError(
        f"{name}: expected at least one good {unit}, found {len(bad_rows)} bad ones; "
        f"{unit} {first.place}: {first.reason}"
    )
