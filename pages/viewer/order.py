"""What is put in order as long as the app runs, whether or not somebody looks at a page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from emotion_core.access.audit import forget_old
from emotion_core.belongings.migrations import prepare
from emotion_core.belongings.retention import delete_what_is_due
from emotion_core.models.folder import models_dirs
from emotion_core.system.storage.folders import base_dir
from emotion_core.system.storage.housekeeping import keep_house_once
from emotion_core.system.storage.persons import at_home

# The data folders that were looked at; a process has one, tests have many.
_prepared: Final[set[Path]] = set()


def keep_order() -> None:
    """Bring folders of earlier versions to this one's format, then put all else in order.

    The rest is done beside what this process does. Each run of a page may call it: only the first
    pays for a look at everybody's folders. One that is of a later version afterwards is refused
    where it is used.

    Raises:
        FormatError: a folder is of a later version, and nothing may touch it.
    """
    with at_home(None):  # it is the server's work; each home is looked at by those who know homes
        base = base_dir()
        if base not in _prepared:
            prepare()
            _prepared.add(base)
        folders = models_dirs()
    keep_house_once(*folders, hourly=(delete_what_is_due, forget_old))
