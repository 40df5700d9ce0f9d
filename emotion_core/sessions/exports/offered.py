"""Which files a session is offered as, on its page and to other programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final

from emotion_core.access.audit import note
from emotion_core.sessions.edits.folding import read_edited
from emotion_core.sessions.exports.codebook import codebook_csv, exported_codebook
from emotion_core.sessions.exports.kinds import write_session
from emotion_core.sessions.exports.tables import write_events, write_marks, write_several
from emotion_core.sessions.header import CODEBOOK_FILE, EVENTS_FILE
from emotion_core.sessions.numbers.baseline import rests_of
from emotion_core.sessions.storage import Session


@dataclass(frozen=True)
class OfferedFile:
    """A file that a session can be had as.

    Attributes:
        kind: names it among the session's files, such as "csv".
        title: what a button says.
        name: what to call the file.
        media_type: such as "text/csv".
        use: what it is for, in a few words.
        write: writes it into an open file: ``write(session, file, raw=...)``, with ``raw`` for the
            session as it was recorded; raises `SessionError` where the session is damaged.
    """

    kind: str
    title: str
    name: str
    media_type: str
    use: str
    write: Callable[..., None]


#: By the kind: title, ending of the name, media type and use.
_KINDS: Final = {
    "csv": ("CSV", ".csv", "text/csv", "A row for each face of each frame"),
    "parquet": (
        "Parquet", ".parquet", "application/octet-stream", "The same, for pandas and R",
    ),
    "zip": ("ZIP", ".zip", "application/zip", "Everything, as recorded and as corrected"),
}  # fmt: skip
#: The same of what has a time, so not of photos.
_TIMED: Final = {
    "html": ("Report", ".html", "text/html", "Opens without the network"),
    "tsv": ("BIDS", "-bids.zip", "application/zip", "events.tsv and its JSON"),
    "eaf": ("ELAN", ".eaf", "application/xml", "Put it beside the session's video.mp4"),
    "vtt": ("WebVTT", ".vtt", "text/vtt", "Subtitles for the session's video"),
}


def offered_files(session: Session, *, with_events: bool) -> tuple[OfferedFile, ...]:
    """Return what a session is offered as; its video is a file of its own.

    Args:
        session: which one.
        with_events: whether it has any, so that they are offered too; see `has_events`.
    """
    timed = {} if session.header.kind == "photos" else _TIMED
    files = [
        OfferedFile(
            kind, title, f"session-{session.id}{ending}", media_type, use, partial(_write, kind)
        )
        for kind, (title, ending, media_type, use) in (_KINDS | timed).items()
    ]
    if with_events:
        name = f"session-{session.id}-events.csv"
        use = "A row for each time that a rule held"
        files.append(OfferedFile("events", "Events", name, "text/csv", use, _write_events))
    return tuple(files)


def has_events(session: Session) -> bool:
    """Tell whether rules told anything while it was recorded; reads nothing."""
    return (session.folder / EVENTS_FILE).is_file()


def _write(kind: str, session: Session, file: BinaryIO, *, raw: bool) -> None:
    write_session(session, kind, file, raw=raw)
    note("exported", "session", session.id, detail=kind)


def _write_events(session: Session, file: BinaryIO, *, raw: bool) -> None:  # noqa: ARG001
    write_events(session, file)
    note("exported", "session", session.id, detail="events")


def _write_codebook(session: Session, file: BinaryIO, *, raw: bool) -> None:
    relative = not raw and bool(rests_of(read_edited(session)))
    columns = exported_codebook(
        with_events=has_events(session), kind=session.header.kind, relative=relative, raw=raw
    )
    file.write(codebook_csv(columns).encode())


def write_all(sessions: Sequence[Session], file: BinaryIO) -> None:
    """Write several sessions as one ZIP file with a folder for each.

    Raises:
        SessionError: one of them is damaged.
    """
    write_several(sessions, file)
    for session in sessions:
        note("exported", "session", session.id, detail="zip")


def write_marks_csv(session: Session, file: BinaryIO) -> None:
    """Write a session's marks as a CSV file that can be imported again.

    Raises:
        SessionError: the session is damaged.
    """
    write_marks(session, file)
    note("exported", "session", session.id, detail="marks")


#: What the columns of the others mean.
CODEBOOK: Final = OfferedFile(
    "codebook", "Codebook", CODEBOOK_FILE, "text/csv", "What the columns mean", _write_codebook
)
