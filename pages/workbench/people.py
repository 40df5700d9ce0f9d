"""Who is who in a session: faces to know them by, names, merges, splits, bystanders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from emotion_core.emotions import ANSWER_COLORS
from emotion_core.errors import SessionError
from emotion_core.faces.pictures.thumbnails import png_address
from emotion_core.quantities import counted, duration, exact_position
from emotion_core.sessions.edits.folding import EditedSession
from emotion_core.sessions.edits.kinds import LONGEST_LABEL
from emotion_core.sessions.edits.persons import (
    correct_answer,
    hide_person,
    merge_persons,
    name_person,
    split_person,
)
from emotion_core.sessions.pictures.cutting import FacePictures, face_pictures, video_of
from emotion_core.sessions.rows import frame_durations
from emotion_core.sessions.storage import Session
from pages.viewer.clicks import once
from pages.widgets.jobs import job_place, result_of
from pages.widgets.text import plain
from pages.workbench.learning import show_uncertain
from pages.workbench.reading import NOBODY, edited, playhead
from pages.workbench.undoing import act, show_undo

if TYPE_CHECKING:
    import pandas as pd

#: Persons on one page, those seen longest first.
PAGE_PERSONS: Final = 10
#: What takes a correction back.
AS_READ: Final = "as the model says"
#: Faces of each.
MOST_FACES: Final = 6


def show_people(session: Session) -> None:
    """Show every person of a session, to be named, merged, split and hidden."""
    try:
        found = edited(session)
    except SessionError as error:
        st.error(plain(str(error)))
        return
    if session.state == "recording":
        st.info("Stop the recording to name or correct people.")
        return
    show_undo(session, found.log, "people")
    seconds = _seconds_seen(found)
    if not seconds and not found.hidden:
        st.info(NOBODY)
        return
    pictures = _pictures(session)
    pictured = _with_pictures(found, pictures)
    for person in _on_page(session, list(seconds)):
        theirs = pictured[pictured["person"] == person]
        strip = _strip(theirs, pictures, found.called(person))
        _show_person(session, found, person, seconds, strip)
    if found.hidden:
        _show_hidden(session, found)
    _explain(found)
    if pictures:
        show_uncertain(session, found, pictured, pictures)


def _pictures(session: Session) -> FacePictures:
    """Return pictures of faces; none where there is no video, or as long as they are being cut."""
    if video_of(session) is None:
        st.caption("This session has no video, so there are no pictures of its faces.")
        return {}
    place = job_place("session_pictures")
    job = place.begin(session.folder, lambda progress: face_pictures(session, progress))
    found: FacePictures | None = result_of(
        job, "Cutting faces out of the video", "session_pictures", place.forget
    )
    return found or {}


def _seconds_seen(found: EditedSession) -> dict[int, float]:
    """Return how long each person was seen, who was seen longest first."""
    frames, faces = found.frames, found.faces
    lasting = frame_durations(frames["seconds"].to_numpy(float))
    place = np.searchsorted(frames["frame"].to_numpy(), faces["frame"].to_numpy())
    rows = faces[["frame", "person"]].assign(seconds=lasting[place])
    # Two who were merged may have been seen at the same time.
    seen = rows.drop_duplicates(["frame", "person"]).groupby("person")["seconds"].sum()
    seen = seen.sort_values(ascending=False, kind="stable")
    return {int(person): float(seconds) for person, seconds in seen.items()}


def _with_pictures(found: EditedSession, pictures: FacePictures) -> pd.DataFrame:
    """Return the rows of the faces that have a picture: few, of what may be hundred thousands."""
    frames, tracks = zip(*pictures, strict=True) if pictures else ((), ())
    rows = found.faces[found.faces["frame"].isin(frames) & found.faces["track"].isin(tracks)]
    there = [pair in pictures for pair in zip(rows["frame"], rows["track"], strict=True)]
    return rows[np.array(there, bool)]


def _on_page(session: Session, persons: Sequence[int]) -> Sequence[int]:
    pages = -(-len(persons) // PAGE_PERSONS)
    if pages <= 1:
        return persons
    key = f"people page {session.id}"
    if st.session_state.get(key, 1) > pages:
        st.session_state[key] = pages
    page = st.number_input(f"Page, of {pages}", 1, pages, key=key, width=160)
    return persons[(page - 1) * PAGE_PERSONS : page * PAGE_PERSONS]


def _show_person(
    session: Session,
    found: EditedSession,
    person: int,
    seconds: Mapping[int, float],
    strip: str,
) -> None:
    called = found.called(person)
    with st.container(border=True, key=f"person box {person}"):
        number = "" if called == f"person {person}" else f", person {person}"
        st.markdown(f"**{plain(called)}**{number} · seen {duration(seconds[person])}")
        if strip:
            st.html(strip)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _offer_name(session, found, person)
            if len(seconds) > 1:
                _offer_merge(session, found, person, list(seconds))
            at = playhead(session)
            st.button(
                f"Split at {exact_position(at)}",
                icon=":material/call_split:",
                key=f"split {person}",
                disabled=at <= 0,
                help="From the player's position on, this is somebody else."
                if at > 0
                else "Move the player to where somebody else begins.",
                on_click=once(act, split_person, session, person, at),
            )
            _offer_correction(session, found, person, at)
            st.button(
                "Hide",
                icon=":material/visibility_off:",
                key=f"hide {person}",
                help="Leaves a bystander out of charts, numbers and exports.",
                on_click=once(act, hide_person, session, person),
            )


def _offer_name(session: Session, found: EditedSession, person: int) -> None:
    name = found.names.get(person, "")
    # Another key with each name: what is shown follows an undo.
    key = f"name of {session.id} {person} {name}"

    def rename() -> None:
        act(name_person, session, person, st.session_state[key])

    st.text_input(
        "Name", name, max_chars=LONGEST_LABEL, key=key, on_change=rename,
        placeholder=f"person {person}", width=200,
    )  # fmt: skip


def _offer_merge(
    session: Session, found: EditedSession, person: int, persons: Sequence[int]
) -> None:
    with st.popover("Merge", icon=":material/merge:"):
        into = st.selectbox(
            f"{plain(found.called(person))} is the same person as",
            [each for each in persons if each != person],
            format_func=found.called,
            key=f"merge into {session.id} {person}",
        )
        st.button(
            "Merge these two",
            type="primary",
            key=f"merge {person}",
            on_click=once(act, merge_persons, session, person, into),
        )


def _offer_correction(session: Session, found: EditedSession, person: int, at: float) -> None:
    with st.popover("Correct", icon=":material/edit:"):
        with st.container(horizontal=True):
            # Another key with each position: what is shown follows the player.
            start, end = (
                st.number_input(
                    label, 0.0, max(at, session.seconds), at, 0.1, format="%.1f", width=130,
                    key=f"{label} {session.id} {person} {at:.2f}",
                )
                for label in ("From (s)", "To (s)")
            )  # fmt: skip
        # The rows are in order of time: of an hour, few lie in between.
        first = found.faces["seconds"].searchsorted(start, side="left")
        last = found.faces["seconds"].searchsorted(end, side="right")
        seen = bool((found.faces["person"].iloc[first:last] == person).any())
        label = st.selectbox(
            "They show", [*ANSWER_COLORS, AS_READ], key=f"shows {session.id} {person}"
        )
        st.button(
            "Correct",
            type="primary",
            key=f"correct {person}",
            disabled=not seen,
            help=None if seen else "They are not seen from then to then.",
            on_click=once(
                act, correct_answer, session, person, start, end,
                None if label == AS_READ else label,
            ),
        )  # fmt: skip


def _show_hidden(session: Session, found: EditedSession) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Hidden: {counted(len(found.hidden), 'person')}", width="content")
        for person in found.hidden:
            st.button(
                f"Show {plain(found.called(person))}",
                icon=":material/visibility:",
                key=f"unhide {person}",
                on_click=once(act, hide_person, session, person, hidden=False),
            )


def _explain(found: EditedSession) -> None:
    st.caption(
        "Whoever comes back is recognised by the colours of hair, face and clothes, and may still "
        "be counted twice."
    )
    nobodys = found.faces.loc[found.faces["person"].isna(), "track"].nunique()
    if nobodys:
        st.caption(
            f"Left out: {counted(nobodys, 'face')} seen for less than half a second. They are in "
            "the files, without a person."
        )


def _strip(faces: pd.DataFrame, pictures: FacePictures, called: str) -> str:
    """Return HTML: a person's faces side by side, sharp ones that the model is sure of first."""
    rows = faces[["frame", "track", "seconds", "confidence"]].itertuples(index=False)
    theirs = [
        (pictures[frame, track], seconds, confidence) for frame, track, seconds, confidence in rows
    ]
    theirs.sort(key=lambda each: each[0].sharpness * each[2], reverse=True)
    cells = "".join(
        f'<img src="{png_address(picture.image)}" width="84" height="84" '
        f'style="border-radius:8px" alt="{escape(called)} at {exact_position(seconds)}" '
        f'title="{exact_position(seconds)}">'
        for picture, seconds, _ in theirs[:MOST_FACES]
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px">{cells}</div>' if cells else ""
