"""For whom the present code runs, where an app has accounts.

Each person's things lie in a home of their own, see ``folders.data_dir``; so what looks for things
finds those of whoever it runs for, and no others. Whose turn it is, is known by context: a page's
run by who has logged in, a program's request by who made its token, a process that trains or reads
a video by its environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from emotion_core.errors import NoHomeError

#: Tells a process for whom it runs.
PERSON_VARIABLE: Final = "EMOTION_PERSON"

#: Names of people's homes, in ``folders.base_dir``; in a folder that a variable names it is hidden,
#: for there it lies among things.
HOMES: Final = "people"
HIDDEN_HOMES: Final = ".people"

_ID: Final = re.compile(r"[0-9a-f]{16}")

P = ParamSpec("P")
T = TypeVar("T")

Finder = Callable[[], str | None]

# The server itself, which is not nobody in particular: "" cannot be anybody's id.
_SERVER: Final = ""
_current: Final[ContextVar[str | None]] = ContextVar("person", default=None)
_finders: Final[list[Finder]] = []


def is_person(text: str) -> bool:
    """Tell whether ``text`` may be a person's id: 16 hexadecimal digits."""
    return _ID.fullmatch(text) is not None


def whose() -> str | None:
    """Return the id of the person for whom this code runs.

    None: of the server's own, as in an app without accounts, and for whoever uses a terminal.

    Raises:
        NoHomeError: there are accounts, and nobody is known here.
    """
    known = _current.get()
    if known is not None:
        return known or None
    if _finders:
        return _finders[-1]()
    return _checked(os.environ.get(PERSON_VARIABLE) or _SERVER) or None


@contextmanager
def at_home(person: str | None) -> Iterator[None]:
    """Let what runs inside run for somebody; None: for the server itself.

    Raises:
        NoHomeError: that is nobody's id.
    """
    token = _current.set(_checked(person or _SERVER))
    try:
        yield
    finally:
        _current.reset(token)


def find_person_with(finder: Finder) -> Callable[[], None]:
    """Ask ``finder`` wherever nothing else says for whom code runs, and return what ends that.

    Args:
        finder: returns the person's id, or None where there are no accounts; raises a NoHomeError
            where there are and nobody is known.
    """
    _finders.append(finder)
    return lambda: _finders.remove(finder)


def for_same_person(work: Callable[P, T]) -> Callable[P, T]:
    """Return a function that another thread may call, and runs for whoever this code runs for."""
    person = whose()

    @wraps(work)
    def working(*arguments: P.args, **named: P.kwargs) -> T:
        with at_home(person):
            return work(*arguments, **named)

    return working


def environment_of(person: str | None) -> dict[str, str]:
    """Return the variables by which a process runs for somebody; None: for the server itself."""
    return {PERSON_VARIABLE: _checked(person or _SERVER)}


def _checked(person: str) -> str:
    if person and not is_person(person):
        raise NoHomeError(
            f"expected a person's id, 16 hexadecimal digits, found {person!r:.40}; python -m "
            "emotion_core people list names those who are known"
        )
    return person
