"""The tables of a session: ``frames.csv``, ``faces.csv`` and, where there were any, ``events.csv``.

They are only ever appended to, the faces of a frame before the frame itself. What a killed process
leaves is therefore sound up to its last lines, and reading leaves out a line that was cut in two
and a frame whose faces are not all there.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS
from emotion_core.errors import SessionError
from emotion_core.faces.readings import FACE_COLUMNS, PersonReading, face_row
from emotion_core.sessions.header import EVENTS_FILE, FACES_FILE, FRAMES_FILE
from emotion_core.system.clock import iso_time
from emotion_core.system.storage.files import owner_only

if TYPE_CHECKING:
    import pandas as pd

_TIME_COLUMNS: Final = ("frame", "seconds", "wall_clock")

#: One row a frame: its number, seconds since the start on a clock that is never set, UTC in ISO
#: 8601, its size in pixels, and how many faces it has. Numbers left out are frames dropped.
FRAMES_COLUMNS: Final = (*_TIME_COLUMNS, "frame_width", "frame_height", "faces")

#: One row a face: the frame it is in, the number of its track (the same as long as the face is
#: followed) and of the person (the same when they come back), and what every table of faces holds.
#: In the first half second of a track it is not known who it is, and what lasts less is nobody: the
#: file has no person there. Reading fills it in where the track went on.
FACES_COLUMNS: Final = (*_TIME_COLUMNS, "track", "person", *FACE_COLUMNS[1:])

#: What sessions of format 1 have: ``face`` is the number of a track, which was taken for a person.
FACES_COLUMNS_1: Final = (*_TIME_COLUMNS, *FACE_COLUMNS)

#: One row an event: when, the rule in words, the number of the person whom it is about (none where
#: it is about all faces), and the score that a rule on an expression asks for.
EVENTS_COLUMNS: Final = ("seconds", "wall_clock", "rule", "person", "score")

_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """What is written of one frame.

    Attributes:
        number: counts the frames of the session from 1, dropped ones included.
        seconds: time since the start of the session.
        wall_clock: time in seconds since 1970; None of a photo that does not say when it was taken.
        size: width and height in pixels.
        readings: one for each face.
    """

    number: int
    seconds: float
    wall_clock: float | None
    size: tuple[int, int]
    readings: tuple[PersonReading, ...]


@dataclass(frozen=True, slots=True)
class EventRecord:
    """What is written of one event.

    Attributes:
        seconds: time since the start of the session.
        wall_clock: time in seconds since 1970.
        rule: the rule in words, without a comma.
        person: number of the person whom it is about; None where it is about all faces.
        score: the score that a rule on an expression asks for; else None.
    """

    seconds: float
    wall_clock: float
    rule: str
    person: int | None
    score: float | None


def header_line(columns: Iterable[str]) -> str:
    """Return the first line of a table."""
    return ",".join(columns) + "\n"


def frame_line(frame: FrameRecord) -> str:
    """Return the line of one frame in ``frames.csv``."""
    return _line(*_times(frame), *frame.size, len(frame.readings))


def face_lines(frame: FrameRecord) -> str:
    """Return the lines of one frame in ``faces.csv``, one for each face."""
    times = _times(frame)
    return "".join(_line(*times, *_face_values(face)) for face in frame.readings)


def event_line(event: EventRecord) -> str:
    """Return the line of one event in ``events.csv``."""
    times = event.seconds, iso_time(event.wall_clock)
    return _line(*times, event.rule, event.person, event.score)


@contextmanager
def new_tables(folder: Path) -> Iterator[Callable[[FrameRecord], None]]:
    """Write the frames and faces of a session that nobody has opened yet, frame by frame.

    Yields:
        what writes a frame and its faces.

    Raises:
        OSError: they cannot be written.
    """
    with (
        open(folder / FRAMES_FILE, "w", encoding="utf-8", opener=owner_only) as frames,
        open(folder / FACES_FILE, "w", encoding="utf-8", opener=owner_only) as faces,
    ):
        frames.write(header_line(FRAMES_COLUMNS))
        faces.write(header_line(FACES_COLUMNS))

        def write(record: FrameRecord) -> None:
            faces.write(face_lines(record))
            frames.write(frame_line(record))

        yield write


def complete_lines(path: Path) -> bytes:
    """Return a table's content without a last line that was cut in two."""
    content = path.read_bytes()
    # After a power failure, the end of a file may read as zeros that were never written.
    content = content.split(b"\0", 1)[0]
    return content[: content.rfind(b"\n") + 1]


def read_tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the frames and the faces of the session in ``folder``, by the columns above.

    A face's person is filled in where its track went on; it is missing (``NA``) where the track
    lasted less than half a second. In a session of format 1 every track is a person.

    Raises:
        SessionError: a table is missing or damaged.
    """
    frames = _read(folder / FRAMES_FILE, FRAMES_COLUMNS)
    faces = _read_faces(folder / FACES_FILE)
    present = faces.groupby("frame").size().reindex(frames["frame"], fill_value=0).to_numpy()
    frames = frames[present == frames["faces"]].reset_index(drop=True)
    faces = faces[faces["frame"].isin(frames["frame"])].reset_index(drop=True)
    return frames, faces


def count_rows(folder: Path) -> tuple[int, float, int]:
    """Return how many frames the session in ``folder`` has, the time of the last, and of persons.

    Where the tables are as they were at the last look, they are not read again: a list of sessions
    asks for it with each click, and of an hour it takes half a second.

    Raises:
        SessionError: a table is missing or damaged.
    """
    return _count_rows(folder, *(_state(folder / name) for name in (FRAMES_FILE, FACES_FILE)))


@lru_cache(maxsize=64)
def _count_rows(folder: Path, *_: tuple[int, int]) -> tuple[int, float, int]:
    frames, faces = read_tables(folder)
    seconds = float(frames["seconds"].iloc[-1]) if len(frames) else 0.0
    return len(frames), seconds, int(faces["person"].nunique())


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return -1, -1  # reading it says so
    return found.st_size, found.st_mtime_ns


def read_events(folder: Path) -> pd.DataFrame:
    """Return the events of the session in ``folder``, by `EVENTS_COLUMNS`; none is no error.

    Raises:
        SessionError: the table is damaged.
    """
    import pandas as pd

    path = folder / EVENTS_FILE
    # A killed process may leave half of the first line.
    if path.is_file() and complete_lines(path):
        return _with_times(_read(path, EVENTS_COLUMNS))
    return _with_times(pd.DataFrame(columns=EVENTS_COLUMNS).astype(_kinds(EVENTS_COLUMNS)))


def completed_faces(folder: Path) -> bytes:
    """Return ``faces.csv`` as it was recorded, with every person filled in that is known by now.

    Raises:
        OSError: it cannot be read.
    """
    path = folder / FACES_FILE
    content = complete_lines(path)
    if _is_format_1(path):
        return content
    track, person = FACES_COLUMNS.index("track"), FACES_COLUMNS.index("person")
    persons: dict[bytes, bytes] = {}
    lines = content.splitlines(keepends=True)
    for index in range(len(lines) - 1, 0, -1):
        cells = lines[index].split(b",", person + 1)
        if len(cells) <= person + 1:
            continue  # damaged; given as it is
        if cells[person]:
            persons[cells[track]] = cells[person]
        elif cells[track] in persons:
            cells[person] = persons[cells[track]]
            lines[index] = b",".join(cells)
    return b"".join(lines)


def joined_table(frames: pd.DataFrame, faces: pd.DataFrame) -> pd.DataFrame:
    """Return one row a face, and one with empty values for each frame without a face.

    Columns: those of a frame but its number of faces, then those of a face. ``wall_clock`` is a
    UTC time.
    """
    joined = frames.drop(columns="faces").merge(
        faces.drop(columns=["seconds", "wall_clock"]), on="frame", how="left"
    )
    for column in ("track", "person", "x", "y", "width", "height"):
        joined[column] = joined[column].astype("Int64")  # whole numbers, though some are missing
    return _with_times(joined)


def _times(frame: FrameRecord) -> tuple[int, float, str | None]:
    wall_clock = None if frame.wall_clock is None else iso_time(frame.wall_clock)
    return frame.number, frame.seconds, wall_clock


def _face_values(face: PersonReading) -> tuple[Any, ...]:
    return face.track, face.person, *list(face_row(face.track, face.reading).values())[1:]


def _line(*values: Any) -> str:
    return ",".join(map(_text, values)) + "\n"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.{_DIGITS}f}" if isinstance(value, float) else str(value)


def _with_times(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``table`` with UTC times in place of their texts."""
    import pandas as pd

    return table.assign(wall_clock=pd.to_datetime(table["wall_clock"], utc=True, format="ISO8601"))


def _kinds(columns: Iterable[str]) -> dict[str, Any]:
    texts = {"wall_clock", "emotion", "answer", "rule"}
    numbers = {"seconds", "confidence", "score", *EMOTIONS}
    kinds = {name: str if name in texts else float if name in numbers else int for name in columns}
    return kinds | ({"person": "Int64"} if "person" in kinds else {})  # some have none


def _read_faces(path: Path) -> pd.DataFrame:
    """Return a table of faces of any format, by `FACES_COLUMNS`."""
    if not _is_format_1(path):
        faces = _read(path, FACES_COLUMNS)
        return faces.assign(person=faces.groupby("track")["person"].bfill())
    faces = _read(path, FACES_COLUMNS_1)
    person = faces["face"].astype("Int64")
    return faces.assign(track=faces["face"], person=person)[list(FACES_COLUMNS)]


def _is_format_1(path: Path) -> bool:
    """Tell by the first line, as what is copied by hand may have lost its header."""
    try:
        with path.open("rb") as file:
            columns = file.readline().strip().split(b",")
    except OSError:
        return False  # reading it says so
    return b"face" in columns and b"track" not in columns


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    try:
        content = io.BytesIO(complete_lines(path))
        table = pd.read_csv(content, dtype=_kinds(columns), usecols=list(columns))
        if "answer" in columns and not table["answer"].isin(list(ANSWER_COLORS)).all():
            raise ValueError("an unknown expression")
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors
        reason = " ".join(str(error).split())
        raise SessionError(
            f"{path} cannot be read ({reason}); expected a table as this project writes it; "
            "restore it from a backup or delete the session"
        ) from error
    return table[list(columns)]
