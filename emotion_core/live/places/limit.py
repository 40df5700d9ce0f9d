"""What whoever runs the app says about how many viewers it serves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from emotion_core.errors import PlacesError

#: The table of `secrets.toml`, and the name in it.
SECTION: Final = "live"
NAME: Final = "most_viewers"
#: The variable that says the same, and wins.
VARIABLE: Final = "EMOTION_MOST_VIEWERS"

_MOST: Final = 1000


def most_viewers(table: object = None) -> int | None:
    """Return how many viewers may be served at a time; None where nobody has said it.

    Args:
        table: the value of `SECTION` in the settings file; None where it has none.

    Raises:
        PlacesError: what is said is no such number.
    """
    if (text := os.environ.get(VARIABLE, "").strip()) != "":
        return _checked(VARIABLE, int(text) if text.isdecimal() else text)
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise _wrong(f"[{SECTION}]", f'a table with "{NAME}"', "something else")
    for name in table:
        if name != NAME:
            raise _wrong(f"[{SECTION}] {name}", f'"{NAME}"', "this name")
    return _checked(f"[{SECTION}] {NAME}", table[NAME]) if NAME in table else None


def _checked(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
        raise _wrong(name, f"a whole number from 1 to {_MOST}", f"{value!r:.40}")
    return value


def _wrong(name: str, expected: str, found: str) -> PlacesError:
    return PlacesError(
        f"{name}: expected {expected}, found {found}; fix or remove it; without, the app "
        "goes by what it measures"
    )
