"""A session in one file: CSV, Parquet or ZIP."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, BinaryIO, Final

from emotion_core.sessions.edits.folding import EditedSession, read_edited, read_raw
from emotion_core.sessions.edits.marks import read_marks
from emotion_core.sessions.exports.codebook import (
    EDITED_COLUMNS,
    codebook,
    codebook_csv,
    exported_codebook,
)
from emotion_core.sessions.header import (
    CODEBOOK_FILE,
    EDITING_FILE,
    EDITS_FILE,
    FACES_FILE,
    RECORDING_FILE,
    STOP_FILE,
)
from emotion_core.sessions.numbers.baseline import RELATIVE_COLUMNS, rests_of, with_relative
from emotion_core.sessions.photos.table import read_photos, with_files
from emotion_core.sessions.storage import SESSION_FILES, Session
from emotion_core.sessions.tables import (
    FACES_COLUMNS,
    complete_lines,
    completed_faces,
    joined_table,
)
from emotion_core.system.clock import iso_time
from emotion_core.system.tables import csv_of_rows, write_csv

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

#: Kinds of files, by suffix.
TABLE_KINDS: Final = ("csv", "parquet", "zip")


def write_export(session: Session, kind: str, file: BinaryIO, *, raw: bool = False) -> None:
    """Write ``session`` to an open file.

    CSV and Parquet hold `emotion_core.sessions.tables.joined_table`: a row for each face of each
    frame, after everything that people said afterwards (`emotion_core.sessions.edits`): merged
    persons, without hidden ones and ranges left out, with names and corrected answers. Parquet
    keeps header, events and marks beside it: ``pandas.read_parquet(…).attrs["session"]``,
    ``["events"]`` and ``["marks"]``, lists of rows, and what its columns mean, ``["codebook"]``.
    ZIP holds everything as it was recorded, and the edits: header, all tables, what their columns
    mean, video. Of photos, each row names its ``file``.

    Args:
        session: what to write.
        kind: one of ``TABLE_KINDS``.
        file: where to write it; one in memory will do.
        raw: without what people said afterwards.

    Raises:
        SessionError: the session is damaged.
    """
    if kind == "zip":
        write_several([session], file, raw=raw)
        return
    whole = read_raw(session) if raw else read_edited(session)
    rests = {} if raw else rests_of(whole)
    edited = whole.counted()
    table = _faces_of_frames(edited, rests, raw=raw)
    if session.header.kind == "photos":
        table = with_files(table, read_photos(session.folder))
    if kind == "csv":
        write_csv(_with_texts(table), file)
    else:
        events = _with_texts(edited.events)
        table.attrs["session"] = session.header.to_json()
        table.attrs["events"] = json.loads(events.to_json(orient="records", double_precision=4))
        table.attrs["codebook"] = [
            asdict(meaning)
            for meaning in exported_codebook(
                raw=raw, kind=session.header.kind, relative=bool(rests)
            )
        ]
        if not raw:
            table.attrs["marks"] = [asdict(mark) for mark in edited.marks]
        table.to_parquet(file, engine="pyarrow", index=False)


def _faces_of_frames(
    edited: EditedSession, rests: dict[int, NDArray[np.float64]], *, raw: bool
) -> pd.DataFrame:
    if raw:
        return joined_table(edited.frames, edited.faces.drop(columns="corrected"))
    names = edited.faces["person"].map(dict(edited.names))
    corrected = edited.faces["corrected"].astype(edited.faces["answer"].dtype)
    faces = edited.faces.assign(name=names.astype(corrected.dtype), corrected=corrected)
    columns = (*FACES_COLUMNS, *EDITED_COLUMNS)
    if rests:
        faces, columns = with_relative(faces, rests), (*columns, *RELATIVE_COLUMNS)
    return joined_table(edited.frames, faces[[*columns]])


def write_marks(session: Session, file: BinaryIO) -> None:
    """Write the session's marks to an open file, as a CSV file that can be imported again.

    Columns: ``time`` and ``duration`` in seconds, ``label``, ``wall_clock`` in UTC, ``color``,
    ``source`` and ``person``.

    Raises:
        SessionError: the session is damaged.
    """
    started = session.header.began.timestamp()
    columns = ("time", "duration", "label", "wall_clock", "color", "source", "person")
    rows = [
        {
            "time": round(mark.start, 4),
            "duration": round(mark.seconds, 4),
            "label": mark.label,
            "wall_clock": iso_time(started + mark.start),
            "color": mark.color,
            "source": mark.source,
            "person": "" if mark.person is None else mark.person,
        }
        for mark in read_marks(session)
    ]
    file.write(csv_of_rows(columns, rows).encode())


def write_events(session: Session, file: BinaryIO) -> None:
    """Write the session's events alone to an open file, as CSV, about persons as they are by now.

    Args:
        session: what to write.
        file: where to write it; one in memory will do.

    Raises:
        SessionError: the session is damaged.
    """
    write_csv(_with_texts(read_edited(session).counted().events), file)


def _with_texts(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``table`` with its times as they were recorded.

    pandas would write "2026-01-01 12:00:00.250000+00:00".
    """
    times = table["wall_clock"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f").str[:-3] + "Z"
    return table.assign(wall_clock=times)


def write_several(sessions: Iterable[Session], file: BinaryIO, *, raw: bool = False) -> None:
    """Write several sessions to an open file, as one ZIP with a folder for each.

    Args:
        sessions: what to write; each folder holds what the ZIP of one session holds.
        file: where to write it; one in memory will do.
        raw: without what people said afterwards.

    Raises:
        SessionError: a session is damaged.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for session in sessions:
            _add_to_zip(session, archive, raw=raw)


def _add_to_zip(session: Session, archive: zipfile.ZipFile, *, raw: bool) -> None:
    omitted = {RECORDING_FILE, STOP_FILE, EDITING_FILE} | ({EDITS_FILE} if raw else set())
    for name in SESSION_FILES:
        path = session.folder / name
        if name in omitted or not path.is_file():
            continue
        if name == FACES_FILE:
            archive.writestr(f"{session.id}/{name}", completed_faces(session.folder))
        elif path.suffix == ".csv" or name == EDITS_FILE:
            archive.writestr(f"{session.id}/{name}", complete_lines(path))
        else:
            # A video is compressed already.
            stored = zipfile.ZIP_STORED if path.suffix == ".mp4" else None
            archive.write(path, f"{session.id}/{name}", stored)
    meanings = codebook_csv(codebook(session.header.format, session.header.kind))
    archive.writestr(f"{session.id}/{CODEBOOK_FILE}", meanings)
