"""The app's log, as lines of JSON without anything of anybody, where the server wants it so."""

from __future__ import annotations

import time

from emotion_core.access.people.known import list_known
from emotion_core.system.logs.hiding import hide_names
from emotion_core.system.logs.lines import speak_as_asked

_EVERY = 60.0

_asked: tuple[float, list[str]] | None = None


def log_as_asked() -> None:
    """Log as `lines.LOG_VARIABLE` says, and never the names of those who have accounts."""
    if speak_as_asked():
        hide_names(names_of_people)


def names_of_people() -> list[str]:
    """Return what everybody with an account is called, as it was a minute ago at the most."""
    global _asked
    if _asked is None or time.monotonic() - _asked[0] > _EVERY:
        _asked = time.monotonic(), [each.name for each in list_known()[0]]
    return _asked[1]
