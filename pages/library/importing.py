"""Importing a model: its file is read, questions are asked, and it is tried before it is kept."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.errors import ModelError
from emotion_core.importing.staging import StagedModel
from emotion_core.importing.uploads import MODEL_SUFFIXES
from emotion_core.models.classifier import speed_warning
from emotion_core.quantities import milliseconds
from pages.library.handed_in import current_round, reading_of
from pages.library.keeping import offer_keeping, show_kept, start_over
from pages.library.questions import ask
from pages.library.trying import try_out
from pages.viewer.clicks import once
from pages.viewer.uploads import LARGEST_MODEL
from pages.widgets.jobs import Cancelled, Job, show_job
from pages.widgets.room import may_keep
from pages.widgets.text import plain

WHAT_FOR: Final = (
    "A ZIP exported from this app, or a network from another project: `.keras`, a whole model as "
    "`.h5`, an architecture (`.json`) with its weights (`.h5`), `.tflite`, or a zipped SavedModel. "
    "It is read in a separate process with limited rights, and files that contain code are "
    "refused."
)


def show_import() -> None:
    """Show the place for a model's file and what becomes of it."""
    show_kept()
    number = current_round()
    with st.expander("Import a model", icon=":material/upload:", key=f"models_import {number}"):
        st.markdown(WHAT_FOR)
        if not may_keep():
            return
        uploads = st.file_uploader(
            "Model",
            type=list(MODEL_SUFFIXES),
            accept_multiple_files=True,
            max_upload_size=LARGEST_MODEL,
            label_visibility="collapsed",
            key=f"models_upload {number}",
        )
        if (job := reading_of(uploads)) is not None:
            _show_job(job)


def _show_job(job: Job[StagedModel]) -> None:
    if not job.wait():
        show_job(job, "Reading the model", "models_import")
        return
    try:
        staged = job.result()
    except Cancelled:
        st.info("Cancelled.")
    except ModelError as error:
        st.error(f"**Not imported.** {plain(str(error))}")
    else:
        _show_staged(staged)


def _show_staged(staged: StagedModel) -> None:
    st.markdown(f"**{plain(staged.file)}**: {_found(staged)}")
    answers = None if staged.card is not None else ask(staged.found)
    try:
        classifier = staged.classifier(answers)
    except ModelError as error:
        st.error(plain(str(error)))
        st.button("Discard", key="models_discard", on_click=once(start_over))
        return
    st.caption(f"Reading a face takes {milliseconds(classifier.seconds_a_face)} on this machine.")
    if warning := speed_warning(classifier.seconds_a_face):
        st.warning(warning)
    try_out(classifier)
    offer_keeping(staged, answers)


def _found(staged: StagedModel) -> str:
    found = staged.found
    color = "grey" if found.channels == 1 else "colour"
    what = "a model of this app" if staged.card is not None else "a network"
    return (
        f"{what} for {color} images of {found.side}x{found.side} pixels, "
        f"{found.outputs} classes, {found.weights:,} weights"
    )
