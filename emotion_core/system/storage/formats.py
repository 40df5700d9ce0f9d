"""The versions of the folders that hold all things of a kind: how they are laid out, as a number.

A folder says its own in a small file, `FORMAT_FILE`. Those of earlier versions of the app have none
and are of format 1. Single things may have a version besides, in a file of their own that is read
with them: see docs/deployment.md, "Keeping it". This one is for what a reader of one thing could
not mend: where things lie, and what they are called.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from emotion_core.errors import FormatError

#: The format that this version of the app keeps, by the name of the folder. Whoever raises one adds
#: what leads there to ``belongings.migrations``.
FORMATS: Final[dict[str, int]] = {
    "sessions": 1,
    "own_data": 1,
    "videos": 1,
    "uploads": 1,
    "exclusions": 1,
    "runs": 1,
    "models": 1,
    "settings": 1,
    "tokens": 1,
}

#: Those of them that hold what people make.
THINGS: Final = tuple(name for name in FORMATS if name not in ("settings", "tokens"))

#: Its first word is the format. Hidden: it is none of the things.
FORMAT_FILE: Final = ".format"


def format_of(folder: Path) -> int | None:
    """Return the format that a folder says it has; None where it says none.

    Raises:
        FormatError: what it says is no format.
    """
    path = folder / FORMAT_FILE
    try:
        words = path.read_text(encoding="ascii").split()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not words or not words[0].isdecimal() or not 1 <= int(words[0]) <= 10_000:
        raise _damaged(path, repr(" ".join(words)[:40]))
    return int(words[0])


def known(folder: Path, name: str) -> Path:
    """Return a folder unless a later version of the app has laid it out: nobody may touch it then.

    Args:
        folder: holds all things of a kind; it need not exist.
        name: the kind, as in `FORMATS`.

    Raises:
        FormatError: it is of a later format, or what it says is none.
    """
    found, newest = format_of(folder) or 1, FORMATS.get(name, 1)
    if found > newest:
        raise FormatError(
            f"{folder}: expected format {newest} of {name}, which this version of the app "
            f"keeps, or an earlier one, found format {found}; start the version that wrote it, or "
            "a later one"
        )
    return folder


def _damaged(path: Path, found: str) -> FormatError:
    return FormatError(
        f"{path}: expected the number of a format, found {found}; bring it back from a backup, or "
        "write the number that it had"
    )
