"""A session as a file of any kind; the name of the file chooses."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from emotion_core.access.audit import note
from emotion_core.errors import SessionError
from emotion_core.sessions.edits.folding import EditedSession, read_edited, read_raw
from emotion_core.sessions.exports.annotations import annotations_of, in_video
from emotion_core.sessions.exports.bids import EVENTS_ENDING, events_json, events_tsv, json_path
from emotion_core.sessions.exports.elan import eaf
from emotion_core.sessions.exports.tables import TABLE_KINDS, write_export
from emotion_core.sessions.exports.webvtt import webvtt
from emotion_core.sessions.header import VIDEO_FILE, app_version
from emotion_core.sessions.storage import Session
from emotion_core.sessions.summary import summarize_session
from emotion_core.system.storage.files import replace_file

#: Kinds of files, by suffix; "tsv" is BIDS's and has a JSON file beside it.
EXPORT_KINDS: Final = (*TABLE_KINDS, "tsv", "eaf", "vtt", "html")

_APP: Final = "emotion dashboard"


def export_session(session: Session, path: Path, *, raw: bool = False) -> None:
    """Write ``session`` to ``path``, whole or not at all; the suffix chooses the kind.

    Args:
        session: what to write.
        path: where to.
        raw: as it was recorded, without what people said afterwards.

    Raises:
        SessionError: the suffix is none of ``EXPORT_KINDS`` or not one for photos, or the session
            is damaged.
        OSError: ``path`` cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in EXPORT_KINDS:
        names = ", ".join(f".{each}" for each in EXPORT_KINDS[:-1])
        raise SessionError(
            f"{path}: expected a name that ends in {names} or .{EXPORT_KINDS[-1]}, found "
            f"{path.suffix or 'none of them'}"
        )
    if kind == "tsv":
        if not path.name.endswith(EVENTS_ENDING):
            raise SessionError(
                f"{path}: expected a name that ends in {EVENTS_ENDING}, as BIDS wants it, found "
                "another; give it one such as sub-01_task-film_events.tsv"
            )
        for place, text in zip((path, json_path(path)), _bids(session, raw=raw), strict=True):
            with replace_file(place) as temporary:
                temporary.write_bytes(text.encode())
    else:
        with replace_file(path) as temporary, temporary.open("wb") as file:
            write_session(session, kind, file, raw=raw)
    note("exported", "session", session.id, detail=kind)


def write_session(session: Session, kind: str, file: BinaryIO, *, raw: bool = False) -> None:
    """Write ``session`` to an open file.

    Args:
        session: what to write.
        kind: one of ``EXPORT_KINDS``; "tsv" is a ZIP of both of BIDS's files.
        file: where to write it; one in memory will do.
        raw: without what people said afterwards.

    Raises:
        SessionError: the session is damaged, or is of photos, which have no time.
    """
    if kind in TABLE_KINDS:
        write_export(session, kind, file, raw=raw)
        return
    if kind == "tsv":
        path = Path(f"sub-{_letters(session.id)}_task-session{EVENTS_ENDING}")
        names = path.name, json_path(path).name
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in zip(names, _bids(session, raw=raw), strict=True):
                archive.writestr(name, text)
        return
    edited = _edited(session, raw=raw)
    if kind == "html":
        # Only here: it brings plotly's figures and jinja2.
        from emotion_core.sessions.exports.report import html_report

        text = html_report(session, edited, summarize_session(session, edited))
    else:
        video = session.header.video
        found = annotations_of(edited, summarize_session(session, edited))
        shown = in_video(found, video.start if video else 0.0)
        text = webvtt(shown) if kind == "vtt" else eaf(
            shown,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            author=f"{_APP} {app_version()}",
            video=VIDEO_FILE if session.video else None,
        )  # fmt: skip
    file.write(text.encode())


def python_lines(file_name: str) -> str:
    """Return Python that reads an exported Parquet file, to paste into a notebook.

    Args:
        file_name: of the export.
    """
    return (
        "import pandas as pd\n"
        f"faces = pd.read_parquet({file_name!r})\n"
        'session, marks = faces.attrs["session"], pd.DataFrame(faces.attrs.get("marks", []))\n'
        'faces.groupby("person")["answer"].value_counts(normalize=True)'
    )


def _bids(session: Session, *, raw: bool) -> tuple[str, str]:
    edited = _edited(session, raw=raw)
    found = annotations_of(edited, summarize_session(session, edited))
    sidecar = events_json(
        found,
        generator=f"{_APP} {app_version()}",
        purpose=session.header.description.purpose,
    )
    return events_tsv(found), sidecar


def _edited(session: Session, *, raw: bool) -> EditedSession:
    if session.header.kind == "photos":
        raise SessionError(
            f"{session.id}: expected a recording, found photos, which have no time; export them as "
            ".csv, .parquet or .zip"
        )
    return read_raw(session) if raw else read_edited(session)


def _letters(text: str) -> str:
    """Return text as a label of BIDS: letters and digits only."""
    return "".join(letter for letter in text if letter.isascii() and letter.isalnum()) or "01"
