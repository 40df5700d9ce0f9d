"""What an answer rests on: for any image of the split, and for a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import EmotionCoreError
from emotion_core.faces.crops import crop_faces
from emotion_core.faces.pictures.images import to_gray
from emotion_core.faces.readings import EmotionDetector, FaceReading
from pages.evaluation.choice import Evaluated
from pages.evaluation.explanations import emotion_choice, show_explanation
from pages.evaluation.faces import caption, chosen_place, note, reading_of
from pages.opened.details import choose_face
from pages.opened.grid import show_grid
from pages.opened.panel import page_of
from pages.viewer.pictures import ONE_PICTURE, read_upload
from pages.widgets import display
from pages.widgets.text import plain

_IMAGES, _PHOTO = "images of the split", "a photo"

HOW: Final = """
Soft patches of the face are blurred at random, a thousand times, and the model reads each result
(RISE, Petsiuk et al. 2018): orange areas raise the score, blue ones lower it. This works with any
model. It shows what the *model* uses, not what a person would.
"""


def show_explain(evaluated: Evaluated) -> None:
    """Show what the model's answers rest on."""
    st.fragment(_show)(evaluated)


def _show(evaluated: Evaluated) -> None:
    source = st.segmented_control(
        "Explain",
        [_IMAGES, _PHOTO],
        default=_IMAGES,
        required=True,
        key="explain",
        bind="query-params",
        label_visibility="collapsed",
    )
    if source == _PHOTO:
        _show_photo(evaluated)
    else:
        _show_images(evaluated)


def _show_images(evaluated: Evaluated) -> None:
    place = chosen_place(evaluated)
    place = 0 if place is None else place
    left, right = st.columns([4, 5], gap="medium")
    with left:
        index = int(evaluated.answers.indices[place])
        label = EMOTIONS[evaluated.answers.labels[place]]
        st.subheader(f"Image {index}, labelled {label}", anchor=False)
        _explain(evaluated, evaluated.images(np.array([place]))[0])
        st.html(display.face_scores(reading_of(evaluated, place)))
        st.caption(HOW)
    with right:
        shown = page_of(np.arange(len(evaluated.answers)), "explain_page")
        show_grid(
            evaluated.opened.dataset,
            evaluated.answers.indices[shown],
            "explain_grid",
            on_chosen=choose_face,
            chosen=int(evaluated.answers.indices[place]),
            captions=[caption(evaluated, each) for each in shown.tolist()],
            notes=[note(evaluated, each) for each in shown.tolist()],
            label="Images to explain",
            labels=evaluated.answers.labels[shown],
        )


def _explain(evaluated: Evaluated, image: NDArray[np.uint8]) -> None:
    emotion = emotion_choice("explain_emotion")
    show_explanation(evaluated, image, key="explain", emotion=emotion, details=True)


def _show_photo(evaluated: Evaluated) -> None:
    file = st.file_uploader("A photo with one or more faces", key="explain_photo", **ONE_PICTURE)
    if file is None:
        st.caption(HOW)
        return
    try:
        crops, readings = _faces(
            file.name, file.getvalue(), evaluated.model_dir, evaluated.card.network_id
        )
    except EmotionCoreError as error:
        st.error(plain(str(error)))
        return
    if not readings:
        st.warning(
            "**No face found.** The face should look towards the camera, be upright, evenly lit "
            "and uncovered."
        )
        return
    left, right = st.columns([4, 5], gap="medium")
    with right:
        number = _choose_reading(crops, readings)
    with left:
        _explain(evaluated, crops[number])
        st.caption(HOW)


def _choose_reading(crops: NDArray[np.uint8], readings: list[FaceReading]) -> int:
    """Let the viewer choose one of several faces, and show it as the model reads it."""
    number = 0
    if len(readings) > 1:
        number = st.segmented_control(
            "Face, from the left",
            range(len(readings)),
            default=0,
            required=True,
            format_func=lambda place: str(place + 1),
            key="explain_face",
        )
    st.html(display.face_scores(readings[number], crop=crops[number]))
    return number


@st.cache_resource(scope="session", max_entries=1, show_spinner="Looking for faces …")
def _faces(
    name: str,
    content: bytes,
    model_dir: Path,
    network_id: str,  # noqa: ARG001 - another network in the folder reads anew
) -> tuple[NDArray[np.uint8], list[FaceReading]]:
    """Return the crops, uint8 ``[N, 48, 48]``, and readings of a photo's faces, left to right.

    Raises:
        ImageError: the content is no picture.
        ModelError: the model cannot be used.
    """
    image = read_upload(content, name)
    detector = EmotionDetector.load(model_dir)
    readings = sorted(detector.detect(image), key=lambda reading: reading.box.x)
    return crop_faces(to_gray(image), [reading.box for reading in readings]), readings
