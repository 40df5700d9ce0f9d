"""What the columns of a session's tables mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.sessions.header import EVENTS_FILE, FACES_FILE, FRAMES_FILE
from emotion_core.sessions.tables import (
    EVENTS_COLUMNS,
    FACES_COLUMNS,
    FACES_COLUMNS_1,
    FRAMES_COLUMNS,
)
from emotion_core.system.tables import csv_of_rows


@dataclass(frozen=True)
class ColumnMeaning:
    """One column.

    Attributes:
        table: name of the file that it is in.
        column: its name.
        meaning: in a sentence.
        unit: of its numbers; "" for none.
        range: what values there are.
    """

    table: str
    column: str
    meaning: str
    unit: str
    range: str


_FIRST: Final = "from 1"
_SHARE: Final = "0 to 1"

#: Meaning, unit and range of each column, whichever table it is in.
_COLUMNS: Final = {
    "frame": ("Number of the frame. Missing numbers are frames that were dropped.", "", _FIRST),
    "seconds": ("Time of the frame or event since the recording started.", "s", "from 0"),
    "wall_clock": (
        "The same time as a date: the start of the recording plus seconds.", "UTC", "ISO 8601",
    ),
    "frame_width": ("Width of the frame.", "pixels", _FIRST),
    "frame_height": ("Height of the frame.", "pixels", _FIRST),
    "faces": ("Number of faces in the frame.", "", "from 0"),
    "track": (
        "Number of the track: the same as long as the face is followed without a break.",
        "", _FIRST,
    ),
    "person": (
        "Number of the person, as the Live page shows it: the same when they come back. Empty for "
        "a face seen for less than half a second, and for an event about everybody.",
        "", f"{_FIRST}, or empty",
    ),
    "face": (
        "Number of the track, which was taken for a person: somebody who came back has several.",
        "", _FIRST,
    ),
    "x": ("Left edge of the face's box; less than 0 beyond the picture.", "pixels", "any"),
    "y": ("Top edge of the face's box; less than 0 beyond the picture.", "pixels", "any"),
    "width": ("Width of the face's box.", "pixels", _FIRST),
    "height": ("Height of the face's box.", "pixels", _FIRST),
    "emotion": ("The expression with the highest score.", "", ", ".join(EMOTIONS)),
    "confidence": (
        "The score of emotion: the model's probability, smoothed over time.", "", _SHARE,
    ),
    "answer": (
        f'What the page shows: emotion, or "{UNCERTAIN}" where confidence is below the model\'s '
        "threshold.",
        "", f"{', '.join(EMOTIONS)}, {UNCERTAIN}",
    ),
    "rule": ("The rule whose condition held, in words.", "", ""),
    "score": ("The score of the rule's expression; empty for rules on faces.", "", _SHARE),
    **{
        emotion: (f"Score of {emotion}; the seven add up to 1.", "", _SHARE) for emotion in EMOTIONS
    },
}  # fmt: skip


def codebook(session_format: int) -> tuple[ColumnMeaning, ...]:
    """Return the columns of all tables of a session, in their order.

    Args:
        session_format: that of the session's header.
    """
    tables = {
        FRAMES_FILE: FRAMES_COLUMNS,
        FACES_FILE: FACES_COLUMNS_1 if session_format == 1 else FACES_COLUMNS,
        EVENTS_FILE: EVENTS_COLUMNS,
    }
    return tuple(
        ColumnMeaning(table, column, *_COLUMNS[column])
        for table, columns in tables.items()
        for column in columns
    )


def exported_codebook(*, with_events: bool = False) -> tuple[ColumnMeaning, ...]:
    """Return the columns of an export as CSV or Parquet, in their order; ``table`` is empty.

    Args:
        with_events: whether to add those that only the events have.
    """
    events = EVENTS_COLUMNS if with_events else ()
    columns = dict.fromkeys((*FRAMES_COLUMNS, *FACES_COLUMNS, *events))
    del columns["faces"]
    return tuple(ColumnMeaning("", column, *_COLUMNS[column]) for column in columns)


def codebook_csv(meanings: Iterable[ColumnMeaning]) -> str:
    """Return columns as CSV, with a header line."""
    names = [field.name for field in fields(ColumnMeaning)]
    return csv_of_rows(names, [vars(meaning) for meaning in meanings])
