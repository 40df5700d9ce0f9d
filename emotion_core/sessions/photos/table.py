"""``photos.csv``: which frame is which file, when it was taken, and why one could not be read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emotion_core.errors import SessionError
from emotion_core.sessions.header import PHOTOS_FILE
from emotion_core.system.storage.files import owner_only
from emotion_core.system.tables import as_it_was, csv_of_rows

if TYPE_CHECKING:
    import pandas as pd

#: Columns of ``photos.csv``, one row a photo, those that cannot be read among them: they have no
#: row in ``frames.csv``.
PHOTOS_COLUMNS: Final = ("frame", "file", "taken", "problem")


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of a set; the columns of ``photos.csv``.

    Attributes:
        frame: its number, from 1, in the order of the names.
        file: its name below the set's folder, with forward slashes.
        taken: when, by its Exif data: ISO 8601, as the camera's clock showed it, with its offset
            from UTC where the camera wrote one; empty where it does not say.
        problem: why it could not be read, on one line; empty where it could.
    """

    frame: int
    file: str
    taken: str = ""
    problem: str = ""


def write_photos(folder: Path, photos: Iterable[Photo]) -> None:
    """Write ``photos.csv`` into the folder of a session that nobody has opened yet.

    Raises:
        OSError: it cannot be written.
    """
    # A name of Linux may be any bytes.
    with open(
        folder / PHOTOS_FILE,
        "w",
        encoding="utf-8",
        errors="backslashreplace",
        newline="",
        opener=owner_only,
    ) as file:
        # Somebody may open it in a spreadsheet: names that would run there are harmless.
        rows = [dict(zip(PHOTOS_COLUMNS, astuple(photo), strict=True)) for photo in photos]
        file.write(csv_of_rows(PHOTOS_COLUMNS, rows))


def read_photos(folder: Path) -> tuple[Photo, ...]:
    """Return the photos of the session in ``folder``, in the order of their frames.

    Raises:
        SessionError: the table is missing or damaged.
    """
    path = folder / PHOTOS_FILE
    try:
        text = path.read_text(encoding="utf-8")
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        return tuple(_photo(row) for row in rows)
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise SessionError(
            f"{path} cannot be read ({error}); expected a table as this project writes it; "
            "restore it from a backup or delete the session"
        ) from error


def with_files(table: pd.DataFrame, photos: Iterable[Photo]) -> pd.DataFrame:
    """Return a table of frames or faces with the column ``file`` behind ``frame``.

    Args:
        table: has a column ``frame``.
        photos: of the same session.
    """
    files = {photo.frame: photo.file for photo in photos}
    table = table.copy()
    table.insert(table.columns.get_loc("frame") + 1, "file", table["frame"].map(files))
    return table


def _photo(row: dict[str, str]) -> Photo:
    frame = int(row["frame"])
    texts = [row[field.name] for field in fields(Photo)[1:]]
    if frame < 1 or any(text is None for text in texts):
        raise ValueError("a row is cut off")
    return Photo(frame, *map(as_it_was, texts))
