"""What is put in order when the app or a command starts, and every hour as long as the app runs."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from emotion_core.errors import EmotionCoreError, NoHomeError
from emotion_core.system.storage.disk_cache import KINDS
from emotion_core.system.storage.files import ON_WINDOWS, keep_private, write_json
from emotion_core.system.storage.folders import (
    CACHE_DIR_VARIABLE,
    DATA_DIR_VARIABLE,
    PERSONAL_VARIABLES,
    base_dir,
    cache_dir,
)
from emotion_core.system.storage.homes import all_homes
from emotion_core.system.storage.json_reading import checked, read_json
from emotion_core.system.storage.leftovers import sweep, sweep_temporary
from emotion_core.system.storage.persons import HIDDEN_HOMES

#: In ``base_dir``: the folders that were closed to others once. Who opens one again may.
CLOSED_FILE: Final = "closed_to_others.json"

_PERSONAL: Final = ("sessions", "own_data", "uploads", "runs", "exclusions", "videos")
# One of these makes a folder one of ours, where an environment variable names any folder at all.
_HEADERS: Final = (
    "session.json", "dataset.json", "run.json", "video.json", "meta.json", "checksums.json",
)  # fmt: skip
_UPLOAD: Final = re.compile(r".*-[0-9a-f]{8}")

#: Between two looks at what has grown too old, in seconds.
EVERY_SECONDS: Final = 3600.0

_LOG: Final = logging.getLogger(__name__)

_started = threading.Event()


def keep_house_once(*others: Path, hourly: Sequence[Callable[[], object]] = ()) -> None:
    """Put everything in order beside what this process does; once, however often it is called.

    Args:
        others: see ``keep_house``.
        hourly: what is done after that, and again every hour as long as this process lives.
    """
    if not _started.is_set():
        _started.set()

        def work() -> None:
            keep_house(*others)
            while True:
                do_all(hourly)
                time.sleep(EVERY_SECONDS)

        threading.Thread(target=work, name="housekeeping", daemon=True).start()


def do_all(tasks: Sequence[Callable[[], object]]) -> None:
    """Do one thing after the other; one that fails is logged, and keeps from no other."""
    for task in tasks:
        try:
            task()
        except (EmotionCoreError, OSError) as error:
            _LOG.warning("What is done every hour failed: %s", error)


def keep_house(*others: Path) -> None:
    """Close folders of earlier versions to others once, and remove what killed processes left.

    What cannot be changed stays as it is: this never keeps anybody from working.

    Args:
        others: folders of what people make besides those in ``data_dir``, such as models.
    """
    with suppress(OSError, NoHomeError):
        _close_earlier_folders()
    sweep_temporary()
    for folder in (*_folders_of_ours(), *others):
        sweep(folder)


def _folders_of_ours() -> Iterator[Path]:
    for name in PERSONAL_VARIABLES:
        if chosen := os.environ.get(name):
            yield Path(chosen)
            yield from _entries(Path(chosen) / HIDDEN_HOMES)
    with suppress(NoHomeError, OSError):
        for home in all_homes():
            yield from (home.folder / kind for kind in (*_PERSONAL, "models"))
    with suppress(NoHomeError):
        yield from (cache_dir() / kind for kind in KINDS)


def _entries(folder: Path) -> list[Path]:
    with suppress(OSError):  # nobody has a home there
        return list(folder.iterdir())
    return []


def _close_earlier_folders() -> None:
    """Let nobody but the owner read what earlier versions, under most umasks, let all read."""
    if ON_WINDOWS:  # a user's folders are the user's there
        return
    record = base_dir() / CLOSED_FILE
    closed = _closed(record)
    folders = [folder for folder in _folders_of_ours() if folder.name != "models"]
    new = [each for each in folders if str(each.absolute()) not in closed and each.is_dir()]
    if not new:
        return
    for variable, find in ((DATA_DIR_VARIABLE, base_dir), (CACHE_DIR_VARIABLE, cache_dir)):
        if not os.environ.get(variable) and find().is_dir():
            find().chmod(0o700)
    for folder in new:
        ours = [entry for entry in folder.iterdir() if _is_ours(entry)]
        for entry in ours:
            with suppress(OSError):  # removed just now, or somebody else's
                keep_private(entry)
        if len(ours) == len([entry for entry in folder.iterdir() if entry.name[0] != "."]):
            with suppress(OSError):
                folder.chmod(folder.stat().st_mode & 0o700)
    write_json(record, sorted(closed | {str(each.absolute()) for each in new}))


def _closed(record: Path) -> set[str]:
    try:
        return set(checked(read_json(record), list[str]))
    except (OSError, ValueError):
        return set()


def _is_ours(entry: Path) -> bool:
    if entry.name.startswith(".") or entry.is_symlink():
        return False
    if entry.is_dir():
        by_name = entry.parent.name == "uploads" and _UPLOAD.fullmatch(entry.name) is not None
        return by_name or any((entry / name).is_file() for name in _HEADERS)
    return entry.suffix == ".json" and entry.parent.name == "exclusions"
