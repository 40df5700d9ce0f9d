"""What is put in order as long as the app runs, whether or not somebody looks at a page."""

from __future__ import annotations

from emotion_core.access.audit import forget_old
from emotion_core.belongings.migrations import prepare
from emotion_core.belongings.retention import delete_what_is_due
from emotion_core.models.folder import models_dirs
from emotion_core.system.storage.housekeeping import keep_house_once
from emotion_core.system.storage.persons import at_home


def keep_order() -> None:
    """Bring folders of earlier versions to this one's format, then put all else in order.

    The rest is done beside what this process does. May be called again.

    Raises:
        FormatError: a folder is of a later version, and nothing may touch it.
    """
    with at_home(None):  # it is the server's work; each home is looked at by those who know homes
        prepare()
        folders = models_dirs()
    keep_house_once(*folders, hourly=(delete_what_is_due, forget_old))
