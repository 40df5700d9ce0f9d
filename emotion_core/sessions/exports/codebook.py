"""What the columns of a session's tables mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.sessions.header import (
    EVENTS_FILE,
    FACES_FILE,
    FRAMES_FILE,
    PHOTOS_FILE,
    Kind,
)
from emotion_core.sessions.numbers.baseline import RELATIVE_COLUMNS, REST_LABEL
from emotion_core.sessions.photos.table import PHOTOS_COLUMNS
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


#: What an export has beside the recorded columns: what people said afterwards.
EDITED_COLUMNS: Final = ("name", "corrected")

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
    "name": ("Name that somebody gave the person.", "", ""),
    "corrected": (
        "What somebody who looked at the face says it shows; empty where nobody corrected the "
        "answer.",
        "", f"{', '.join(EMOTIONS)}, {UNCERTAIN}, or empty",
    ),
    "rule": ("The rule whose condition held, in words.", "", ""),
    "score": ("The score of the rule's expression; empty for rules on faces.", "", _SHARE),
    **{
        emotion: (f"Score of {emotion}; the seven add up to 1.", "", _SHARE) for emotion in EMOTIONS
    },
    **{
        column: (
            f"Score of {emotion} relative to the person's rest, a range marked “{REST_LABEL}”: the "
            "mean logarithm there is taken away, then the seven add up to 1 again. Empty for "
            "persons without a rest.",
            "", f"{_SHARE}, or empty",
        )
        for column, emotion in zip(RELATIVE_COLUMNS, EMOTIONS, strict=True)
    },
}  # fmt: skip

#: What is another thing where the frames are photos.
_OF_PHOTOS: Final = {
    "frame": (
        "Number of the photo, in the order of the names. Missing numbers are photos that could not "
        "be read.",
        "", _FIRST,
    ),
    "file": ("Name of the photo's file, with the folders it was found in.", "", ""),
    "seconds": (
        "Place of the photo in the set, from 0. It is no time: photos have no order in time here.",
        "", "from 0",
    ),
    "wall_clock": (
        "When the photo was taken, by its Exif data; without a time zone there, in that of the "
        "machine that read it. Empty where the photo does not say.",
        "UTC", "ISO 8601, or empty",
    ),
    "frame_width": ("Width of the photo.", "pixels", _FIRST),
    "frame_height": ("Height of the photo.", "pixels", _FIRST),
    "faces": ("Number of faces in the photo.", "", "from 0"),
    "track": (
        "Number of the face in the whole set: photos are not followed, so each face has its own.",
        "", _FIRST,
    ),
    "person": ("Empty: nobody is recognised in photos.", "", "empty"),
    "confidence": ("The score of emotion: the model's probability.", "", _SHARE),
    "taken": (
        "When the photo was taken, by its Exif data, as the camera's clock showed it. Empty where "
        "the photo does not say.",
        "", "ISO 8601, or empty",
    ),
    "problem": ("Why the photo could not be read. Empty where it could.", "", ""),
}  # fmt: skip


def codebook(session_format: int, kind: Kind = "live") -> tuple[ColumnMeaning, ...]:
    """Return the columns of all tables of a session, in their order.

    Args:
        session_format: that of the session's header.
        kind: what it is a recording of.
    """
    tables = {
        FRAMES_FILE: FRAMES_COLUMNS,
        FACES_FILE: FACES_COLUMNS_1 if session_format == 1 else FACES_COLUMNS,
    } | ({PHOTOS_FILE: PHOTOS_COLUMNS} if kind == "photos" else {EVENTS_FILE: EVENTS_COLUMNS})
    meanings = _meanings(kind)
    return tuple(
        ColumnMeaning(table, column, *meanings[column])
        for table, columns in tables.items()
        for column in columns
    )


def exported_codebook(
    *,
    with_events: bool = False,
    raw: bool = False,
    kind: Kind = "live",
    relative: bool = False,
) -> tuple[ColumnMeaning, ...]:
    """Return the columns of an export as CSV or Parquet, in their order; ``table`` is empty.

    Args:
        with_events: whether to add those that only the events have.
        raw: whether it is the session as it was recorded, which has no ``EDITED_COLUMNS``.
        kind: what the session is a recording of.
        relative: whether somebody's rest is marked, so that there are ``RELATIVE_COLUMNS``.
    """
    edited = () if raw else EDITED_COLUMNS
    rest = RELATIVE_COLUMNS if relative else ()
    events = EVENTS_COLUMNS if with_events else ()
    first, *others = FRAMES_COLUMNS
    files = ("file",) if kind == "photos" else ()
    columns = dict.fromkeys((first, *files, *others, *FACES_COLUMNS, *edited, *rest, *events))
    del columns["faces"]
    meanings = _meanings(kind)
    return tuple(ColumnMeaning("", column, *meanings[column]) for column in columns)


def _meanings(kind: Kind) -> dict[str, tuple[str, str, str]]:
    return _COLUMNS | _OF_PHOTOS if kind == "photos" else _COLUMNS


def codebook_csv(meanings: Iterable[ColumnMeaning]) -> str:
    """Return columns as CSV, with a header line."""
    names = [field.name for field in fields(ColumnMeaning)]
    return csv_of_rows(names, [vars(meaning) for meaning in meanings])
