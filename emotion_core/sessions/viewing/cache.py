"""Keeps a session's packed rows in the cache until its tables, or what was corrected, change."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emotion_core.errors import NoHomeError, SessionError
from emotion_core.sessions.header import FACES_FILE, FRAMES_FILE
from emotion_core.sessions.viewing.packing import Index, write_packed
from emotion_core.system.storage import disk_cache
from emotion_core.system.storage.disk_cache import CacheKey
from emotion_core.system.storage.json_reading import checked, read_json

if TYPE_CHECKING:
    import pandas as pd

#: Raised whenever the same tables give another file.
FORMAT: Final = 1

_ROWS: Final = "rows.bin"
_INDEX: Final = "index.json"

_LOST: Final = "what a session's chart is drawn from is not cached and will be computed again"

#: Returns the tables of frames and of faces.
Read = Callable[[], "tuple[pd.DataFrame, pd.DataFrame]"]


def packed_rows(
    folder: Path, read: Read, corrections: tuple[Any, ...] = ()
) -> tuple[Index, bytes | Path]:
    """Return a session's rows for a browser, from the cache where they are there.

    Args:
        folder: the session's.
        read: returns its tables, corrected; called where nothing is kept.
        corrections: what was corrected in them, as JSON values.

    Returns:
        what is where in the file; and its path, or where nothing can be kept its content.

    Raises:
        SessionError: a table is missing or damaged.
    """
    key = CacheKey("timelines", FORMAT, _source(folder), (_tables_state(folder), corrections))
    try:
        found = disk_cache.load(key, _read)
        if found is None:
            frames, faces = read()
            found = disk_cache.store(
                key, lambda entry: _write(frames, faces, entry), _read, lost=_LOST
            ) or _in_memory(frames, faces)
    except NoHomeError:
        return _in_memory(*read())
    return found


def forget_rows(folder: Path) -> None:
    """Remove what is kept of a session, which is being deleted.

    Args:
        folder: the session's, which may be gone.
    """
    with suppress(NoHomeError):
        disk_cache.forget("timelines", _source(folder))


def _tables_state(folder: Path) -> tuple[Any, ...]:
    try:
        found = [(folder / name).stat() for name in (FRAMES_FILE, FACES_FILE)]
    except OSError as error:
        raise SessionError(
            f"{error.filename} cannot be read ({error.strerror}); expected a table as this project "
            "writes it; restore it from a backup or delete the session"
        ) from error
    return tuple((stat.st_size, stat.st_mtime_ns) for stat in found)


def _source(folder: Path) -> tuple[str]:
    return (str(folder.absolute()),)


def _write(frames: pd.DataFrame, faces: pd.DataFrame, entry: Path) -> None:
    with (entry / _ROWS).open("wb") as file:
        index = write_packed(frames, faces, file)
    (entry / _INDEX).write_text(json.dumps(asdict(index)) + "\n", encoding="utf-8")


def _read(entry: Path) -> tuple[Index, bytes | Path]:
    index = checked(read_json(entry / _INDEX), Index)
    return index, entry / _ROWS


def _in_memory(frames: pd.DataFrame, faces: pd.DataFrame) -> tuple[Index, bytes]:
    file = io.BytesIO()
    index = write_packed(frames, faces, file)
    return index, file.getvalue()
