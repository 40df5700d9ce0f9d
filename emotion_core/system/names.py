"""The rules for names: what people may call the things they keep, how long a file's may be."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Final

from emotion_core.errors import EmotionCoreError

LONGEST_NAME: Final = 60

#: In bytes: what file systems allow.
LONGEST_FILE_NAME: Final = 255

_NAME: Final = re.compile(rf"[^\W_](?:[\w .-]{{0,{LONGEST_NAME - 2}}}[\w-])?")


def checked_name(name: str, error: type[EmotionCoreError]) -> str:
    """Return a name for something new, without the spaces around it.

    It can be the name of a folder or a file on every system. Things that have other names, given
    under earlier rules, keep them: see ``is_plain``.

    Args:
        name: as somebody typed it.
        error: what to raise.

    Raises:
        EmotionCoreError: ``error``; the name does not do.
    """
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise error(
            f"expected a name of 1 to {LONGEST_NAME} letters, digits, spaces, dots, - and _, that "
            f"begins with a letter or digit and does not end with a dot, found {name[:80]!r}"
        )
    return name


def is_plain(name: str) -> bool:
    """Tell whether a name, as of an address or a form, leads out of no folder."""
    return name not in ("", ".", "..") and Path(name).name == name


def fitted(stem: str, ending: str = "", longest: int = LONGEST_FILE_NAME) -> str:
    """Return ``stem`` with ``ending``, the stem cut at its end where a name would be too long.

    Args:
        stem: such as the name of somebody's file, which may be as long as is allowed.
        ending: such as what tells our copy of it from the original; it is kept whole.
        longest: how long the name may be, in bytes of UTF-8.
    """
    while stem and len(f"{stem}{ending}".encode("utf-8", "surrogatepass")) > longest:
        stem = stem[:-1]
    return f"{stem}{ending}"


class _PlainWrite:
    """Stands in for the ``write`` of a stream to a terminal, and gives it no orders.

    Args:
        stream: writes text.
        but: control characters that go through.
    """

    def __init__(self, stream: io.TextIOWrapper, but: str) -> None:
        self._write = stream.write
        # Orders to terminals, and to editors in which letters change places.
        self._orders = re.compile(
            f"(?![{but}])[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
        )

    def __call__(self, text: str) -> int:
        """Write, and return how many letters."""
        self._write(self._orders.sub(_escaped, text))
        return len(text)


def _escaped(letter: re.Match[str]) -> str:
    return letter[0].encode("unicode_escape").decode()


def print_any_name() -> None:
    """Let this process print a file's name whatever letters the terminal or log knows.

    A name is any bytes on Linux, and a console of Windows may know 256 letters: the others are
    escaped, such as ``\\u4f60``. So are orders to the terminal, such as ``\\x1b[2J``, which names
    in foreign archives may hold; only the progress bars on stderr go back to where a line begins.
    """
    for stream, but in ((sys.stdout, "\n\t"), (sys.stderr, "\n\t\r")):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        # Whoever sets another way by PYTHONIOENCODING, such as "replace", keeps it.
        if stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")
        if not isinstance(stream.write, _PlainWrite):
            stream.write = _PlainWrite(stream, but)  # type: ignore[method-assign]
