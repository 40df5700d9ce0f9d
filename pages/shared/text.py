"""What several pages write alike."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from emotion_core.errors import NoHomeError
from emotion_core.system.folders import PERSONAL_VARIABLES, PROJECT, cache_dir, data_dir
from pages.shared.access import server_is_offered

# An absolute path, on any system, and no part of an address or of "and/or".
_PATH: Final = re.compile(
    r"(?<![\w.:/\\-])(?:[A-Za-z]:(?=[/\\]))?(?:[/\\][^/\\\s:;,'\"`()<>|]+)+[/\\]?"
)

#: What this app is called, wherever it says so.
PRODUCT: Final = "Emotion dashboard"


def plain(text: str) -> str:
    """Return Markdown that shows ``text`` as it is: names of files hold any characters.

    Of paths, viewers elsewhere see the last name only.
    """
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~:$&@-])", r"\\\1", without_places(text))


def without_places(text: str) -> str:
    """Return ``text``, for viewers elsewhere without the folders of this machine.

    Where things lie tells the name of who runs the app, and helps nobody who cannot go there.
    """
    if server_is_offered():
        return text
    for folder in _folders():  # their names may hold spaces
        text = text.replace(f"{folder}{os.sep}", os.sep)
    return _PATH.sub(lambda found: re.split(r"[/\\]", found[0].rstrip("/\\"))[-1], text)


def located(folder: Path) -> str:
    """Return Markdown for where something lies, as "in ... on the machine that runs this app"."""
    machine = "on the machine that runs this app"
    return f"in `{folder}` {machine}" if server_is_offered() else machine


def _folders() -> list[str]:
    folders = [PROJECT, Path(tempfile.gettempdir())]
    with suppress(RuntimeError):
        folders.append(Path.home())
    for find in (data_dir, cache_dir):
        with suppress(NoHomeError):
            folders.append(find())
    folders += [Path(os.environ[name]) for name in PERSONAL_VARIABLES if os.environ.get(name)]
    return sorted({str(each) for each in folders}, key=len, reverse=True)


def duration(seconds: float) -> str:
    """Return 75.2 as "1 min 15 s", in the two largest units that are not 0."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
