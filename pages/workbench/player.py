"""The video of a session and its scores over time, with one playhead."""

from __future__ import annotations

import functools
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from emotion_core.emotions import ANSWER_COLORS
from emotion_core.errors import SessionError
from emotion_core.recorded.job import VIDEO_KEY
from emotion_core.sessions.edits.applying import Persons, left_out_ranges
from emotion_core.sessions.edits.log import read_log
from emotion_core.sessions.edits.marks import add_mark, read_marks
from emotion_core.sessions.storage import Session
from pages.mending.downloads import FileOnDisk, address_of, wait_until_asked
from pages.viewer.access import server_is_offered
from pages.widgets.text import plain
from pages.workbench.reading import PART, playhead, playhead_key, rows_of

#: What a mark is called until somebody gives it a name.
UNNAMED: Final = "mark"

#: What browsers play, by its ending.
_PLAYED: Final = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm",
    ".mkv": "video/webm",
}  # fmt: skip

#: The parts that offer something for the time at the playhead.
_FOLLOWING: Final = ("People", "Marks", "Files")

#: In ``st.session_state``: whether this viewer's browser has drawn a player.
_SEEN: Final = "player_seen"
#: Seconds that what stands below waits for that.
_LONGEST_WAIT: Final = 1.5
#: Seconds more that a video gets for its first picture.
_FIRST_PICTURE: Final = 0.2
_PROBLEM: Final = "player_problem"
_FOLDER: Final = Path(__file__).parent / "browser"
_SCRIPTS: Final = (
    "rows.js", "chart.js", "boxes.js", "keys.js", "pointer.js", "player.js", "showing.js",
)  # fmt: skip


def show_player(session: Session, *, to_mark: bool = True) -> None:
    """Show the video, where there is one, and the scores over time.

    It runs by itself; a mark that is made in it shows the other parts anew as well, and so does a
    playhead that comes to rest, where the open part is about that time.

    Args:
        session: which one.
        to_mark: whether marks may be made in it.
    """
    index, rows = rows_of(session)
    video = _video(session)
    if not index.chunks and video is None:
        return
    key, place = f"player {session.id}", playhead_key(session)
    log = read_log(session.folder)
    persons = Persons()
    for edit in log.effective:
        persons.apply(edit)
    data: dict[str, Any] = {
        "id": session.id,
        "rows": address_of(rows, "application/octet-stream", f"{key} rows"),
        "index": asdict(index),
        "video": video,
        "names": {str(person): name for person, name in persons.names.items()},
        "marks": _marks(session),
        "leftOut": [[each.start, each.end] for each in left_out_ranges(log)],
        "answers": list(ANSWER_COLORS),
        "colors": ANSWER_COLORS,
        "at": playhead(session),
        "toMark": to_mark,
    }

    def rest() -> None:
        if (seconds := _time(st.session_state[key].rested)) is not None:
            st.session_state[place] = min(seconds, index.seconds)
            st.session_state[_changed(session)] = st.session_state.get(PART) in _FOLLOWING

    def mark() -> None:
        if to_mark:
            _mark(session, st.session_state[key].marked, index.seconds)

    began = time.monotonic()
    _player()(key=key, data=data, on_rested_change=rest, on_marked_change=mark)
    if index.chunks and not st.session_state.get(_SEEN) and st.context.headers:
        # What draws charts is 5 MB of script: read first, it would keep the player waiting.
        if wait_until_asked(data["rows"], began, _LONGEST_WAIT) and video is not None:
            time.sleep(_FIRST_PICTURE)
        st.session_state[_SEEN] = True
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    if index.others:
        st.caption(f"The chart shows the {len(index.persons)} persons seen longest.")
    if st.session_state.pop(_changed(session), False):
        st.rerun()  # the open part as well


def _mark(session: Session, said: Any, seconds: float) -> None:
    """Make the mark that a browser asked for."""
    said = said if isinstance(said, dict) else {}
    start, end = _time(said.get("start")), _time(said.get("end"))
    if start is None or start > seconds:
        return
    lasts = 0.0 if end is None else max(0.0, min(end, seconds) - start)
    try:
        add_mark(session, start, UNNAMED, seconds=lasts)
    except SessionError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state[_changed(session)] = True


def _changed(session: Session) -> str:
    return f"changed in the player {session.id}"


def _time(said: Any) -> float | None:
    """Return what of a browser's message is a time."""
    is_time = isinstance(said, int | float) and not isinstance(said, bool) and said >= 0
    return float(said) if is_time else None


def _video(session: Session) -> dict[str, Any] | None:
    """Return where the video is, at what time of the session it begins, and what is drawn on it."""
    facts = session.header.video
    if session.video is None:
        return _source(session)
    # One that is still written may be cut to its last whole fragment.
    written_to = session.state == "recording"
    content = session.video.read_bytes() if written_to else FileOnDisk(session.video)
    return {
        "url": address_of(content, "video/mp4", f"player {session.id} video"),
        "start": 0.0 if facts is None else facts.start,
        "drawn": not session.header.plain_video,
    }


def _source(session: Session) -> dict[str, Any] | None:
    """Return the same for the file that was read, as long as it lies where it was.

    Only to somebody at the machine itself, who can open any file there.
    """
    read = session.header.description.settings.get(VIDEO_KEY)
    path = Path(str(read.get("path", ""))) if isinstance(read, dict) else None
    kind = None if path is None else _PLAYED.get(path.suffix.lower())
    if path is None or kind is None or not server_is_offered():
        return None
    try:
        if not path.is_file():
            return None
        url = address_of(FileOnDisk(path), kind, f"player {session.id} video")
    except OSError:
        return None
    return {"url": url, "start": 0.0, "drawn": False}


def _marks(session: Session) -> list[dict[str, Any]]:
    """Return what stands at its time in the chart, in the order of time."""
    return [
        {
            "start": mark.start,
            "end": mark.end if mark.seconds else None,
            "label": mark.label,
            "color": mark.color,
        }
        for mark in read_marks(session)
    ]


@functools.cache
def _player() -> ComponentRenderer:
    return st.components.v2.component(
        "session_player",
        html=(_FOLDER / "player.html").read_text("utf-8"),
        css=(_FOLDER / "player.css").read_text("utf-8"),
        js="".join((_FOLDER / name).read_text("utf-8") for name in _SCRIPTS),
    )
