"""The folder of all sessions: list, open, stop, rename, delete."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from emotion_core.access.audit import note
from emotion_core.access.sharing import stop_sharing
from emotion_core.errors import NoHomeError, SessionError
from emotion_core.quantities import counted, duration
from emotion_core.sessions.edits.applying import persons_left
from emotion_core.sessions.edits.log import read_log
from emotion_core.sessions.header import (
    CODEBOOK_FILE,
    EDITING_FILE,
    EDITS_FILE,
    EVENTS_FILE,
    FACES_FILE,
    FRAMES_FILE,
    HEADER_FILE,
    PHOTOS_FILE,
    RECORDING_FILE,
    STOP_FILE,
    VIDEO_FILE,
    SessionHeader,
    read_header,
    write_header,
)
from emotion_core.sessions.lock import ask_to_stop, is_being_recorded
from emotion_core.sessions.tables import count_rows
from emotion_core.sessions.viewing.cache import forget_rows
from emotion_core.system.storage import disk_cache
from emotion_core.system.storage.folders import (
    DESKTOP_FILES,
    collection_dir,
    folder_size,
    left_behind,
)
from emotion_core.system.storage.set_aside import SetAside
from emotion_core.system.storage.shelf import Shelf

SESSIONS_DIR_VARIABLE: Final = "EMOTION_SESSIONS_DIR"

#: Everything a session's folder may hold.
SESSION_FILES: Final = (
    RECORDING_FILE, STOP_FILE, EDITING_FILE, EDITS_FILE, VIDEO_FILE, PHOTOS_FILE, EVENTS_FILE,
    FACES_FILE, FRAMES_FILE, HEADER_FILE,
)  # fmt: skip

_LOOK_EVERY: Final = 0.05

State = Literal["complete", "interrupted", "recording"]


@dataclass(frozen=True)
class Session:
    """One session on the disk.

    Attributes:
        folder: where it is.
        header: what it says about itself.
        state: "complete"; "interrupted" when the process was killed or the disk was full; or
            "recording".
        frames: frames recorded.
        seconds: time from its start to its last frame.
        persons: number of different persons, after merges and splits, without hidden ones.
        size: bytes of all its files.
        written: when its rows were, in seconds since 1970: a video that was filmed long ago may
            have been read today.
    """

    folder: Path
    header: SessionHeader
    state: State
    frames: int
    seconds: float
    persons: int
    size: int
    written: float = 0.0

    @property
    def id(self) -> str:
        """Name of the folder: the time of the start in UTC."""
        return self.folder.name

    @property
    def length(self) -> str:
        """How long it is, in words: "1 min 15 s"; of photos, which have no time, "12 photos"."""
        if self.header.kind == "photos":
            return counted(self.frames + self.header.dropped, "photo")
        return duration(self.seconds)

    @property
    def video(self) -> Path | None:
        """The video, if there is one."""
        path = self.folder / VIDEO_FILE
        return path if path.is_file() else None


@dataclass(frozen=True)
class SessionList:
    """What a folder of sessions holds.

    Attributes:
        sessions: the newest first.
        problems: one line for each folder that is no session, or a damaged one.
    """

    sessions: tuple[Session, ...]
    problems: tuple[str, ...]


def sessions_dir() -> Path:
    """Return the folder of all sessions; it need not exist.

    It is named by the environment variable EMOTION_SESSIONS_DIR, else it is in ``data_dir``.
    """
    return collection_dir(SESSIONS_DIR_VARIABLE, "sessions")


def earlier_sessions() -> Path | None:
    """Return the folder of sessions that EMOTION_DATA_DIR hides, see ``folders.left_behind``."""
    return left_behind(SESSIONS_DIR_VARIABLE, "sessions")


def list_sessions(folder: Path) -> SessionList:
    """Return the sessions in ``folder``, which need not exist.

    Raises:
        SessionError: the folder cannot be read.
    """
    sessions, problems = _SHELF.open_all(folder, open_session)
    sessions.sort(key=lambda session: (session.header.started, session.id), reverse=True)
    return SessionList(tuple(sessions), problems)


def find_session(folder: Path, session_id: str) -> Session:
    """Return the session in ``folder`` with this id.

    Raises:
        SessionError: there is none, or it is damaged.
    """
    return open_session(_SHELF.find(folder, session_id))


def open_session(folder: Path) -> Session:
    """Return the session in ``folder``; what an interrupted one holds is counted.

    Raises:
        SessionError: the folder is no session, or a damaged one.
    """
    header = read_header(folder)
    state = _state(folder, header)
    if header.ended is None and state == "interrupted":  # or it ended between these two lines
        header = read_header(folder)
        state = _state(folder, header)
    frames, seconds, persons = header.frames, header.seconds, header.persons
    if state != "complete":
        frames, seconds, persons = count_rows(folder)
    with suppress(SessionError):  # whoever reads its rows says what is damaged
        persons = persons_left(persons, read_log(folder))
    try:
        size = folder_size(folder)
        rows = folder / FRAMES_FILE
        written = (rows if rows.exists() else folder).stat().st_mtime
    except OSError as error:
        raise SessionError(
            f"{folder} cannot be read ({error.strerror}); was it deleted?"
        ) from error
    return Session(folder, header, state, frames, seconds, persons, size, written)


def rename_session(
    session: Session, *, name: str, notes: str, tags: Iterable[str] | None = None
) -> Session:
    """Write a name, notes and tags into the header, and return the session with them.

    Args:
        session: which one.
        name: its name.
        notes: its notes.
        tags: its tags; empty and repeated ones are left out; None leaves them as they are.

    Raises:
        SessionError: the session is being recorded, or cannot be written.
    """
    _refuse_while_recording(session.folder)
    header = replace(read_header(session.folder), name=name, notes=notes)
    if tags is not None:
        plain = (" ".join(tag.split()) for tag in tags)
        header = replace(header, tags=tuple(dict.fromkeys(tag for tag in plain if tag)))
    try:
        write_header(session.folder, header)
    except OSError as error:
        raise SessionError(
            f"{session.folder}: name and notes cannot be written ({error.strerror}); free up "
            "space, or allow writing there"
        ) from error
    return open_session(session.folder)


def stop_session(folder: Path, session_id: str, *, patience: float = 20.0) -> Session:
    """End the recording of a session, whichever process records it, and return the session.

    No harm where it has ended.

    Args:
        folder: that of all sessions.
        session_id: which one.
        patience: seconds that its recorder may take to finish.

    Raises:
        SessionError: there is no such session, it cannot be written, or its recorder does not end.
    """
    own = _SHELF.find(folder, session_id)
    deadline = time.monotonic() + patience
    while is_being_recorded(own):
        try:
            ask_to_stop(own)
        except OSError as error:
            raise SessionError(
                f"{own}: its recording cannot be told to end ({error.strerror}); free up space, or "
                "allow writing there"
            ) from error
        if time.monotonic() >= deadline:
            raise SessionError(
                f"{own.name}: expected its recording to end within {patience:g} s, but it is still "
                "running; close the program that records it"
            )
        time.sleep(_LOOK_EVERY)
    return open_session(own)


def delete_session(folder: Path, session_id: str, *, reason: str = "") -> None:
    """Delete one session with everything it holds; a damaged one as well.

    Nothing is deleted that no recording wrote: neither a folder without a header nor files that
    someone put beside it. Pictures of its faces in the cache go with it.

    Args:
        folder: that of all sessions.
        session_id: which one.
        reason: for the audit list, in a few words.

    Raises:
        SessionError: there is no such session, it is being recorded, it holds other files, or it
            cannot be deleted.
    """
    own = _deletable(folder, session_id)
    _SHELF.delete(own)
    stop_sharing("session", own.name)
    _forget_copies(own)
    note("deleted", "session", own.name, detail=reason)


def set_session_aside(folder: Path, session_id: str) -> SetAside:
    """Delete one session so that `take_sessions_back` can undo it for a while.

    It is gone with what is returned, after ``set_aside.KEPT_SECONDS``, and with this process.

    Raises:
        SessionError: see `delete_session`.
    """
    own = _deletable(folder, session_id)
    aside = _SHELF.set_aside(own)
    stop_sharing("session", own.name)
    _forget_copies(own)
    note("deleted", "session", own.name)
    return aside


def take_sessions_back(aside: Iterable[SetAside]) -> None:
    """Put sessions that were set aside where they were.

    Raises:
        SessionError: one of them is gone for good, another has its name by now, or it cannot be
            moved; the others are back.
    """
    problems: list[str] = []
    for each in aside:
        try:
            _SHELF.take_back(each)
        except SessionError as error:
            problems.append(str(error))
        else:
            note("brought back", "session", each.path.name)
    if problems:
        raise SessionError("; ".join(problems))


def _deletable(folder: Path, session_id: str) -> Path:
    own = _SHELF.find(folder, session_id)
    if not (own / HEADER_FILE).is_file():
        raise SessionError(
            f"{own}: expected a session with {HEADER_FILE}, found none; nothing was deleted"
        )
    _refuse_while_recording(own)
    return own


def _forget_copies(own: Path) -> None:
    forget_rows(own)
    with suppress(NoHomeError):  # where nothing was kept
        disk_cache.forget("session_faces", cache_source(own))


def cache_source(folder: Path) -> tuple[str, str]:
    """Return what names a session in the cache."""
    return "session", str(folder.absolute())


def _is_ours(name: str) -> bool:
    # The last ones are headers that a killed process was about to replace (`files.replace_file`).
    # An exported session that was unpacked here has a codebook.
    own = name in (*SESSION_FILES, CODEBOOK_FILE, *DESKTOP_FILES)
    return own or (name.startswith(".session-") and name.endswith(".json"))


_SHELF: Final = Shelf(
    one="a session",
    everything="all sessions",
    error=SessionError,
    is_ours=_is_ours,
    mend=f"name another with {SESSIONS_DIR_VARIABLE}",
    how_to_list="python -m emotion_core sessions list",
    key="id",
)


def _refuse_while_recording(folder: Path) -> None:
    try:
        recording = _state(folder, read_header(folder)) == "recording"
    except SessionError:
        return  # damaged, so nobody is writing it
    if recording:
        raise SessionError(f"{folder.name} is being recorded; stop the recording first")


def _state(folder: Path, header: SessionHeader) -> State:
    if header.ended is not None:
        return "complete" if header.problem is None else "interrupted"
    return "recording" if is_being_recorded(folder) else "interrupted"
