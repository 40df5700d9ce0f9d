"""A part of a session's video to take away, with boxes, names and answers as corrected."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from emotion_core.errors import SessionError
from emotion_core.quantities import exact_position
from emotion_core.recorded.film.clip import DRAWN_ON, write_clip
from emotion_core.sessions.edits.marks import read_marks
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.pictures.cutting import SessionVideo, own_video_of, video_of
from emotion_core.sessions.storage import Session
from emotion_core.system.progress import ShareProgress
from emotion_core.system.storage.temporary import TemporaryFolder
from pages.mending.downloads import FileOnDisk
from pages.viewer.access import server_is_offered
from pages.viewer.clicks import once
from pages.widgets.jobs import JobPlace, job_place, result_of
from pages.workbench.reading import playhead

# Seconds to either side of the playhead, where no marked range lies there.
_AROUND = 5.0


def show_clip(session: Session) -> None:
    """Let a range be cut from the session's video; without one, say nothing."""
    video = _video(session)
    if video is None or session.state == "recording" or not session.seconds:
        return
    with st.expander("Clip"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            part = _range(session)
            st.button(
                "Make clip",
                key=f"make clip {session.id}",
                icon=":material/content_cut:",
                disabled=part.seconds <= 0,
                help=None if part.seconds > 0 else "It ends before it begins.",
                on_click=once(_begin, session, video, part),
            )
        st.caption(DRAWN_ON if video.drawn_on else "With boxes, names and answers as corrected.")
        _show_result(session, video)


def _video(session: Session) -> SessionVideo | None:
    """Return what is cut; a file outside the session only for somebody at the machine itself."""
    video = video_of(session)
    if video is None or video.drawn_on or server_is_offered():
        return video
    return own_video_of(session)


def _range(session: Session) -> TimeRange:
    """Let the viewer say from where to where: at first the marked range at the playhead."""
    usual = _usual(session)
    # Other keys with another range: what is shown follows the player.
    start, end = (
        st.number_input(
            name, 0.0, session.seconds, value, 0.1, format="%.1f", width=130,
            key=f"clip {name} {session.id} {usual.start:.2f} {usual.end:.2f}",
        )
        for name, value in (("From (s)", usual.start), ("To (s)", usual.end))
    )  # fmt: skip
    return TimeRange(float(start), float(end))


def _usual(session: Session) -> TimeRange:
    at = min(playhead(session), session.seconds)
    try:
        marks = read_marks(session)
    except SessionError:  # said above
        marks = ()
    for mark in marks:
        if mark.seconds and mark.start <= at <= mark.end:
            return TimeRange(mark.start, min(mark.end, session.seconds))
    return TimeRange(max(0.0, at - _AROUND), min(session.seconds, at + _AROUND))


def _place(session: Session) -> JobPlace[FileOnDisk]:
    place: JobPlace[FileOnDisk] = job_place(f"clip job {session.id}")
    return place


def _begin(session: Session, video: SessionVideo, part: TimeRange) -> None:
    """Make a clip; one that was being made is given up."""
    place = _place(session)
    if (earlier := place.forget()) is not None:
        earlier.cancel()

    def make(progress: ShareProgress) -> FileOnDisk:
        # A file that is mapped stays when its name is gone.
        with TemporaryFolder("download") as folder:
            path = Path(folder, "clip.mp4")
            write_clip(session, part, path, progress, video=video)
            return FileOnDisk(path)

    place.begin(part, make)
    st.session_state[_made(session)] = part


def _made(session: Session) -> str:
    return f"clip range {session.id}"


def _show_result(session: Session, video: SessionVideo) -> None:
    place = _place(session)
    if place.job is None:
        return
    part: TimeRange = st.session_state[_made(session)]
    said = f"{exact_position(part.start)} to {exact_position(part.end)}"

    def again() -> None:
        _begin(session, video, part)

    clip = result_of(place.job, f"Cutting {said}", f"clip {session.id}", again)
    if clip is not None:
        st.download_button(
            f"Clip, {said}",
            clip,
            f"session-{session.id}-{part.start:.1f}-{part.end:.1f}.mp4",
            "video/mp4",
            key=f"clip {session.id}",
            on_click="ignore",
            icon=":material/download:",
        )
