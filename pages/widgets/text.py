"""What several pages write alike."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from datetime import tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

from emotion_core.errors import NoHomeError
from emotion_core.quantities import moment
from emotion_core.system.storage.folders import PERSONAL_VARIABLES, PROJECT, cache_dir, data_dir
from emotion_core.system.storage.persons import whose
from pages.viewer.access import server_is_offered

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


def for_whom() -> str:
    """Return for whom what this viewer changes is changed: for all, or with accounts for them."""
    return "for everyone who uses this app" if whose() is None else "for you"


def _folders() -> list[str]:
    folders = [PROJECT, Path(tempfile.gettempdir())]
    with suppress(RuntimeError):
        folders.append(Path.home())
    for find in (data_dir, cache_dir):
        with suppress(NoHomeError):
            folders.append(find())
    folders += [Path(os.environ[name]) for name in PERSONAL_VARIABLES if os.environ.get(name)]
    return sorted({str(each) for each in folders}, key=len, reverse=True)


def local_time(time: str) -> str:
    """Return an ISO time of a file as the viewer's clock showed it, "2026-11-28 14:05"."""
    return moment(time, viewers_zone())


def viewers_zone() -> tzinfo | None:
    """Return the time zone of the viewer's browser; None, the server's, where it is not known."""
    try:
        return ZoneInfo(st.context.timezone or "")
    except (ValueError, LookupError, OSError):
        return None
