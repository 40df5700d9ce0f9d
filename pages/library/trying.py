"""What a model that is not kept yet makes of faces: drawn ones, or those in a picture."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets import demo_dataset
from emotion_core.emotions import ANSWER_COLORS, EMOTIONS, FACE_SIZE
from emotion_core.errors import ImageError, ModelError
from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import crop_face
from emotion_core.faces.pictures.images import to_gray
from emotion_core.faces.pictures.thumbnails import png_address
from emotion_core.faces.readings import EmotionDetector, FaceReading
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.quantities import percent
from pages.library.handed_in import current_round
from pages.viewer.detector import photo_faces
from pages.viewer.pictures import ONE_PICTURE, read_upload
from pages.widgets import display
from pages.widgets.text import plain


def try_out(classifier: EmotionClassifier) -> None:
    """Show what the model makes of the drawn faces, or of a picture of the viewer's."""
    picture = st.file_uploader(
        "Try it on a photo", key=f"models_photo {current_round()}", **ONE_PICTURE
    )
    if picture is None:
        st.caption("Its answers for seven drawn faces. A photo tells you more.")
        st.html(_drawn_faces(classifier))
        return
    try:
        image = read_upload(picture.getvalue(), picture.name)
    except ImageError as error:
        st.error(f"This photo cannot be read. {plain(str(error))}")
        return
    try:
        faces = EmotionDetector(photo_faces(), classifier).detect(image)
    except ModelError as error:
        st.error(f"Faces cannot be found. {plain(str(error))}")
        return
    if not faces:
        st.warning("No face found. Try another photo.")
    gray = to_gray(image)
    for face in faces[:4]:
        st.html(display.face_scores(face, crop=crop_face(gray, face.box)))


@st.cache_data(show_spinner=False)
def _drawn() -> NDArray[np.uint8]:
    """Return a drawn face of each expression, uint8 ``[7, 48, 48]``."""
    dataset = demo_dataset(images_per_class=3, seed=4)  # it has three splits
    return np.stack([dataset.images[dataset.labels == label][0] for label in range(len(EMOTIONS))])


def _drawn_faces(classifier: EmotionClassifier) -> str:
    """Return HTML: each drawn face, what it is to show, and the model's answer."""
    scores = classifier.predict_scores(_drawn())
    threshold = classifier.card.certainty_threshold
    cells = []
    for image, emotion, row in zip(_drawn(), EMOTIONS, scores.tolist(), strict=True):
        reading = FaceReading(Box(0, 0, FACE_SIZE, FACE_SIZE), tuple(row), threshold)
        color = ANSWER_COLORS[reading.answer]
        cells.append(
            f'<div class="one"><img src="{png_address(image)}" alt="a drawn face, {emotion}"><div>'
            f'<b style="border-bottom:2px solid {color}">{html.escape(reading.answer)}</b> '
            f"{percent(reading.confidence)}<small>drawn {emotion}</small></div></div>"
        )
    return f'<div class="tried">{"".join(cells)}</div>'
