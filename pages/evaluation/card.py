"""Figures of an imported model, written into its card, so that every page can tell of them."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets import FaceDataset
from emotion_core.errors import ModelError
from emotion_core.judging.card_figures import takes_figures, why_not, write_figures
from emotion_core.judging.predictions.predict import ParallelClassifier
from emotion_core.models.views import mean_logits, mirror
from emotion_core.quantities import counted
from emotion_core.system.progress import ShareProgress
from pages.evaluation.choice import Evaluated
from pages.viewer.clicks import once
from pages.widgets.jobs import Cancelled, Job, result_of
from pages.widgets.text import local_time, plain

#: The evaluation whose figures the viewer wants in the card.
_WANTED: Final = "evaluation_card_wanted"
_WRITTEN: Final = "evaluation_card_written"
_PROBLEM: Final = "evaluation_card_problem"

WHAT_CHANGES: Final = (
    "This reads the mirror images too and fits the model's temperature and certainty threshold, so "
    "that its scores match how often it is right and it answers “uncertain” where it is guessing. "
    "Live camera and Photo then show how often it is right. The model changes "
    "for everyone who uses it."
)


def show_card(evaluated: Evaluated) -> None:
    """Tell what an imported model's card states, and offer to write these figures into it."""
    card = evaluated.card
    if not takes_figures(card):
        return
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    if written := st.session_state.pop(_WRITTEN, None):
        st.toast(f"The card of **{plain(written)}** now has these figures.")
    st.html('<div class="section">Model card</div>')
    here = f"{evaluated.answers.dataset} {evaluated.answers.split}"
    if card.measured_on:
        st.markdown(
            f"Its card has figures measured on {plain(card.measured_on)}, "
            f"{card.data['measured_images']:,} images, on "
            f"{plain(local_time(card.data['measured_at'])[:10])}."
        )
    else:
        st.markdown(
            f"{plain(card.name)} was imported and its card has no figures, so Live camera and "
            "Photo cannot show how often it is right."
        )
    if card.measured_on == here and card.data["measured_images"] == len(evaluated.answers):
        return
    if reason := why_not(evaluated.answers):
        st.caption(f"These figures cannot be added to it. {reason}")
        return
    if st.session_state.get(_WANTED) == evaluated.name:
        _write(evaluated)
        return
    st.button(
        "Add these figures to its card",
        icon=":material/edit_note:",
        key="write_card",
        on_click=once(st.session_state.__setitem__, _WANTED, evaluated.name),
    )
    st.caption(WHAT_CHANGES)


def _write(evaluated: Evaluated) -> None:
    """Write the figures of one view and of both, once the mirror images have been read."""
    name = f"both views {evaluated.name}"
    job = _both_views(evaluated, name)
    forget = partial(evaluated.opened.forget, name)
    if isinstance(job.error, Cancelled):
        forget()
        del st.session_state[_WANTED]
        st.rerun()
    what = f"Reading the mirror images of {counted(len(evaluated.answers), 'image')}"
    logits = result_of(job, what, "card", forget)
    if logits is None:
        return
    del st.session_state[_WANTED]
    try:
        write_figures(evaluated.model_dir, evaluated.answers, evaluated.excluded, logits)
    except ModelError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        st.session_state[_WRITTEN] = evaluated.card.name
    st.rerun()  # with the card as it is now


def _both_views(evaluated: Evaluated, name: str) -> Job[NDArray[np.float32]]:
    """Return the job that reads the mirror images: float32 ``[N, 7]``, the mean of both views."""

    def read(_: FaceDataset, progress: ShareProgress) -> NDArray[np.float32]:
        answers = evaluated.answers
        classifier = ParallelClassifier.load(evaluated.model_dir)
        of_mirrors = classifier.predict_logits(
            mirror(evaluated.images(np.arange(len(answers)))),
            progress=lambda done, total: progress(done / total),
        )
        return mean_logits(answers.logits, of_mirrors)

    return evaluated.opened.job(name, read)
