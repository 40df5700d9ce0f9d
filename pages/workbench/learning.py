"""Faces that were read wrongly: given their right label, and added to My data to learn from."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import streamlit as st

from emotion_core.datasets.own.dataset import OwnDataset, open_own_dataset
from emotion_core.datasets.own.samples import add_samples, remove_samples, sitting_filmed
from emotion_core.datasets.own.storage import (
    AGREEMENT,
    agreed_points,
    list_own_datasets,
    own_data_dir,
)
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError, EmotionCoreError
from emotion_core.faces.pictures.thumbnails import png_address
from emotion_core.quantities import exact_position, percent
from emotion_core.sessions.edits.folding import EditedSession
from emotion_core.sessions.edits.persons import correct_answer
from emotion_core.sessions.pictures.choosing import UNCERTAIN, least_certain, places_of
from emotion_core.sessions.pictures.cutting import FacePicture, FacePictures, cut_faces, video_of
from emotion_core.sessions.storage import Session, open_session
from pages.widgets.text import plain
from pages.widgets.undo import note_done, show_done
from pages.workbench.reading import edited, playhead

if TYPE_CHECKING:
    import pandas as pd

#: Faces offered at once.
OFFERED: Final = 6

#: Why faces of a video are not taken.
DRAWN_ON: Final = (
    "Boxes are drawn on this session's video, and a model would learn them: its faces can be "
    "corrected, but not added to a dataset. Sessions recorded from now on have none."
)

_AGREED: Final = "learn_agreed"
_DATASET: Final = "learn_dataset"
_PROBLEM: Final = "learn_problem"
_PLACE: Final = "learn"
_NONE: Final = "none: only correct the session"


def show_uncertain(
    session: Session, found: EditedSession, faces: pd.DataFrame, pictures: FacePictures
) -> None:
    """Offer the least certain faces of a session, to be told what they show.

    Args:
        session: which one.
        found: the same after its edits.
        faces: the rows of its faces that have a picture.
        pictures: of them.
    """
    open_ = faces[faces["corrected"].isna() & faces["person"].notna()]
    rows = open_.loc[least_certain(open_, UNCERTAIN)]
    with st.expander("Wrong faces", icon=":material/school:", expanded=False):
        st.caption(
            "The faces that the model is least sure of. Choose what a face shows: the session is "
            "corrected, and the face goes into the dataset that you choose, if any."
        )
        dataset = _choose_dataset(session)
        if problem := st.session_state.pop(_PROBLEM, None):
            st.error(plain(problem))
        show_done(_PLACE, to=session.id)
        here = _faces_here(session, found)
        if here is not None:
            _offer_faces(session, found, *here, dataset, "No person's face here.")
        st.markdown("**Least certain**")
        _offer_faces(
            session, found, rows.head(OFFERED), pictures, dataset, "No more faces to look at."
        )


def _offer_faces(
    session: Session,
    found: EditedSession,
    rows: pd.DataFrame,
    pictures: FacePictures,
    dataset: OwnDataset | None,
    none: str,
) -> None:
    if rows.empty:
        st.info(none)
        return
    columns = st.columns(3)
    for place, row in enumerate(rows.itertuples(index=False)):
        # One face may be offered in two places, each with a widget of its own.
        key = f"label {session.id} {row.frame} {row.track} {len(found.log.made)} {none}"
        with columns[place % 3]:
            _offer_face(session, found, row, pictures[row.frame, row.track], dataset, key)


def _faces_here(session: Session, found: EditedSession) -> tuple[pd.DataFrame, FacePictures] | None:
    """Return the faces where the player stands, with their pictures; None until they are wanted."""
    at = playhead(session)
    key = f"learn here {session.id}"
    st.button(
        f"Faces at {exact_position(at)}",
        icon=":material/frame_person:",
        key="learn_here",
        help="Shows the faces where the player stands, to be corrected.",
        on_click=st.session_state.__setitem__,
        args=(key, at),
    )
    if st.session_state.get(key) != at:
        return None  # the player has moved on
    seconds = found.frames["seconds"].to_numpy()
    frame = found.frames["frame"].iloc[int(np.abs(seconds - at).argmin())]
    rows = found.faces[(found.faces["frame"] == frame) & found.faces["person"].notna()]
    try:
        pictures = _cut(str(session.folder), int(frame), tuple(map(int, rows["track"])))
    except EmotionCoreError as error:
        st.error(plain(str(error)))
        return None
    return rows[[track in pictures for track in rows["track"]]], {
        (int(frame), track): picture for track, picture in pictures.items()
    }


@st.cache_resource(max_entries=20, show_spinner="Cutting faces out of the video …")
def _cut(folder: str, frame: int, tracks: tuple[int, ...]) -> dict[int, FacePicture]:
    """Return pictures of faces of one frame, by their tracks.

    Raises:
        SessionError, SourceError: session or video cannot be read.
    """
    session = open_session(Path(folder))
    video, found = video_of(session), edited(session)
    if video is None:
        return {}
    faces = found.faces[found.faces["frame"] == frame]
    places = places_of(found.frames, faces[faces["track"].isin(tracks)])
    pictures = cut_faces(video, places, lambda _: None)
    return {track: picture for (_, track), picture in pictures.items()}


def _choose_dataset(session: Session) -> OwnDataset | None:
    """Let the viewer choose where faces go; None: they stay in the session."""
    video = video_of(session)
    if video is not None and video.drawn_on:
        st.caption(DRAWN_ON)
        return None
    try:
        datasets = {each.name: each for each in list_own_datasets(own_data_dir()).datasets}
    except DatasetError as error:
        st.error(plain(str(error)))
        return None
    if not datasets:
        st.page_link("pages/own_data.py", label="Make a dataset first", icon=":material/add:")
        return None
    name = st.selectbox("Dataset", [_NONE, *datasets], key=_DATASET, width=320)
    if name not in datasets:
        return None
    agreed = st.checkbox(AGREEMENT, key=_AGREED)
    st.caption("\n".join(f"- {point}" for point in agreed_points()))
    return datasets[name] if agreed else None


def _offer_face(
    session: Session,
    found: EditedSession,
    row: Any,
    picture: FacePicture,
    dataset: OwnDataset | None,
    key: str,
) -> None:
    called = found.called(int(row.person))
    st.html(
        f'<img src="{png_address(picture.image)}" width="112" height="112" '
        f'style="border-radius:8px" alt="Face at {exact_position(row.seconds)}">'
    )
    score = f"{row.emotion} {percent(row.confidence)}"
    answer = score if row.answer == row.emotion else f"{row.answer}, {score}"
    st.caption(f"{answer} · {plain(called)}, {exact_position(row.seconds)}")

    def label() -> None:
        if chosen := st.session_state.get(key):
            _learn(session, row, picture, dataset, chosen)

    st.pills(
        "It shows", EMOTIONS, key=key, on_change=label, label_visibility="collapsed", wrap=True
    )


def _learn(
    session: Session, row: Any, picture: FacePicture, dataset: OwnDataset | None, label: str
) -> None:
    person, seconds = int(row.person), float(row.seconds)
    filmed = session.header.began + timedelta(seconds=seconds)
    try:
        correct_answer(session, person, seconds, seconds, label)
        if dataset is not None:
            _add(session, filmed, picture, dataset, label)
    except EmotionCoreError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    said = f"Corrected to {label}."
    if dataset is not None:
        said = f"Corrected, and added to {dataset.name} as {label}."

    def take_back() -> None:
        correct_answer(session, person, seconds, seconds, None)
        if dataset is not None:
            _remove(dataset, filmed, label)

    note_done(_PLACE, said, take_back, to=session.id)


def _add(
    session: Session, filmed: datetime, picture: FacePicture, dataset: OwnDataset, label: str
) -> None:
    start = session.header.began
    now = open_own_dataset(dataset.folder)
    sitting = sitting_filmed(now, start, start + timedelta(seconds=session.seconds + 1))
    add_samples(now, picture.crop[None], label, source="video", sitting=sitting, now=filmed)


def _remove(dataset: OwnDataset, filmed: datetime, label: str) -> None:
    """Remove a face again: the one of this time with this label."""
    now = open_own_dataset(dataset.folder)
    ours = [
        each
        for each in now.samples
        if (each.source, each.time, each.emotion) == ("video", filmed, label)
    ]
    remove_samples(now, ours[-1:])
