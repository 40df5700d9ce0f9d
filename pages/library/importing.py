"""Importing a model: its file is read, questions are asked, and it is tried before it is kept."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets import demo_dataset
from emotion_core.emotions import ANSWER_COLORS, EMOTIONS, FACE_SIZE
from emotion_core.errors import ImageError, ModelError
from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import crop_face
from emotion_core.faces.detectors import PHOTO_SETTINGS, HaarFaceDetector
from emotion_core.faces.images import read_image, to_gray
from emotion_core.faces.readings import EmotionDetector, FaceReading
from emotion_core.faces.thumbnails import png_address
from emotion_core.importing.answers import RANGES, Answers, guess_answers, orders_for
from emotion_core.importing.staging import StagedModel, proposed_name, stage_model
from emotion_core.importing.uploads import MODEL_SUFFIXES
from emotion_core.models.classifier import EmotionClassifier
from pages.library.list import CHOSEN, use
from pages.shared import display
from pages.shared.jobs import Cancelled, Job, Progress, show_job
from pages.shared.text import plain

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

WHAT_FOR: Final = (
    "A ZIP that was exported here, or a network of another project: `.keras`, a whole model as "
    "`.h5`, an architecture (`.json`) together with its weights (`.h5`), or `.tflite`. It is read "
    "in a process of its own that can do little; what carries code is refused."
)
GREY_ONLY: Final = (
    "This app reads faces in grey, 48 by 48 pixels. A network made for larger or coloured pictures "
    "gets them enlarged, and may do worse here than in its own project."
)

_VALUES: Final = {
    "0 to 255": "0 to 255, as in the file",
    "0 to 1": "0 to 1 (divided by 255)",
    "-1 to 1": "-1 to 1",
    "mean 0, deviation 1": "each picture with mean 0 and deviation 1",
    "ImageNet, 0 to 1": "0 to 1, then ImageNet's mean and deviation (torch)",
    "ImageNet, 0 to 255": "0 to 255, minus ImageNet's mean (caffe)",
}
_ONE_BY_ONE: Final = "another order"
_NONE: Final = "none of the seven"

#: With what a file of each ending may make one model.
_PAIRS: Final = {".json": (".h5", ".hdf5"), ".h5": (".json",), ".hdf5": (".json",)}

_JOB = "models_import_job"
_FILES = "models_import_files"
_ROUND = "models_import_round"
_PROBLEM = "models_import_problem"
_KEPT = "models_import_kept"


def show_import() -> None:
    """Show the place for a model's file and what becomes of it."""
    if kept := st.session_state.pop(_KEPT, None):
        st.success(f"**{plain(kept)}** was added.")
    number = st.session_state.get(_ROUND, 0)
    with st.expander("Import a model", icon=":material/upload:", key=f"models_import {number}"):
        st.markdown(WHAT_FOR)
        uploads = st.file_uploader(
            "Model",
            type=list(MODEL_SUFFIXES),
            accept_multiple_files=True,
            label_visibility="collapsed",
            key=f"models_upload {number}",
        )
        names = tuple(upload.file_id for upload in uploads)
        if names != st.session_state.get(_FILES, ()):
            _forget()
            st.session_state[_FILES] = names
            if uploads:
                contents = [(upload.name, upload.getvalue()) for upload in _newest(uploads)]
                st.session_state[_JOB] = Job(lambda share: _stage(contents, share))
        if (job := st.session_state.get(_JOB)) is not None:
            _show_job(job)


def _newest(uploads: Sequence[UploadedFile]) -> list[UploadedFile]:
    """Return the file given last, with the one before it where the two make a pair.

    What was refused before stays in its place until somebody removes it.
    """
    *before, last = uploads
    pair = _PAIRS.get(Path(last.name).suffix.lower(), ())
    return [*(each for each in before[-1:] if Path(each.name).suffix.lower() in pair), last]


def _stage(contents: list[tuple[str, bytes]], progress: Progress) -> StagedModel:
    return stage_model([(name, io.BytesIO(content)) for name, content in contents], progress)


def _show_job(job: Job[StagedModel]) -> None:
    if not job.wait():
        show_job(job, "Reading the model", "models_import")
        return
    try:
        staged = job.result()
    except Cancelled:
        st.info("Cancelled.")
    except ModelError as error:
        st.error(f"**It was not imported.** {plain(str(error))}")
    else:
        _show_staged(staged)


def _forget() -> None:
    """Let go of what was read and of what is being read."""
    job: Job[StagedModel] | None = st.session_state.pop(_JOB, None)
    if job is None:
        return
    job.cancel()
    if job.ended_well:
        job.result().discard()


def _start_over() -> None:
    _forget()
    st.session_state.pop(_FILES, None)
    st.session_state.pop(_PROBLEM, None)
    # Another key is another, empty place for files.
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


# --- questions ------------------------------------------------------------------------------------


def _show_staged(staged: StagedModel) -> None:
    st.markdown(f"**{plain(staged.file)}**: {_found(staged)}")
    answers = None if staged.card is not None else _ask(staged)
    try:
        classifier = staged.classifier(answers)
    except ModelError as error:
        st.error(plain(str(error)))
        st.button("Discard", key="models_discard", on_click=_start_over)
        return
    _try(classifier)
    _offer_keeping(staged, answers)


def _found(staged: StagedModel) -> str:
    found = staged.found
    color = "grey" if found.channels == 1 else "coloured"
    what = "a model of this app" if staged.card is not None else "a network"
    return (
        f"{what} for {color} pictures of {found.side}x{found.side} pixels, "
        f"{found.outputs} classes, {found.weights:,} weights"
    )


def _ask(staged: StagedModel) -> Answers:
    """Ask what the file does not say, the most usual answers first."""
    found, guess = staged.found, guess_answers(staged.found)
    if (found.side, found.channels) != (FACE_SIZE, 1):
        st.caption(GREY_ONLY)
    ranges = [name for name in RANGES if found.channels == 3 or "mean" not in RANGES[name]]
    left, right = st.columns(2)
    values = left.selectbox(
        "Values of its input",
        ranges,
        index=ranges.index(guess.values),
        format_func=lambda name: _VALUES[name],
        key="models_values",
        help="How its own project scales pixels. The file does not say; this is a guess.",
    )
    probabilities = right.segmented_control(
        "Its outputs are",
        [True, False],
        default=guess.probabilities,
        required=True,
        format_func=lambda each: "probabilities" if each else "logits",
        key="models_returns",
        help="Probabilities when its last layer is a softmax. Guessed from its answers.",
    )
    color = "rgb"
    if found.channels == 3:
        color = right.segmented_control(
            "Order of its colours",
            ["rgb", "bgr"],
            default="rgb",
            required=True,
            format_func=str.upper,
            key="models_color",
        )
    return Answers(values, _ask_classes(found.outputs, left), bool(probabilities), color)


def _ask_classes(outputs: int, place: st.delta_generator.DeltaGenerator) -> tuple[str, ...]:
    orders = orders_for(outputs)
    name = place.selectbox(
        "Order of its classes",
        [*orders, _ONE_BY_ONE],
        format_func=lambda name: f"{name}: {', '.join(orders[name])}" if name in orders else name,
        key="models_order",
        help="The numbers of its classes from 0 on, as its own project has them.",
    )
    if name in orders:
        return orders[name]
    with st.container(horizontal=True):
        return tuple(
            st.selectbox(
                f"Output {number}",
                [*EMOTIONS, _NONE],
                index=min(number, len(EMOTIONS)),
                key=f"models_class {number}",
                width=150,
                help="Two outputs with the same expression are added." if not number else None,
            )
            for number in range(outputs)
        )


# --- trying ---------------------------------------------------------------------------------------


def _try(classifier: EmotionClassifier) -> None:
    """Show what the model makes of the drawn faces, or of a picture of the viewer's."""
    picture = st.file_uploader(
        "Try it on a photo of yours",
        type=["jpg", "jpeg", "png", "webp"],
        max_upload_size=50,
        key=f"models_photo {st.session_state.get(_ROUND, 0)}",
    )
    if picture is None:
        st.caption("What it makes of seven drawn faces; a photo tells more.")
        st.html(_drawn_faces(classifier))
        return
    try:
        image = read_image(picture.getvalue(), picture.name)
    except ImageError as error:
        st.error(f"This picture cannot be read. {plain(str(error))}")
        return
    faces = EmotionDetector(HaarFaceDetector(PHOTO_SETTINGS), classifier).detect(image)
    if not faces:
        st.warning("No face was found in this picture; try another one.")
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
            f"{display.percent(reading.confidence)}<small>drawn {emotion}</small></div></div>"
        )
    return f'<div class="tried">{"".join(cells)}</div>'


# --- keeping --------------------------------------------------------------------------------------


def _offer_keeping(staged: StagedModel, answers: Answers | None) -> None:
    # Read where it is used: a press of a button may come together with what was typed.
    name = f"models_new_name {st.session_state.get(_ROUND, 0)}"
    st.text_input("Name", proposed_name(staged.file), key=name, max_chars=60, width=360)
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    with st.container(horizontal=True):
        st.button(
            "Keep",
            type="primary",
            icon=":material/check:",
            key="models_keep",
            on_click=_keep,
            args=(staged, name, answers),
        )
        st.button(
            "Keep and put to use",
            icon=":material/play_arrow:",
            key="models_keep_and_use",
            on_click=_keep,
            args=(staged, name, answers),
            kwargs={"and_use": True},
        )
        st.button("Discard", icon=":material/delete:", key="models_discard", on_click=_start_over)


def _keep(
    staged: StagedModel, name_key: str, answers: Answers | None, *, and_use: bool = False
) -> None:
    try:
        kept = staged.keep(st.session_state[name_key], answers)
    except ModelError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    _start_over()
    st.session_state[CHOSEN] = st.session_state[_KEPT] = kept.name
    if and_use:
        use(kept)
