"""Adding faces to one of the user's datasets: take or upload photos, tick faces, name the class."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets.own.crops import found_crops, whole_crop
from emotion_core.datasets.own.dataset import OwnDataset
from emotion_core.datasets.own.samples import (
    SITTING_PAUSE,
    add_samples,
    next_sitting,
    sitting_at,
    split_of_sitting,
)
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError, ImageError, ModelError, NoRoomError
from pages.capture.picker import FaceNote, pick_faces
from pages.capture.samples import faces
from pages.viewer.clicks import once
from pages.viewer.detector import choose_photo_finder, photo_faces
from pages.viewer.kept import kept
from pages.viewer.pictures import MANY_PICTURES, read_upload
from pages.widgets.text import plain

#: Faces that are shown to tick at once.
MOST_FACES: Final = 120

#: Ways to come by faces: what they are called, and what `samples.SOURCES` calls them.
_WAYS: Final = {"Camera": "camera", "Photos": "photo", "Crops": "crop"}

NO_FACE = (
    "The face should look towards the camera, be evenly lit and uncovered, and take up at least a "
    "tenth of the photo's height."
)
ABOUT_CROPS = (
    "Upload images that show one face and nothing else. They are converted to grey and resized to "
    "48 x 48 pixels; if they are not square, the middle is used."
)
#: Names of photos without a face that are listed.
_MOST_NAMES: Final = 10

_ROUND = "own_round"
_NEW_SITTING = "own_new_sitting"
_PROBLEM = "own_capture_problem"


class _Picture(Protocol):
    """A picture that was taken or uploaded."""

    name: str

    def getvalue(self) -> bytes: ...


def show_capture(dataset: OwnDataset) -> None:
    """Let the viewer add faces to ``dataset``."""
    counts = dataset.counts()
    totals = {name: sum(of_split[name] for of_split in counts.values()) for name in EMOTIONS}
    emotion = st.pills(
        "Expression",
        EMOTIONS,
        default=kept("own_emotion", None, EMOTIONS),
        format_func=lambda name: f"{name} · {totals[name]}",
        key="own_emotion",
        persist_state="session",
    )
    way = st.segmented_control(
        "From",
        list(_WAYS),
        default=kept("own_way", "Camera", _WAYS),
        required=True,
        key="own_way",
        persist_state="session",
    )
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    source = _WAYS[way]
    left, right = st.columns(2, gap="medium")
    with left:
        pictures = _choose_pictures(source)
        finder = None if source == "crop" else choose_photo_finder("own_finder")
    with right:
        if pictures:
            try:
                crops = _read_all(pictures, source, finder)
            except ModelError as error:
                st.error(f"Faces cannot be found. {plain(str(error))}")
            else:
                _offer_adding(dataset, crops, emotion, source)
        _show_sitting(dataset)


def _choose_pictures(source: str) -> Sequence[_Picture]:
    # A new key once faces were added: ready for the next picture.
    key = f"own_{source} {st.session_state.get(_ROUND, 0)}"
    if source == "camera":
        taken = st.camera_input(
            "Take a picture",
            label_visibility="collapsed",
            # Without it, the picture has as few pixels as there are on the page.
            resolution="720p",
            width=480,
            key=key,
        )
        return [] if taken is None else [taken]
    return st.file_uploader(
        "Upload photos with one or more faces" if source == "photo" else ABOUT_CROPS,
        key=key,
        **MANY_PICTURES,
    )


def _read_all(pictures: Sequence[_Picture], source: str, finder: str | None) -> NDArray[np.uint8]:
    """Return the faces in all pictures; those without one or that cannot be read are named.

    Raises:
        ModelError: the finder cannot be used.
    """
    crops = [np.empty((0, 48, 48), np.uint8)]
    faceless: list[str] = []
    place = st.empty()
    for number, picture in enumerate(pictures, start=1):
        if len(pictures) > 1:
            place.progress(number / len(pictures), f"Reading photo {number} of {len(pictures)}")
        try:
            found = _read(picture.name, picture.getvalue(), source == "crop", finder)
        except ImageError as error:
            st.error(f"This file cannot be read. {plain(str(error))}")
            continue
        crops.append(found)
        if not len(found):
            faceless.append(picture.name)
    place.empty()
    if faceless:
        names = ", ".join(f"**{plain(name)}**" for name in faceless[:_MOST_NAMES])
        more = len(faceless) - _MOST_NAMES
        rest = f" and {more} more" if more > 0 else ""
        where = f" in {names}{rest}" if source != "camera" else ""
        st.warning(f"No face found{where}. {NO_FACE}")
    return np.concatenate(crops)


@st.cache_resource(scope="session", max_entries=200, show_spinner=False)
def _read(name: str, content: bytes, is_crop: bool, finder: str | None) -> NDArray[np.uint8]:
    """Return the faces of one picture, uint8 ``[N, 48, 48]``; kept for reruns.

    Raises:
        ImageError: the content is no picture.
        ModelError: the finder cannot be used.
    """
    image = read_upload(content, name)
    return whole_crop(image)[None] if is_crop else found_crops(image, photo_faces(finder))


def _offer_adding(
    dataset: OwnDataset, crops: NDArray[np.uint8], emotion: str | None, source: str
) -> None:
    """Show the faces found, to tick those to keep."""
    if not len(crops):
        return
    if len(crops) > MOST_FACES:
        st.info(
            f"These are the first {MOST_FACES} of {len(crops)} faces. Add them, then upload the "
            "rest."
        )
        crops = crops[:MOST_FACES]
    notes = [FaceNote(f"face {number}") for number in range(1, len(crops) + 1)]
    picked = pick_faces(crops, notes, "own_found", label="Faces found", ticked=True)
    added = faces(len(picked))
    st.button(
        f"Add {added} as {emotion}" if emotion else f"Add {added}: choose their expression above",
        icon=":material/add:",
        type="primary",
        key="own_add",
        disabled=not (picked and emotion),
        on_click=once(_add, dataset, crops[picked], emotion, source),
    )


def _add(dataset: OwnDataset, crops: NDArray[np.uint8], emotion: str, source: str) -> None:
    sitting = _sitting(dataset)
    try:
        add_samples(dataset, crops, emotion, source=source, sitting=sitting)
    except (DatasetError, NoRoomError) as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state.pop(_NEW_SITTING, None)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.toast(f"{faces(len(crops))} added to {emotion}.", icon=":material/check:")


def _sitting(dataset: OwnDataset) -> int:
    if st.session_state.get(_NEW_SITTING) == dataset.name:
        return next_sitting(dataset)
    return sitting_at(dataset, datetime.now(UTC))


def _show_sitting(dataset: OwnDataset) -> None:
    """Say to which split the next faces go, and why."""
    sitting = _sitting(dataset)
    minutes = SITTING_PAUSE.seconds // 60
    use = {"Training": "to learn from", "PublicTest": "to test with"}
    split = split_of_sitting(sitting)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"Sitting **{sitting}** goes to {split}, {use[split]}",
            width="content",
            help="Faces from one sitting look alike, so they all go to the same split: a model "
            "must not be tested on near-copies of what it learned from. The second sitting and "
            "every fifth one after that go to PublicTest, the others to Training. A new sitting "
            f"starts after {minutes} minutes without a new face, or when you press the button: do "
            "so when the person, the place or the light changes.",
        )
        st.button(
            "New sitting",
            icon=":material/restart_alt:",
            type="tertiary",
            key="own_next_sitting",
            disabled=sitting == next_sitting(dataset),
            on_click=st.session_state.__setitem__,
            args=(_NEW_SITTING, dataset.name),
        )
