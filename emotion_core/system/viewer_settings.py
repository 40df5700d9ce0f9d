"""What each viewer of the app has set, kept in a file of their own between visits.

One app may have many viewers: each file is found by the secret that only this viewer's browser has.
"""

from __future__ import annotations

import logging
import re
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.folders import data_dir
from emotion_core.system.storage.formats import known
from emotion_core.system.storage.json_reading import checked, read_json

#: Viewers whose settings are kept; those who changed nothing for longest go first.
MOST_VIEWERS: Final = 200
#: Bytes of one viewer's file: dozens of settings take two thousand.
MOST_BYTES: Final = 32_000

_VIEWER: Final = re.compile(r"[0-9a-f]{32}")
_lock: Final = threading.Lock()
_log = logging.getLogger(__name__)

#: What somebody has set on each page, by the setting's name: plain JSON values.
Settings = dict[str, dict[str, Any]]


def is_viewer(text: str) -> bool:
    """Tell whether ``text`` may name a viewer: 32 hexadecimal digits."""
    return _VIEWER.fullmatch(text) is not None


def settings_dir() -> Path:
    """Return the folder of all viewers' settings; it need not exist.

    Raises:
        NoHomeError: there is no folder to keep things in.
    """
    return known(data_dir() / "settings", "settings")


def read_settings(viewer: str) -> Settings:
    """Return what a viewer has set; nothing where that is not known or its file is damaged."""
    path = _file(viewer)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("it is too large")
        return checked(read_json(path), dict[str, dict[str, Any]])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _log.warning("%s is damaged, so settings are the usual ones again: %s", path, error)
        return {}


def change_settings(viewer: str, page: str, changes: dict[str, Any]) -> None:
    """Keep what a viewer has changed on a page; what cannot be kept is not worth an error.

    Args:
        viewer: whose settings.
        page: where.
        changes: new values by name, as JSON knows them; None forgets one.
    """
    with _lock:  # another tab of the same viewer may change another one
        settings = read_settings(viewer)
        values = {**settings.get(page, {}), **changes}
        kept = {name: value for name, value in values.items() if value is not None}
        settings = {name: of_page for name, of_page in settings.items() if name != page}
        if kept:
            settings[page] = kept
        path = _file(viewer)
        try:
            if not settings:
                path.unlink(missing_ok=True)
                return
            if len(repr(settings)) > MOST_BYTES // 2:  # JSON escapes letters
                _log.warning("the settings of %s are too many to keep another", page)
                return
            write_json(path, settings)
            _make_room(path.parent)
        except (OSError, ValueError, TypeError) as error:
            _log.warning("settings cannot be kept: %s", error)


def _file(viewer: str) -> Path:
    if not is_viewer(viewer):
        raise ValueError(f"expected 32 hexadecimal digits, found {viewer!r}")
    return settings_dir() / f"{viewer}.json"


def _make_room(folder: Path) -> None:
    files = [path for path in folder.iterdir() if is_viewer(path.stem)]
    if len(files) <= MOST_VIEWERS:
        return
    changed = {}
    for path in files:
        with suppress(FileNotFoundError):
            changed[path] = path.stat().st_mtime
    for path in sorted(changed, key=lambda each: changed[each])[:-MOST_VIEWERS]:
        path.unlink(missing_ok=True)
