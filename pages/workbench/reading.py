"""What the parts of a session's view read, read once for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.sessions.edits.folding import EditedSession, edited_session
from emotion_core.sessions.edits.kinds import NamePerson, PutMarks, RemoveMarks, step_to_json
from emotion_core.sessions.edits.log import EditLog, read_log
from emotion_core.sessions.header import EDITS_FILE, EVENTS_FILE, FACES_FILE, FRAMES_FILE
from emotion_core.sessions.numbers.baseline import relative_faces, rests_of
from emotion_core.sessions.numbers.marked import marked_ranges
from emotion_core.sessions.numbers.measures import RangeNumbers, session_numbers
from emotion_core.sessions.storage import Session, open_session
from emotion_core.sessions.summary import SessionSummary, summarize_session
from emotion_core.sessions.tables import read_events, read_tables
from emotion_core.sessions.viewing.cache import packed_rows
from emotion_core.sessions.viewing.packing import Index
from pages.mending.downloads import FileOnDisk

if TYPE_CHECKING:
    import pandas as pd

NOBODY: Final = "No face was seen for half a second or longer."
#: Which part below the player is open: key, and name in the address.
PART: Final = "part"

_READING: Final = "Reading the session …"
_TABLES: Final = (FRAMES_FILE, FACES_FILE, EVENTS_FILE)
#: What files were like: another state, another content. A part runs by itself, with a session that
#: was opened before the last click.
_State = tuple[tuple[int, int], ...]


def edited(session: Session) -> EditedSession:
    """Return a session after its edits; shared by all who look at it, so never to be changed.

    Raises:
        SessionError: a table or the file of edits is missing or damaged.
    """
    folder = session.folder
    found: EditedSession = _edited(
        str(folder), _state(folder, _TABLES), _state(folder, (EDITS_FILE,))
    )
    return found


def summary_of(session: Session) -> SessionSummary:
    """Return what a session comes to.

    Raises:
        SessionError: a table is missing or damaged.
    """
    folder = session.folder
    summary: SessionSummary = _summary(str(folder), _state(folder, (*_TABLES, EDITS_FILE)))
    return summary


def numbers_of(session: Session, *, relative: bool = False) -> tuple[RangeNumbers, ...]:
    """Return the numbers of the whole session and of each marked range.

    Args:
        session: which one.
        relative: of the scores relative to each person's rest.

    Raises:
        SessionError: a table is missing or damaged.
    """
    folder = session.folder
    found: tuple[RangeNumbers, ...] = _numbers(
        str(folder), _state(folder, (*_TABLES, EDITS_FILE)), relative
    )
    return found


def rows_of(session: Session) -> tuple[Index, FileOnDisk | bytes]:
    """Return the rows of a session for the player.

    Raises:
        SessionError: a table is missing or damaged.
    """
    log = read_log(session.folder)

    def read() -> tuple[pd.DataFrame, pd.DataFrame]:
        found = edited(session)
        return found.frames, found.faces

    index, rows = packed_rows(session.folder, read, _corrections(log))
    return index, FileOnDisk(rows) if isinstance(rows, Path) else rows


def playhead_key(session: Session) -> str:
    """Return where ``st.session_state`` has the player's place, in seconds since the start.

    It is missing until somebody has moved the playhead. Whoever sets it moves the playhead with
    the next run of the page.
    """
    return f"playhead {session.id}"


def playhead(session: Session) -> float:
    """Return the player's place, in seconds since the start of the session."""
    at: float = st.session_state.get(playhead_key(session), 0.0)
    return at


def _corrections(log: EditLog) -> tuple[Any, ...]:
    """Return the edits that make other rows: names and marks are sent to the browser apart."""
    apart = (NamePerson, PutMarks, RemoveMarks)
    return tuple(step_to_json(edit) for edit in log.effective if not isinstance(edit, apart))


def _state(folder: Path, names: tuple[str, ...]) -> _State:
    return tuple(_of_file(folder / name) for name in names)


def _of_file(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    except OSError as error:
        raise SessionError(f"{path} cannot be read ({error.strerror}); allow reading it") from error
    return found.st_size, found.st_mtime_ns


# An hour of four people takes some 70 MB; the parts of one page need it one after the other.
@st.cache_resource(max_entries=2, show_spinner=_READING)
def _tables(
    folder: str,
    state: _State,  # noqa: ARG001
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return *read_tables(Path(folder)), read_events(Path(folder))


@st.cache_resource(max_entries=2, show_spinner=_READING)
def _edited(folder: str, tables: _State, edits: _State) -> EditedSession:  # noqa: ARG001
    return edited_session(*_tables(folder, tables), read_log(Path(folder)))


@st.cache_resource(max_entries=20, show_spinner="Drawing blocks of time …")
def _numbers(folder: str, state: _State, relative: bool) -> tuple[RangeNumbers, ...]:  # noqa: ARG001
    found = edited(open_session(Path(folder)))
    faces = relative_faces(found.faces, rests_of(found)) if relative else found.faces
    ranges = marked_ranges(found.marks)
    return session_numbers(found.frames, faces, ranges, left_out=found.left_out, names=found.names)


@st.cache_data(max_entries=20, show_spinner=_READING)
def _summary(folder: str, state: _State) -> SessionSummary:  # noqa: ARG001
    session = open_session(Path(folder))
    return summarize_session(session, edited(session))
