"""Photo: pictures, uploaded or taken, with every face's expression and files to keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.runtime.uploaded_file_manager import UploadedFile

from emotion_core.datasets.drawn.samples import sample_photos
from emotion_core.errors import EmotionCoreError, ImageError
from emotion_core.faces.crops import crop_face
from emotion_core.faces.finding.finders import PHOTO_FIGURES, usual_photo_finder
from emotion_core.faces.photos import (
    ReadPhoto,
    annotated,
    photos_json,
    photos_table,
    write_annotated,
)
from emotion_core.faces.pictures.images import encode_jpeg, encode_png, to_gray
from emotion_core.models.folder import ModelCard
from emotion_core.models.in_use import model_in_use
from emotion_core.models.views import view_of
from emotion_core.system.tables import csv_of
from pages.mending.downloads import written
from pages.mending.legacy_pages import ensure_navigation
from pages.viewer.detector import PHOTO_HELP, choose_finder, photo_detector
from pages.viewer.kept import kept
from pages.viewer.pictures import MANY_PICTURES, for_display, read_again, read_upload
from pages.widgets import display
from pages.widgets.text import plain

#: Photos that are read at once; each is shown, and takes a second or so.
MOST_PHOTOS: Final = 50

UPLOAD, CAMERA, SAMPLES = "Upload", "Take a picture", "Samples"

NO_FACE = """
**No face found.** A face should look towards the camera, be upright, evenly lit and uncovered, and
at least a tenth as high as the photo. Cropping the photo to the face helps too.
"""
DRAWN = """
Drawn by this app, not real people. Models trained on photos misread drawings more often.
"""


@dataclass(frozen=True)
class Picture:
    """A picture that the viewer chose.

    Attributes:
        name: of its file.
        identity: tells it from others.
        content: returns the file's bytes; may be called in any thread.
    """

    name: str
    identity: str
    content: Callable[[], bytes]


@dataclass(frozen=True)
class Shown:
    """What the page keeps of a picture: its pixels only as they are shown.

    Attributes:
        photo: the readings; None when the file could not be read.
        view: the picture with its faces framed, as a JPEG.
        crops: grey uint8 ``[48, 48]`` of each face.
        problem: why the file could not be read.
    """

    photo: ReadPhoto | None = None
    view: bytes = b""
    crops: tuple[NDArray[np.uint8], ...] = ()
    problem: str = ""


def choose_pictures() -> list[Picture]:
    """Let the viewer choose pictures, and return them."""
    source = st.segmented_control(
        "Source",
        [UPLOAD, CAMERA, SAMPLES],
        default=kept("photo_source", UPLOAD, [UPLOAD, CAMERA, SAMPLES]),
        required=True,
        key="photo_source",
        persist_state="session",
        label_visibility="collapsed",
    )
    # Only the chosen one is placed: a camera input asks for the camera as soon as it is there.
    if source == SAMPLES:
        st.caption(DRAWN)
        return samples()
    if source == CAMERA:
        taken = st.camera_input("Take a picture", label_visibility="collapsed", width=480)
        return [] if taken is None else [of_upload(taken)]
    files = st.file_uploader("Photos with one or more faces", **MANY_PICTURES)
    if len(files) > MOST_PHOTOS:
        st.warning(
            f"Up to {MOST_PHOTOS} photos are read at once; the last {len(files) - MOST_PHOTOS} "
            "were left out. Remove others to read them."
        )
    return [of_upload(file) for file in files[:MOST_PHOTOS]]


def of_upload(file: UploadedFile) -> Picture:
    """Return an upload as a picture."""
    return Picture(file.name, file.file_id, file.getvalue)


@st.cache_data(show_spinner=False)
def sample_files() -> dict[str, bytes]:
    """Return the content of each sample by its name."""
    return {name: encode_png(image) for name, image in sample_photos().items()}


def samples() -> list[Picture]:
    """Return the samples as pictures."""
    return [
        Picture(name, name, lambda content=content: content)  # type: ignore[misc]
        for name, content in sample_files().items()
    ]


@st.cache_resource(scope="session", show_spinner=False)
def read_so_far() -> dict[tuple[str, str], Shown]:
    """Return what has been read for this viewer, by picture and by what read it."""
    return {}


def choose_careful() -> bool:
    """Let the viewer choose whether faces are read twice."""
    return st.toggle(
        "Careful",
        kept("photo_careful", True),
        help="Reads each face twice, as it is and mirrored, and averages the scores, so that a "
        "face and its mirror image get the same answer. Finding faces takes most of the time "
        "either way.",
        key="photo_careful",
        persist_state="session",
    )


def read(picture: Picture, model: str, finder: str | None, *, careful: bool) -> Shown:
    """Find and read the faces of a picture; a file that is none is told in the result.

    Raises:
        ModelError: there is no usable model.
    """
    try:
        image = read_upload(picture.content(), picture.name)
    except ImageError as error:
        return Shown(problem=str(error))
    found = photo_detector(finder).detect(image, careful=careful)
    faces = sorted(found, key=lambda face: face.box.x)
    gray = to_gray(image)
    height, width = image.shape[:2]
    return Shown(
        ReadPhoto(picture.name, width, height, model, tuple(faces), view_of(careful=careful)),
        encode_jpeg(for_display(annotated(image, faces))),
        tuple(crop_face(gray, face.box) for face in faces),
    )


def show_pictures(
    pictures: Sequence[Picture], card: ModelCard, finder: str | None, *, careful: bool
) -> None:
    """Read the pictures one after another and show each as soon as it is read."""
    readings, version = read_so_far(), f"{model_in_use().version} {finder} {careful}"
    wanted = [(picture.identity, version) for picture in pictures]
    for key in readings.keys() - set(wanted):
        del readings[key]
    progress, downloads = st.empty(), st.container()
    found: list[tuple[Picture, ReadPhoto]] = []
    for place, (picture, key) in enumerate(zip(pictures, wanted, strict=True)):
        if key not in readings:
            of_all = f" {place + 1} of {len(pictures)}" if len(pictures) > 1 else ""
            progress.progress(
                place / len(pictures), f"Reading photo{of_all}: {plain(picture.name)}"
            )
            readings[key] = read(picture, card.name, finder, careful=careful)
        shown = readings[key]
        if len(pictures) > 1:
            st.subheader(plain(picture.name), anchor=False, divider="gray")
        show_picture(picture, shown, card)
        if shown.photo is not None:
            found.append((picture, shown.photo))
    progress.empty()
    if len(found) > 1 and any(photo.faces for _, photo in found):
        with downloads:
            offer_downloads(found, "photos-faces", " of all")


def show_picture(picture: Picture, shown: Shown, card: ModelCard) -> None:
    """Show the annotated picture beside its faces, or why there are none."""
    if shown.photo is None:
        st.error(f"This file cannot be read. {plain(shown.problem)}")
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.image(shown.view, width="stretch", alt=f"{picture.name} with faces framed")
    with right:
        faces = shown.photo.faces
        if not faces:
            st.warning(NO_FACE)
            return
        for number, (face, crop) in enumerate(zip(faces, shown.crops, strict=True), start=1):
            # The number on the picture; a single face has none.
            title = f"face {number}" if len(faces) > 1 else ""
            with st.container(border=True):
                st.html(display.face_scores(face, title, crop, card))
        offer_downloads([(picture, shown.photo)], f"{PurePath(picture.name).stem}-faces")


def offer_downloads(found: Sequence[tuple[Picture, ReadPhoto]], stem: str, of: str = "") -> None:
    """Offer the annotated picture or pictures, and the readings as CSV and JSON.

    Args:
        found: pictures with their readings, in the order of the page.
        stem: of the files' names.
        of: what the buttons' labels end with.
    """
    pictures, photos = zip(*found, strict=True)
    single = len(photos) == 1

    def image_of(place: int) -> NDArray[np.uint8]:
        return read_again(pictures[place].content(), pictures[place].name)

    # Made when it is asked for, in a thread that knows no viewer.
    files = {
        "Picture": (
            lambda: encode_png(annotated(image_of(0), photos[0].faces)),
            f"{stem}.png",
            "image/png",
        ),
        "Pictures": (
            lambda: written(lambda file: write_annotated(photos, image_of, file)),
            f"{stem}.zip",
            "application/zip",
        ),
        "CSV": (lambda: csv_of(photos_table(photos)), f"{stem}.csv", "text/csv"),
        "JSON": (lambda: photos_json(photos), f"{stem}.json", "application/json"),
    }
    del files["Pictures" if single else "Picture"]
    with st.container(horizontal=True):
        for label, (data, file_name, mime) in files.items():
            st.download_button(
                f"{label}{of}",
                data,
                file_name,
                mime,
                key=f"{label} {'all' if of else pictures[0].identity}",
                on_click="ignore",
                icon=":material/download:",
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
chosen = choose_pictures()
with st.expander("Adjust"):
    finder = choose_finder("photo_finder", usual_photo_finder(), PHOTO_FIGURES, PHOTO_HELP)
    careful = choose_careful()
if careful:
    card = card.mirrored
if chosen:
    show_pictures(chosen, card, finder, careful=careful)
display.show_model(card)
display.show_limits()
