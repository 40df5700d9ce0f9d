"""Photo: one picture, uploaded or taken, with every face's expression and files to keep."""

from __future__ import annotations

import json
from pathlib import PurePath

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.errors import EmotionCoreError, ImageError
from emotion_core.faces.crops import crop_face
from emotion_core.faces.drawing import draw_faces
from emotion_core.faces.images import encode_png, to_gray
from emotion_core.faces.readings import FaceReading, faces_table
from emotion_core.models.folder import ModelCard
from emotion_core.models.in_use import model_in_use
from emotion_core.system.tables import csv_of
from pages.mending.legacy_pages import ensure_navigation
from pages.shared import display
from pages.shared.detector import photo_detector
from pages.shared.kept import kept
from pages.shared.pictures import ONE_PICTURE, for_display, read_upload
from pages.shared.text import plain

NO_FACE = """
**No face found.** The face should look towards the camera, be upright, evenly lit and uncovered,
and at least a tenth of the picture high. Cropping the picture to the face helps too.
"""


def choose_picture() -> tuple[str, bytes] | None:
    """Return the name and content of the picture the viewer chose, if any."""
    source = st.segmented_control(
        "Source",
        ["Upload", "Take a picture"],
        default=kept("photo_source", "Upload", ["Upload", "Take a picture"]),
        required=True,
        key="photo_source",
        persist_state="session",
        label_visibility="collapsed",
    )
    # Only the chosen one is placed: a camera input asks for the camera as soon as it is there.
    if source == "Upload":
        file = st.file_uploader("A photo with one or more faces", **ONE_PICTURE)
    else:
        file = st.camera_input("Take a picture", label_visibility="collapsed", width=480)
    return None if file is None else (file.name, file.getvalue())


@st.cache_resource(scope="session", max_entries=1, show_spinner="Looking for faces …")
def read_faces(
    name: str,
    content: bytes,
    version: str,  # noqa: ARG001 - another model, other faces
) -> tuple[NDArray[np.uint8], list[FaceReading]]:
    """Return the picture (BGR) and its faces from left to right; kept for reruns.

    Raises:
        ImageError: the content is no picture.
        ModelError: there is no usable model.
    """
    image = read_upload(content, name)
    return image, sorted(photo_detector().detect(image), key=lambda face: face.box.x)


def show_faces(image: NDArray[np.uint8], faces: list[FaceReading], card: ModelCard) -> None:
    """Show one row for each face: what the model sees, and its scores."""
    gray = to_gray(image)
    for number, face in enumerate(faces, start=1):
        title = f"face {number} from the left" if len(faces) > 1 else ""
        with st.container(border=True):
            st.html(display.face_scores(face, title, crop_face(gray, face.box), card))


def show_result(name: str, content: bytes, card: ModelCard) -> None:
    """Show the annotated picture beside its faces, or why there are none."""
    try:
        image, faces = read_faces(name, content, model_in_use().version)
    except ImageError as error:
        st.error(f"This file cannot be read. {plain(str(error))}")
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        annotated = for_display(draw_faces(image, faces))[..., ::-1]
        st.image(annotated, width="stretch", output_format="JPEG", alt=f"{name} with faces framed")
    with right:
        if faces:
            show_faces(image, faces, card)
            offer_downloads(name, card.name, image, faces)
        else:
            st.warning(NO_FACE)


def offer_downloads(
    name: str, model: str, image: NDArray[np.uint8], faces: list[FaceReading]
) -> None:
    """Offer the annotated picture, and the readings as CSV and JSON.

    Args:
        name: file name of the picture.
        model: name of the model that read it.
        image: BGR uint8 [height, width, 3].
        faces: in the order in which the page numbers them.
    """
    table = faces_table(faces)
    content = {
        "file": name,
        "width": image.shape[1],
        "height": image.shape[0],
        "model": model,
        "faces": table.to_dict("records"),
    }
    stem = f"{PurePath(name).stem}-faces"
    files = {
        "Picture": (lambda: encode_png(draw_faces(image, faces)), f"{stem}.png", "image/png"),
        "CSV": (csv_of(table), f"{stem}.csv", "text/csv"),
        "JSON": (json.dumps(content, indent=2) + "\n", f"{stem}.json", "application/json"),
    }
    with st.container(horizontal=True):
        for label, (data, file_name, mime) in files.items():
            st.download_button(
                label, data, file_name, mime, on_click="ignore", icon=":material/download:"
            )


ensure_navigation()
display.use_style()
st.title("Photo")
try:
    in_use = model_in_use()
    card = photo_detector().classifier.card
except EmotionCoreError as error:
    st.error(f"The model cannot be used. {plain(str(error))}")
    display.show_limits()
    st.stop()

if in_use.problem:
    st.warning(plain(in_use.problem))
if picture := choose_picture():
    show_result(*picture, card)
display.show_model(card)
display.show_limits()
