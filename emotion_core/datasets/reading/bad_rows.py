"""One error for any number of bad rows: where they are, how many, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from emotion_core.errors import DatasetError

#: How many places of bad rows a message names; it counts the rest.
NAMED_PLACES: Final = 5


class RowError(ValueError):
    """One row does not hold what it should; the message says what was expected and found."""


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used.

    Attributes:
        place: where it is, such as ``7`` (the line a text editor shows) or a picture's path.
        reason: what was expected and what was found.
    """

    place: str
    reason: str


def bad_rows_error(
    name: str,
    bad_rows: Sequence[BadRow],
    unit: str,
    advice: str = "mend the file, or skip bad rows (--skip-bad-rows)",
) -> DatasetError:
    """Return the error about ``bad_rows`` (at least one) of the file or folder ``name``.

    Args:
        name: the file or folder.
        bad_rows: in the order of the file.
        unit: what a row is called, in the singular: ``line`` or ``picture``.
        advice: what to do about it.
    """
    places = ", ".join(row.place for row in bad_rows[:NAMED_PLACES])
    if len(bad_rows) > NAMED_PLACES:
        places += ", …"
    units = unit if len(bad_rows) == 1 else f"{unit}s"
    first = bad_rows[0]
    which = "" if len(bad_rows) == 1 else f" in {unit} {first.place}"
    return DatasetError(
        f"{name}: {len(bad_rows)} bad {units} ({places}): {first.reason}{which}; {advice}"
    )


def no_rows_left_error(name: str, bad_rows: Sequence[BadRow], unit: str) -> DatasetError:
    """Return the error that nothing is left of ``name``, with what is wrong with its first row."""
    if not bad_rows:
        return DatasetError(f"{name}: expected at least one {unit} with a face, found none")
    first = bad_rows[0]
    return DatasetError(
        f"{name}: expected at least one good {unit}, found {len(bad_rows)} bad ones; "
        f"{unit} {first.place}: {first.reason}"
    )
