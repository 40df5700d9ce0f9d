"""A session in one file: CSV, Parquet or ZIP."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from emotion_core.errors import SessionError
from emotion_core.sessions.codebook import codebook, codebook_csv, exported_codebook
from emotion_core.sessions.header import CODEBOOK_FILE, FACES_FILE, RECORDING_FILE, STOP_FILE
from emotion_core.sessions.storage import SESSION_FILES, Session
from emotion_core.sessions.tables import (
    complete_lines,
    completed_faces,
    joined_table,
    read_events,
    read_tables,
)
from emotion_core.system.files import replace_file
from emotion_core.system.tables import write_csv

if TYPE_CHECKING:
    import pandas as pd

#: Kinds of files, by suffix.
EXPORT_KINDS: Final = ("csv", "parquet", "zip")


def export_session(session: Session, path: Path) -> None:
    """Write ``session`` to ``path``, whole or not at all; the suffix chooses the kind.

    Raises:
        SessionError: the suffix is none of ``EXPORT_KINDS``, or the session is damaged.
        OSError: ``path`` cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in EXPORT_KINDS:
        raise SessionError(
            f"{path}: expected a name that ends in .csv, .parquet or .zip, found "
            f"{path.suffix or 'none of them'}"
        )
    with replace_file(path) as temporary, temporary.open("wb") as file:
        write_export(session, kind, file)


def write_export(session: Session, kind: str, file: BinaryIO) -> None:
    """Write ``session`` to an open file.

    CSV and Parquet hold `emotion_core.sessions.tables.joined_table`: a row for each face of each
    frame. Parquet keeps header and events beside it: ``pandas.read_parquet(…).attrs["session"]``
    and ``["events"]``, a list of rows, and what its columns mean, ``["codebook"]``. ZIP holds
    everything: header, all tables, what their columns mean, video.

    Args:
        session: what to write.
        kind: one of ``EXPORT_KINDS``.
        file: where to write it; one in memory will do.

    Raises:
        SessionError: the session is damaged.
    """
    if kind == "zip":
        _write_zip(session, file)
        return
    table = joined_table(*read_tables(session.folder))
    if kind == "csv":
        write_csv(_with_texts(table), file)
    else:
        events = _with_texts(read_events(session.folder))
        table.attrs["session"] = session.header.to_json()
        table.attrs["events"] = json.loads(events.to_json(orient="records", double_precision=4))
        table.attrs["codebook"] = [asdict(meaning) for meaning in exported_codebook()]
        table.to_parquet(file, engine="pyarrow", index=False)


def write_events(session: Session, file: BinaryIO) -> None:
    """Write the session's events alone to an open file, as CSV.

    Args:
        session: what to write.
        file: where to write it; one in memory will do.

    Raises:
        SessionError: the session is damaged.
    """
    write_csv(_with_texts(read_events(session.folder)), file)


def _with_texts(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``table`` with its times as they were recorded.

    pandas would write "2026-01-01 12:00:00.250000+00:00".
    """
    times = table["wall_clock"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f").str[:-3] + "Z"
    return table.assign(wall_clock=times)


def _write_zip(session: Session, file: BinaryIO) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in SESSION_FILES:
            path = session.folder / name
            if name in (RECORDING_FILE, STOP_FILE) or not path.is_file():
                continue
            if name == FACES_FILE:
                archive.writestr(f"{session.id}/{name}", completed_faces(session.folder))
            elif path.suffix == ".csv":
                archive.writestr(f"{session.id}/{name}", complete_lines(path))
            else:
                # A video is compressed already.
                stored = zipfile.ZIP_STORED if path.suffix == ".mp4" else None
                archive.write(path, f"{session.id}/{name}", stored)
        meanings = codebook_csv(codebook(session.header.format))
        archive.writestr(f"{session.id}/{CODEBOOK_FILE}", meanings)
